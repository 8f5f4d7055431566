"""The floor: the one place where the live model changes.

``Floor.apply(fact)`` is a plain function: it cannot await, it takes no clock, and it returns what changed as
before and after (nothing changed, nothing returned). Facts about legs and calls it does not know are survived.
"""

import itertools
from collections.abc import Callable, Iterable
from typing import Any, cast

from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallType, LiveCall, StoryStep
from callfloor.floor.changes import (
    CallChanged,
    CallFinished,
    Change,
    DirectoryChanged,
    Link,
    LinkChanged,
    LinkState,
    Snapshot,
)
from callfloor.floor.directory import Directory
from callfloor.floor.facts import Born, EndCause, Fact, Service, Side, TransferKind
from callfloor.floor.legs import Leg
from callfloor.floor.progress import People, Phase, Progress
from callfloor.floor.records import to_record
from callfloor.floor.stay import Lines, Stay

MISSED_AFTER_S = 5.0  # glossary: exactly 5 s is not missed
DIALLED_IS_OUTSIDE_DIGITS = 7  # a shorter number that nobody is known by is an extension, a queue or a service
HANGUP_MOMENT_S = 2.0  # two parties' hang-ups closer than this are one end of the call
LEGLESS_GRACE_S = 30.0  # all legs gone and the PBX has not said the call is over: messages were lost
GHOST_AFTER_S = 24 * 3600.0  # a call of which nothing was heard for a day is none


class Floor:
    """The live model of one project at this instant."""

    def __init__(self, *, missed_after_s: float = MISSED_AFTER_S) -> None:
        self._missed_after_s = missed_after_s
        self._calls: dict[str, Progress] = {}  # by every key the call is known under
        self._legs: dict[str, tuple[Leg, Progress]] = {}
        self._ids: dict[str, Progress] = {}  # by the call's own id, in order of arrival
        self._links: dict[str, Link] = {}
        self._lines = Lines()
        self._people = People(Directory())
        self._touched: dict[str, Progress] = {}
        self._out: list[Change] = []
        self._now = 0.0
        self._appliers: dict[type, Callable[[Any], None]] = {
            facts.LegStarted: self._leg_started,
            facts.LegIdentified: self._leg_identified,
            facts.LegRang: self._leg_rang,
            facts.LegAnswered: self._leg_answered,
            facts.LegsPlaced: self._legs_placed,
            facts.LegHeld: self._leg_held,
            facts.LegUnheld: self._leg_unheld,
            facts.HangupAsked: self._hangup_asked,
            facts.LegEnded: self._leg_ended,
            facts.CallsJoined: self._calls_joined,
            facts.CallEnded: self._call_ended,
            facts.QueueJoined: self._queue_joined,
            facts.QueueLeft: self._queue_left,
            facts.ServiceEntered: self._service_entered,
            facts.Recorded: self._recorded,
            facts.Transferred: self._transferred,
            facts.PickedUp: self._picked_up,
            facts.Parked: self._parked,
            facts.Unparked: self._unparked,
            facts.Forwarded: self._forwarded,
            facts.SupervisionStarted: self._supervision_started,
            facts.LinkUp: self._link_up,
            facts.LinkLost: self._link_lost,
            facts.DirectorySet: self._directory_set,
            facts.Tick: self._tick,
        }

    # --- in and out -------------------------------------------------------------------------------------------

    def apply(self, fact: Fact) -> list[Change]:
        """Change the floor by one fact and say what changed."""
        self._now = max(self._now, fact.at)
        self._out = []
        self._appliers[type(fact)](fact)
        self._settle(fact.at)
        return self._out

    def snapshot(self) -> Snapshot:
        """The whole floor now. Law L1: a snapshot plus the changes since equals the later snapshot."""
        return Snapshot(
            at=self._now,
            calls=tuple(call.emitted for call in self._ids.values() if call.emitted is not None),
            links=tuple(self._links.values()),
            directory=self._people.directory,
        )

    def call(self, call_id: str) -> LiveCall | None:
        known = self._ids.get(call_id)
        return known.emitted if known else None

    def story(self, call_id: str) -> tuple[StoryStep, ...]:
        """The story so far of a live call, in time order; empty for a call that is not there."""
        known = self._ids.get(call_id)
        return tuple(sorted(known.story, key=lambda step: step.at)) if known else ()

    def unfinished(self, now: float) -> list[CallRecord]:
        """The records of the calls going on, as they would read now; without end and result."""
        records = []
        for call in self._ids.values():
            if call.visible():
                call.book(now)
                records.append(to_record(call, self._people, missed_after_s=self._missed_after_s, now=now, ended=False))
        return records

    def calls_on(self, link: str) -> Iterable[str]:
        return [call.id for call in self._ids.values() if call.link == link]

    # --- emitting ---------------------------------------------------------------------------------------------

    def _touch(self, call: Progress) -> None:
        self._touched[call.id] = call

    def _settle(self, at: float) -> None:
        """Derive the phase of every call a fact touched, and emit those whose row reads differently."""
        while self._touched:
            touched, self._touched = self._touched, {}
            for call in touched.values():
                if call.id not in self._ids:
                    continue
                call.derive(max(at, call.phase_at))
                self._emit(call)

    def _emit(self, call: Progress) -> None:
        before, after = call.emitted, call.view(self._people, self._lines) if call.visible() else None
        if before != after:
            call.emitted = after
            self._out.append(CallChanged(call.id, before, after))

    def _withdraw(self, call: Progress) -> None:
        """The call is no longer live: take it off the floor, without a row."""
        for stay in call.stays:
            self._leave_line(call, stay)
        del self._ids[call.id]
        for key in call.keys:
            self._calls.pop(key, None)
        if call.emitted is not None:
            self._out.append(CallChanged(call.id, call.emitted, None))
            call.emitted = None

    def _finish(self, call: Progress, at: float) -> None:
        """The call is over: close what is open, take it off the floor, hand out its row."""
        for leg in call.legs:
            if leg.ended_at is None:
                self._end_leg(call, leg, at, EndCause.VANISHED)
        call.derive(max(at, call.phase_at))
        call.book(max((leg.ended_at for leg in call.legs if leg.ended_at is not None), default=at))
        for leg in call.legs:
            self._legs.pop(leg.id, None)
        if call.visible():
            record = to_record(call, self._people, missed_after_s=self._missed_after_s, now=at)
            self._withdraw(call)
            self._out.append(CallFinished(record))
        else:
            self._withdraw(call)

    # --- legs -------------------------------------------------------------------------------------------------

    def _leg_started(self, fact: facts.LegStarted) -> None:
        if fact.leg in self._legs:
            return
        call = self._calls.get(fact.call)
        leg = Leg(fact.leg, fact.side, fact.born, fact.account, fact.number, fact.at)
        leg.e164 = fact.e164
        if call is None:
            call = self._begin(fact)
            leg.client = fact.side is Side.OUTSIDE and (fact.born is Born.CALLING or call.type is CallType.OUTBOUND)
            leg.initiator = fact.side is Side.EMPLOYEE and fact.born is Born.CALLING
        elif fact.side is Side.OUTSIDE and fact.born is not Born.CALLING and not call.answered:
            self._outside_called(call, leg, fact)
        elif call.type is CallType.OUTBOUND and fact.side is Side.EMPLOYEE and call.legs[0].born is Born.ORIGINATED:
            call.type = CallType.CALLBACK  # the client was called first, the employee second
        call.partial |= fact.partial
        if fact.seen_at is not None:
            call.watched_from = max(call.watched_from, fact.seen_at)
        call.hung_leg = None
        call.add_leg(leg)
        self._legs[fact.leg] = leg, call
        self._touch(call)

    def _begin(self, fact: facts.LegStarted) -> Progress:
        """The first leg decides the direction (glossary: fixed at the first leg)."""
        dialled_outside = (
            fact.dialled is not None and sum(c.isdigit() for c in fact.dialled) >= DIALLED_IS_OUTSIDE_DIGITS
        )
        if fact.side is Side.OUTSIDE:
            call_type = CallType.INBOUND if fact.born is Born.CALLING else CallType.OUTBOUND
        elif fact.born is Born.CALLING:
            call_type = CallType.OUTBOUND if dialled_outside else CallType.INTERNAL
        else:
            call_type = CallType.CALLBACK if fact.number else CallType.INTERNAL
        call = Progress(fact.call, call_type, fact.at, started_at=fact.at)
        call.phase = Phase.UNSEEN if fact.partial else Phase.ARRIVING
        call.watched_from = fact.seen_at or fact.at
        call.feature = fact.feature
        call.dialled = fact.dialled
        if fact.side is Side.OUTSIDE and fact.born is Born.CALLING:
            call.client_number, call.client_e164 = fact.number, fact.e164
            call.business_number = fact.dialled
            call.route_through(fact.dialled)
            call.tell(fact.at, "arrived", detail=fact.dialled)
        else:
            if call_type is CallType.OUTBOUND and fact.side is Side.EMPLOYEE:
                call.client_number, call.client_e164 = fact.dialled, None
            elif fact.number:
                call.client_number, call.client_e164 = fact.number, fact.e164
            call.route_through(fact.account)
            what = "dialled" if fact.born is Born.CALLING else "originated"
            call.tell(fact.at, what, account=fact.account, detail=fact.dialled or fact.number)
        self._calls[fact.call] = self._ids[fact.call] = call
        stale = self._links.get(call.link)
        call.stale = stale is not None and stale.state is not LinkState.LIVE
        return call

    def _outside_called(self, call: Progress, leg: Leg, fact: facts.LegStarted) -> None:
        """The PBX calls somebody outside before anybody answered: the client, or a forward of an inbound call."""
        if call.type is CallType.INBOUND:
            return
        if call.type is CallType.INTERNAL and call.legs[0].born is not Born.CALLING:
            call.type = CallType.CALLBACK
        elif call.type is CallType.INTERNAL:
            if call.dialled and not call.feature and any(other.born is Born.CALLED for other in call.legs):
                return  # an internal call that was forwarded outside: the number is not a client
            call.type = CallType.OUTBOUND
        leg.client = True
        call.client_number = fact.number or call.client_number
        call.client_e164 = fact.e164 or call.client_e164

    def _leg_identified(self, fact: facts.LegIdentified) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        leg, call = found
        if fact.number:
            if not leg.client and not leg.account and leg.number != fact.number:
                party = call.parties.pop((None, leg.number), None)
                leg.number, leg.e164 = fact.number, fact.e164
                if party is not None:
                    party.number = fact.number
                    call.parties[None, fact.number] = party
            leg.number, leg.e164 = fact.number, fact.e164
            first_employee = leg is call.legs[0] and leg.side is Side.EMPLOYEE
            if leg.client or (first_employee and call.client_number is None):
                call.client_number, call.client_e164 = fact.number, fact.e164
                if first_employee and call.type is CallType.INTERNAL:
                    call.type = CallType.CALLBACK
        if fact.dialled and leg.client and call.type is CallType.INBOUND and call.partial:
            if call.route[:1] == [call.business_number]:
                call.route[0] = fact.dialled
            call.business_number = fact.dialled
        if fact.presented and leg.client and call.type is not CallType.INBOUND:
            call.business_number = fact.presented
        self._touch(call)

    def _leg_rang(self, fact: facts.LegRang) -> None:
        found = self._legs.get(fact.leg)
        if found is None or found[0].rang_at is not None or found[0].answered_at is not None:
            return
        leg, call = found
        leg.rang_at = fact.at
        call.tell(fact.at, "ringing", leg)
        self._touch(call)

    def _leg_answered(self, fact: facts.LegAnswered) -> None:
        found = self._legs.get(fact.leg)
        if found is None or found[0].answered_at is not None:
            return
        leg, call = found
        leg.answered_at = fact.at
        if leg.born is not Born.CALLING:
            ring_s = None if leg.rang_at is None else fact.at - leg.rang_at
            call.tell(fact.at, "answered", leg, duration_s=ring_s)
        self._touch(call)

    def _legs_placed(self, fact: facts.LegsPlaced) -> None:
        for leg_id, room in fact.places:
            found = self._legs.get(leg_id)
            if found is not None:
                found[0].room = room
                self._touch(found[1])

    def _leg_held(self, fact: facts.LegHeld) -> None:
        found = self._legs.get(fact.leg)
        if found is None or found[0].holding:
            return
        leg, call = found
        leg.holding = True
        call.hold_leg = leg
        call.tell(fact.at, "hold", leg)
        self._touch(call)

    def _leg_unheld(self, fact: facts.LegUnheld) -> None:
        found = self._legs.get(fact.leg)
        if found is None or not found[0].holding:  # an Unhold comes before a blind REFER that held nothing
            return
        leg, call = found
        leg.holding = False
        if call.hold_leg is leg:
            call.hold_leg = None
        call.tell(fact.at, "unhold", leg)
        self._touch(call)

    def _hangup_asked(self, fact: facts.HangupAsked) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        leg, call = found
        if leg.born is Born.CALLING or leg.answered_at is not None:  # a refusal of an offer ends no call
            call.derive(fact.at)
            # Both ends hang up within a moment as a rule: the first did it. Later ones left a call that went on.
            if call.hung_leg is None or fact.at - call.hung_at > HANGUP_MOMENT_S:
                call.hung_leg, call.hung_at = leg, fact.at
            self._left(call, leg)
            if call.hold_leg is leg:
                call.hold_leg = None
        self._touch(call)

    def _left(self, call: Progress, leg: Leg) -> None:
        if call.left_in is None and (leg.client or leg is call.legs[0]):
            call.left_in = call.phase

    def _leg_ended(self, fact: facts.LegEnded) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        leg, call = found
        self._end_leg(call, leg, fact.at, fact.cause)
        self._touch(call)

    def _end_leg(self, call: Progress, leg: Leg, at: float, cause: EndCause) -> None:
        if leg.ended_at is not None:
            return
        self._left(call, leg)
        leg.ended_at = max(at, leg.started_at)
        leg.cause = cause
        leg.room = None
        leg.holding = False
        if call.hold_leg is leg:
            call.hold_leg = None
        stay = call.current_stay()
        if stay is not None and stay.leg == leg.id:
            self._close_stay(call, stay, at)
        offered = leg.born is not Born.CALLING and leg.answered_at is None
        stretch = leg.ring_stretch(at)
        what = {EndCause.BUSY: "busy", EndCause.REFUSED: "refused", EndCause.UNREACHABLE: "unreachable"}
        if offered:
            told = what.get(cause, "taken_elsewhere" if cause is EndCause.ELSEWHERE else "rang_out")
            call.tell(at, told, leg, duration_s=stretch[1] - stretch[0] if stretch else None)
        else:
            call.tell(at, "vanished" if cause is EndCause.VANISHED else "left", leg)

    # --- calls ------------------------------------------------------------------------------------------------

    def _calls_joined(self, fact: facts.CallsJoined) -> None:
        into, call = self._calls.get(fact.into), self._calls.get(fact.call)
        if call is None or into is call:
            return
        if into is None:
            self._calls[fact.into] = call
            call.keys.append(fact.into)
            return
        main, other = (call, into) if self._outranks(call, into) else (into, call)
        main.derive(fact.at)
        main.book(fact.at)
        for key in other.keys:
            self._calls[key] = main
        main.keys += other.keys
        other.keys = []
        main.joined += [other.id, *other.joined]
        for leg in other.legs:
            self._legs[leg.id] = leg, main
            leg.client &= not any(mine.client for mine in main.legs)
            leg.initiator = False  # whoever dialled the other call answers this one, if they come to talk in it
            main.add_leg(leg)
        for stay in other.stays:
            self._leave_line(other, stay)
        main.recordings += other.recordings
        main.forwarded_from = main.forwarded_from or other.forwarded_from
        main.story += other.story
        main.partial |= other.partial
        other.stays = []
        other.legs = []
        self._withdraw(other)
        self._touch(main)

    def _outranks(self, call: Progress, over: Progress) -> bool:
        """The call that a client is in carries the story on; between equals, the older."""
        mine, theirs = (any(leg.client for leg in c.legs) for c in (call, over))
        if mine != theirs:
            return mine
        return call.started_at < over.started_at

    def _call_ended(self, fact: facts.CallEnded) -> None:
        call = self._calls.get(fact.call)
        if call is not None:
            self._finish(call, fact.at)

    # --- queues -----------------------------------------------------------------------------------------------

    def _queue_joined(self, fact: facts.QueueJoined) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        leg, call = found
        open_stay = call.current_stay()
        if open_stay is not None:
            if open_stay.queue == fact.queue and open_stay.leg == fact.leg:
                return
            self._close_stay(call, open_stay, fact.at)
        stay = Stay(call.id, leg.id, fact.queue, fact.position, fact.at)
        call.stays.append(stay)
        call.partial |= fact.partial
        call.route_through(fact.queue)
        call.tell(fact.at, "queue_joined", leg, queue=fact.queue, detail=str(fact.position) if fact.position else None)
        self._touch_ids(self._lines.join(call.link, stay))
        self._touch(call)

    def _queue_left(self, fact: facts.QueueLeft) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        call = found[1]
        stay = call.current_stay()
        if stay is not None and stay.queue == fact.queue:
            self._close_stay(call, stay, fact.at)
        self._touch(call)

    def _close_stay(self, call: Progress, stay: Stay, at: float) -> None:
        caller = self._legs.get(stay.leg)
        answered = next(
            (
                leg
                for leg in call.legs
                if leg.live and leg.answered_at is not None and leg.answered_at >= stay.joined_at and leg.id != stay.leg
            ),
            None,
        )
        if answered is not None:
            stay.outcome, stay.answered_by = "answered", answered.account or answered.number
        elif caller is None or not caller[0].live or (call.hung_leg is not None and call.hung_leg.id == stay.leg):
            stay.outcome = "abandoned"
        else:
            stay.outcome = "timed_out"
        call.tell(at, "queue_left", queue=stay.queue, detail=stay.outcome, duration_s=at - stay.joined_at)
        stay.left_at = at
        self._leave_line(call, stay)

    def _leave_line(self, call: Progress, stay: Stay) -> None:
        self._touch_ids(self._lines.leave(call.link, stay))

    def _touch_ids(self, ids: Iterable[str]) -> None:
        for call_id in ids:
            known = self._calls.get(call_id)
            if known is not None:
                self._touch(known)

    # --- what happens in a call -------------------------------------------------------------------------------

    def _service_entered(self, fact: facts.ServiceEntered) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        leg, call = found
        if call.service is fact.service:
            return
        call.service = fact.service
        if fact.service not in call.services or fact.service is not Service.IVR:
            call.tell(fact.at, fact.service.value, leg, detail=fact.name)
        call.services.append(fact.service)
        call.route_through(fact.service.value)
        self._touch(call)

    def _recorded(self, fact: facts.Recorded) -> None:
        found = self._legs.get(fact.leg)
        if found is not None and fact.file not in found[1].recordings:
            found[1].recordings.append(fact.file)

    def _transferred(self, fact: facts.Transferred) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        leg, call = found
        if call.hold_leg is leg:
            call.hold_leg = None  # the holder has let go: whoever waits now waits for somebody else
        what = "blind_transfer" if fact.kind is TransferKind.BLIND else "attended_transfer"
        call.tell(fact.at, what, leg, detail=fact.target)
        self._touch(call)

    def _picked_up(self, fact: facts.PickedUp) -> None:
        taker, target = self._legs.get(fact.leg), self._legs.get(fact.target)
        if taker is None or target is None:
            return
        taker[0].took = True
        target[1].tell(fact.at, "picked_up", taker[0], detail=target[0].account)
        if taker[1] is not target[1]:
            self._calls_joined(facts.CallsJoined(fact.at, target[1].id, taker[1].id))
        else:
            self._touch(target[1])

    def _parked(self, fact: facts.Parked) -> None:
        found = self._legs.get(fact.leg)
        if found is None:
            return
        call = found[1]
        call.parked = True
        call.tell(fact.at, "parked", found[0], detail=fact.space)
        self._touch(call)

    def _unparked(self, fact: facts.Unparked) -> None:
        found = self._legs.get(fact.leg)
        if found is None or not found[1].parked:
            return
        call = found[1]
        call.parked = False
        call.tell(fact.at, "parking_timed_out" if fact.timed_out else "unparked", found[0])
        self._touch(call)

    def _forwarded(self, fact: facts.Forwarded) -> None:
        found = self._legs.get(fact.leg)
        if found is None or found[1].forwarded_from is not None:
            return
        call = found[1]
        call.forwarded_from = fact.account
        call.tell(fact.at, "forwarded", account=fact.account, detail=fact.target)
        self._touch(call)

    def _supervision_started(self, fact: facts.SupervisionStarted) -> None:
        """A supervisor's leg is no call: take it off the floor, and its call with it where nothing else is in it."""
        found = self._legs.pop(fact.leg, None)
        if found is None:
            return
        leg, call = found
        call.legs.remove(leg)
        for key, party in list(call.parties.items()):
            if leg in party.legs:
                party.legs.remove(leg)
                if not party.legs:
                    del call.parties[key]
        if call.legs:
            self._touch(call)
        else:
            self._withdraw(call)

    # --- links, directory, time -------------------------------------------------------------------------------

    def _link_up(self, fact: facts.LinkUp) -> None:
        self._set_link(Link(id=fact.link, name=fact.name, state=LinkState.LIVE, since=fact.at))

    def _link_lost(self, fact: facts.LinkLost) -> None:
        before = self._links.get(fact.link)
        since = before.since if before is not None and before.state is LinkState.STALE else fact.at
        state = LinkState.STALE if fact.ever else LinkState.CONNECTING
        self._set_link(Link(id=fact.link, name=fact.name, state=state, since=since, detail=fact.reason))

    def _set_link(self, link: Link) -> None:
        before = self._links.get(link.id)
        if before == link:
            return
        self._links[link.id] = link
        self._out.append(LinkChanged(before, link))
        for call in self._ids.values():
            if call.link == link.id:
                call.stale = link.state is not LinkState.LIVE
                self._touch(call)

    def _directory_set(self, fact: facts.DirectorySet) -> None:
        before = self._people.directory
        if before == fact.directory:
            return
        self._people = People(fact.directory)
        self._out.append(DirectoryChanged(before, fact.directory))
        for call in self._ids.values():
            self._touch(call)

    def _tick(self, fact: facts.Tick) -> None:
        for call in list(self._ids.values()):
            legs_gone = all(not leg.live for leg in call.legs)
            quiet_s = fact.at - call.last_fact_at
            if (legs_gone and quiet_s > LEGLESS_GRACE_S) or quiet_s > GHOST_AFTER_S:
                call.partial = True
                self._finish(call, call.last_fact_at if legs_gone else fact.at)


def fold(floor: Floor, many: Iterable[Fact]) -> list[Change]:
    """Apply facts in order and return all their changes."""
    return list(itertools.chain.from_iterable(cast("Iterable[list[Change]]", (floor.apply(fact) for fact in many))))
