"""The floor's own books: every live call and leg, and the ways in which they change hands.

Only ``floor.apply`` and the appliers (``on_legs``, ``on_calls``, ``on_people``, ``on_links``) write here, a fact at a
time.
"""

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from callfloor.floor.attendance import Attendance
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import CallChanged, CallFinished, Change, EmployeeChanged, Link, StatusChanged
from callfloor.floor.directory import Directory
from callfloor.floor.facts import Born, CallsJoined, EndCause
from callfloor.floor.legs import Leg
from callfloor.floor.progress import People, Phase, Progress
from callfloor.floor.records import to_record
from callfloor.floor.stay import Lines, Stay
from callfloor.floor.supervisions import LiveSupervision

REMEMBERED_IDS = 4096  # a leg that comes to light late does so within minutes


QUEUE_MOMENT_S = 0.5  # between leaving a queue and hanging up, where nothing comes between
_UNANSWERED = {
    EndCause.BUSY: "busy",
    EndCause.REFUSED: "refused",
    EndCause.UNREACHABLE: "unreachable",
    EndCause.ELSEWHERE: "taken_elsewhere",
}
"""What an offer's end reads in the story."""


class Books:
    """What the floor knows now, by every key that a fact may come with."""

    begins: type[Progress] = Progress
    """As what a call is kept."""

    def __init__(
        self, missed_after_s: float, people: People | None = None, attendance: Attendance | None = None
    ) -> None:
        self.missed_after_s = missed_after_s
        self.by_key: dict[str, Progress] = {}  # by every key the call is known under
        self.legs: dict[str, tuple[Leg, Progress]] = {}
        self.calls: dict[str, Progress] = {}  # by the call's own id, in order of arrival
        self.links: dict[str, Link] = {}
        self.lines = Lines()
        self.people = People(Directory()) if people is None else people
        self.attendance = Attendance() if attendance is None else attendance
        self.supervisions: dict[str, LiveSupervision] = {}
        self.touched: dict[str, Progress] = {}
        self.written: dict[str, None] = {}  # ids of the newest rows, oldest first
        self.changed: set[str] | None = None  # ids of calls whose notes are others, where somebody keeps them
        self.out: list[Change] = []

    def unfinished(self, now: float) -> list[CallRecord]:
        """The records of the calls going on, as they would read now; without end and result."""
        records = []
        for call in self.calls.values():
            if call.visible():
                call.book(now)
                records.append(to_record(call, self.people, missed_after_s=self.missed_after_s, now=now, ended=False))
        return records

    def new_id(self, key: str) -> str:
        """An id for a call that begins under this key: the key itself, unless a row under it is written already.

        A PBX names no second call by an old linked id; but a leg may come to light after all that was known of its
        call has ended, and its row must not take the other's place in the journal.
        """
        if key not in self.written and key not in self.calls:
            return key
        return next(
            new for n in itertools.count(2) if (new := f"{key}~{n}") not in self.written and new not in self.calls
        )

    def touch(self, call: Progress) -> None:
        """It goes on otherwise, perhaps."""
        self.touched[call.id] = call

    def touch_row(self, call: Progress) -> None:
        """It goes on as it did, and its row reads differently, perhaps."""
        self.touched[call.id] = call

    def settle(self, at: float) -> None:
        """Derive the phase of every call a fact touched, and emit those whose row reads differently."""
        while self.touched:
            touched, self.touched = self.touched, {}
            if self.changed is not None:
                self.changed |= touched.keys()
            for call in touched.values():
                if call.id not in self.calls:
                    continue
                call.derive(at)
                self.emit(call)
                doing = call.doing()
                self.attendance.do(call.id, doing, call.doers)
                call.doers = frozenset(doing)
        if self.attendance.is_touched:
            told, rows = self.attendance.settle(at)
            self.out += [StatusChanged(each) for each in told]
            self.out += [EmployeeChanged(after.id, before, after) for before, after in rows]

    def emit(self, call: Progress) -> None:
        before, after = call.emitted, call.view(self.people, self.lines) if call.visible() else None
        if before != after:
            call.emitted = after
            self.out.append(CallChanged(call.id, before, after))

    def withdraw(self, call: Progress) -> None:
        """The call is no longer live: take it off the floor, without a row."""
        for stay in call.stays:
            self.leave_line(call, stay)
        self.attendance.do(call.id, {}, call.doers)
        del self.calls[call.id]
        if self.changed is not None:
            self.changed.add(call.id)
        for key in call.keys:
            self.by_key.pop(key, None)
        if call.emitted is not None:
            self.out.append(CallChanged(call.id, call.emitted, None))
            call.emitted = None

    def finish(self, call: Progress, at: float) -> None:
        """The call is over: close what is open, take it off the floor, hand out its row."""
        going_on = [leg for leg in call.legs if leg.ended_at is None]
        for leg in going_on:
            self.end_leg(call, leg, at, EndCause.VANISHED)
        # Joined by a leg that was gone already: messages came out of order.
        waiting = [stay for stay in call.stays if stay.left_at is None]
        for stay in waiting:
            self.close_stay(call, stay, at)
        if going_on or waiting:
            call.derive(at)
        call.book(max([leg.ended_at for leg in call.legs if leg.ended_at is not None], default=at))
        for leg in call.legs:
            self.legs.pop(leg.id, None)
        if call.visible():
            record = to_record(call, self.people, missed_after_s=self.missed_after_s, now=at)
            self.withdraw(call)
            self.written[call.id] = None
            while len(self.written) > REMEMBERED_IDS:
                self.written.pop(next(iter(self.written)))
            self.out.append(CallFinished(record))
            self.attendance.offers_ended(record.employees, at)
        else:
            self.withdraw(call)

    def left(self, call: Progress, leg: Leg) -> None:
        if call.left_in is None and (leg.client or leg is call.legs[0]):
            call.left_in = call.phase

    def end_leg(self, call: Progress, leg: Leg, at: float, cause: EndCause) -> None:
        if leg.ended_at is not None:
            return
        self.left(call, leg)
        leg.ended_at = max(at if leg.gone_at is None else leg.gone_at, leg.started_at)
        leg.cause = cause
        leg.room = None
        leg.holding = False
        if call.hold_leg is leg:
            call.hold_leg = None
        stay = call.current_stay()
        if stay is not None and stay.leg == leg.id:
            heir = next((other for other in call.legs if other.client and other.live), None)
            if heir is None:
                self.close_stay(call, stay, at)
            else:  # an employee stood in the queue for the client, and has handed them over
                stay.leg = heir.id
        elif call.stays and call.stays[-1].leg == leg.id:
            self.reconsider(call, call.stays[-1], at)
        offered = leg.born is not Born.CALLING and leg.answered_at is None
        stretch = leg.ring_stretch(at)
        if offered:
            call.tell(
                at, _UNANSWERED.get(cause, "rang_out"), leg, duration_s=stretch[1] - stretch[0] if stretch else None
            )
        else:
            unheard = cause is EndCause.VANISHED and leg.gone_at is None
            call.tell(leg.ended_at, "vanished" if unheard else "left", leg)

    def close_stay(self, call: Progress, stay: Stay, at: float, *, let_go: bool = False) -> None:
        caller = self.legs.get(stay.leg)
        answered = next(
            (
                leg
                for leg in call.legs
                if leg.live and leg.answered_at is not None and leg.answered_at >= stay.joined_at and leg.id != stay.leg
            ),
            None,
        )
        if let_go:
            stay.outcome = "left"
        elif answered is not None:
            stay.outcome, stay.answered_by = "answered", answered.account or answered.number
        elif caller is None or not caller[0].live or (call.hung_leg is not None and call.hung_leg.id == stay.leg):
            stay.outcome = "abandoned"
        else:
            stay.outcome = "timed_out"
        call.tell(at, "queue_left", queue=stay.queue, detail=stay.outcome, duration_s=at - stay.joined_at)
        stay.left_at = at
        self.leave_line(call, stay)

    def reconsider(self, call: Progress, stay: Stay, at: float) -> None:
        """A caller gone with the queue, which had not let them go: they were waiting to the last (a PBX restarts)."""
        if stay.outcome == "timed_out" and not stay.gave_up and at - (stay.left_at or at) <= QUEUE_MOMENT_S:
            stay.outcome = "abandoned"
            call.left_in = Phase.QUEUE
            call.story = [
                msgspec.structs.replace(step, detail="abandoned")
                if step.what == "queue_left" and step.at == stay.left_at
                else step
                for step in call.story
            ]

    def leave_line(self, call: Progress, stay: Stay) -> None:
        self.touch_ids(self.lines.leave(call.link, stay))

    def touch_ids(self, ids: Iterable[str]) -> None:
        for call_id in ids:
            known = self.by_key.get(call_id)
            if known is not None:
                self.touch(known)

    def outranks(self, call: Progress, over: Progress) -> bool:
        """The call that a client is in carries the story on; between equals, the older."""
        mine, theirs = (any(leg.client for leg in c.legs) for c in (call, over))
        if mine != theirs:
            return mine
        return call.started_at < over.started_at

    def join(self, fact: CallsJoined) -> None:
        """Two calls are one story: the legs of one go over to the other."""
        into, call = self.by_key.get(fact.into), self.by_key.get(fact.call)
        if call is None or into is call:
            return
        if into is None:
            self.by_key[fact.into] = call
            call.keys.append(fact.into)
            return
        main, other = (call, into) if self.outranks(call, into) else (into, call)
        main.derive(fact.at)
        main.book(fact.at)
        if other.answered and not main.answered and not any(leg.client for leg in (*main.legs, *other.legs)):
            main.adopt_talk(other, fact.at)
        for key in other.keys:
            self.by_key[key] = main
        main.keys += other.keys
        other.keys = []
        main.joined += [other.id, *other.joined]
        main.met |= other.met
        for leg in other.legs:
            self.legs[leg.id] = leg, main
            leg.client &= not any(mine.client for mine in main.legs)
            leg.initiator = False  # whoever dialled the other call answers this one, if they come to talk in it
            main.add_leg(leg)
        for stay in other.stays:
            stay.call = main.id
            main.route_through(stay.queue)
        main.stays = sorted((*main.stays, *other.stays), key=lambda stay: stay.joined_at)
        main.recordings += other.recordings
        main.forwarded_from = main.forwarded_from or other.forwarded_from
        main.story += other.story
        main.partial |= other.partial
        other.stays = []
        other.legs = []
        self.withdraw(other)
        self.touch(main)


Appliers = dict[type, Callable[[Books, Any], None]]
"""What each fact does to the books, by the fact's type."""
