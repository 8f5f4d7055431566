"""Listings after a (re)connect, into the same facts as the events would have made.

What the PBX lists and we do not know is begun, marked partial; what we know and the PBX does not list is ended as
vanished. What no listing tells stays unknown: when a call was answered, who is on hold.
"""

import re

from callfloor.asterisk.channels import Channel
from callfloor.asterisk.message import Message
from callfloor.asterisk.numbers import known_number
from callfloor.asterisk.translate import STATE_RINGING, STATE_UP, Translator
from callfloor.floor import facts
from callfloor.floor.facts import Born, EndCause, Fact

# "(Outgoing Line)": a leg that an application calls for another leg, or that Originate calls
_CALLED_BY = {"AppDial": Born.CALLED, "AppQueue": Born.CALLED, "AppDial2": Born.ORIGINATED}
LONGEST_CALL_S = 24 * 3600.0  # a call that seems older was named by another clock
_DURATION = re.compile(r"(\d+):(\d\d):(\d\d)")


class Resync:
    """Applies listings to a translator."""

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self._dnid: dict[str, str] = {}
        self._holding: set[str] = set()
        self._tails: set[str] = set()

    def lacks(self, events: list[Message]) -> frozenset[str]:
        """Channels that a listing of channels, or of the queues' callers, should have and has not."""
        listed = {event.get("Uniqueid") for event in events}
        channels = self._translator.plumbing.channels.values()
        if any(event.event == "QueueStatusComplete" for event in events):
            return frozenset(channel.uid for channel in channels if channel.queue is not None) - listed
        return frozenset(channel.uid for channel in channels) - listed

    def listing(
        self, at: float, events: list[Message], *, since: float | None = None, lacked: frozenset[str] | None = None
    ) -> list[Fact]:
        """The facts that one listing's events tell.

        Args:
            at: when the listing was complete.
            events: the events of one list action, in order; events of other kinds are ignored.
            since: when the listing was asked for: channels that appeared later are not vanished.
            lacked: no others than these have vanished, or left their queue; None: any may have.
        """
        plumbing = self._translator.plumbing
        out = plumbing.out = []
        kinds = {event.event for event in events}
        if "StatusComplete" in kinds:  # a listing tells all there is: what an earlier one told is forgotten
            self._dnid.clear()
        if "BridgeListComplete" in kinds:
            self._holding.clear()
        for event in events:
            self._learn(event)
        if "StatusComplete" in kinds:
            self._numbers(at)
        if "CoreShowChannelsComplete" in kinds:
            # Time never runs backwards on a floor: what the listing tells comes before what has waited for it.
            before = self._translator.waiting.since
            listed_at = at if before is None else min(at, before)
            rows = [event for event in events if event.event == "CoreShowChannel"]
            self._channels(listed_at, rows, since, lacked, aged_at=at)
        if "CoreShowChannelsComplete" in kinds:
            out += self._translator.waiting.end()
            plumbing.out = out
        if "QueueStatusComplete" in kinds:
            self._queues(at, [event for event in events if event.event == "QueueEntry"], lacked)
        return out

    def _learn(self, event: Message) -> None:
        """Who is who, and what a channel dialled (CoreShowChannels tells the DID no more, Status does)."""
        parties = self._translator.parties
        match event.event:
            case "ExtensionStatus":
                parties.learn_hint(event.get("Hint"))
            case "ContactList":
                expires = event.get("ExpirationTime")
                registered = expires.isdigit() and 0 < int(expires) < 2**33
                parties.learn_contact(event.get("Endpoint"), registered=registered)
            case "QueueMember":
                parties.learn_member(event.get("Location") or event.get("StateInterface"), event.get("Name"))
            case "BridgeListItem":
                if event.get("BridgeTechnology") == "holding_bridge":
                    self._holding.add(event.get("BridgeUniqueid"))
            case "Status":
                self._dnid[event.get("Uniqueid")] = event.get("DNID")

    def _numbers(self, at: float) -> None:
        """What the callers dialled, for channels that a listing began before it was known."""
        translator = self._translator
        for uid, dnid in self._dnid.items():
            caller = translator.plumbing.channels.get(uid)
            dialled = known_number(dnid)
            if caller is not None and caller.is_leg and caller.account is None and dialled is not None:
                translator.plumbing.out.append(facts.LegIdentified(at=at, leg=translator.leg_id(uid), dialled=dialled))

    def _channels(
        self, at: float, listed: list[Message], since: float | None, lacked: frozenset[str] | None, *, aged_at: float
    ) -> None:
        """``aged_at``: when they were as old as they say; ``at``: when it is told."""
        translator, plumbing = self._translator, self._translator.plumbing
        present = {event.get("Uniqueid"): event for event in sorted(listed, key=_birth)}
        self._tails &= present.keys()
        missing = [channel for uid, channel in plumbing.channels.items() if uid not in present]
        here: list[tuple[Channel, Message]] = []
        for uid, event in present.items():
            if not uid or (plumbing.is_gone(uid) and uid not in self._tails):
                continue
            if self._is_tail(uid, event.get("Linkedid")):
                continue
            known = plumbing.channels.get(uid)
            if known is None:
                called = _CALLED_BY.get(event.get("Application"))
                began = min(at, aged_at - _age_s(event))
                dnid = self._dnid.get(uid)
                known = translator.begin(
                    began,
                    event,
                    partial=True,
                    called=called,
                    dnid=dnid,
                    seen_at=at,
                    call_began_at=self._call_began_at(event, began),
                )
            else:
                plumbing.follow(at, known, event.get("Linkedid"))
            here.append((known, event))
        gone = [
            channel
            for channel in missing  # only now: a call goes on in the channels that are new
            if (since is None or channel.seen_at < since)
            and (lacked is None or channel.uid in lacked)
            and not translator.waiting.will_end(channel.uid)
        ]
        self._vanished(at, gone)
        for channel in gone:
            translator.end(at, channel, EndCause.VANISHED)
        for channel, event in here:
            self._state(at, channel, event.get("ChannelState"))
            self._bridge(at, channel, event.get("BridgeId"))
            if not channel.identified:  # once it is known who talks: a number may tell whose call it belongs to
                translator.identify(at, channel, event, "", listed=True)
            translator.happenings.found_in(at, channel, event)

    def _vanished(self, at: float, gone: list[Channel]) -> None:
        """Calls of which nothing is left: told before their legs are, which end with them."""
        translator = self._translator
        uids = {channel.uid for channel in gone}
        for group in dict.fromkeys(channel.group for channel in gone):
            if group.legs and group.channels <= uids:
                legs = frozenset(map(translator.leg_id, group.legs))
                translator.plumbing.out.append(facts.CallVanished(at, group.key, legs))

    def _is_tail(self, uid: str, linked: str) -> bool:
        """A channel nobody has heard of, of a call that was seen to end: it is ending, too. Listed again, it lives."""
        plumbing = self._translator.plumbing
        if uid in self._tails:
            self._tails.discard(uid)
            plumbing.unbury(uid)
            return False
        if uid in plumbing.channels or plumbing.knows(linked) or not plumbing.is_gone(linked):
            return False
        plumbing.bury(uid)
        self._tails.add(uid)
        return True

    def _call_began_at(self, event: Message, began_at: float) -> float | None:
        """When the call of a listed channel began: the PBX names it after its first channel, by that one's second.

        None where that is the channel itself, or cannot be told.
        """
        first, _, _ = event.get("Linkedid").rpartition("-")[2].partition(".")
        if event.get("Linkedid") == event.get("Uniqueid") or not first.isdecimal() or len(first) != 10:
            return None
        at = self._translator.people.ours(float(first))
        return at if began_at - LONGEST_CALL_S < at < began_at else None

    def _state(self, at: float, channel: Channel, state: str) -> None:
        channel.state = state
        leg = self._translator.leg_id(channel.uid)
        if not channel.is_leg:
            return
        if state == STATE_RINGING:
            self._translator.plumbing.out.append(facts.LegRang(at, leg))
        elif state == STATE_UP:
            self._translator.plumbing.out.append(facts.LegAnswered(at, leg))

    def _bridge(self, at: float, channel: Channel, bridge: str) -> None:
        plumbing = self._translator.plumbing
        if bridge:
            if bridge in self._holding and channel.bridge != bridge and channel.is_leg:
                plumbing.out.append(facts.Parked(at, self._translator.leg_id(channel.uid), ""))
            plumbing.enter(at, channel, bridge, holding=bridge in self._holding)
        elif channel.bridge is not None:
            plumbing.leave(at, channel)

    def _queues(self, at: float, entries: list[Message], lacked: frozenset[str] | None) -> None:
        translator = self._translator
        waiting = {entry.get("Uniqueid"): entry for entry in entries}
        for uid, gone in translator.plumbing.channels.items():
            if gone.queue is not None and uid not in waiting and (lacked is None or uid in lacked):
                translator.happenings.leave_queue(at, gone, gone.queue)
        for uid, entry in waiting.items():
            channel = translator.plumbing.channels.get(uid)
            queue, position, wait = entry.get("Queue"), entry.get("Position"), entry.get("Wait")
            if channel is None or channel.queue == queue:
                continue
            joined = at - int(wait) if wait.isdigit() else at
            translator.happenings.join_queue(
                joined, channel, queue, int(position) if position.isdigit() else None, partial=True
            )


def _birth(event: Message) -> tuple[float, ...]:
    """An order of birth: unique ids are an epoch second and a counter that the whole PBX shares.

    The counter alone counts: the PBX's clock may have been put back between two channels.
    """
    parts = event.get("Uniqueid").rpartition("-")[2].split(".")
    if len(parts) == 2 and all(part.isdigit() for part in parts):
        return (1.0, float(parts[1]))
    return (0.0, -_age_s(event))


def _age_s(event: Message) -> float:
    """How long a listed channel has been there, in whole seconds; 0 where it is not told."""
    found = _DURATION.fullmatch(event.get("Duration"))
    return int(found[1]) * 3600.0 + int(found[2]) * 60 + int(found[3]) if found else 0.0
