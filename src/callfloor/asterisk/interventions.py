"""What we had the PBX do to its calls: told of in their stories, and never taken for something that the parties did.

An action and what follows from it reach us by one stream, in no fixed order: the PBX may have moved the call before
its answer is read. So what is asked is noted first, and told at its first sign: an event of the channel that only the
action explains, or the PBX's answer. What the PBX refuses is forgotten, and nobody hears of it.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec

from callfloor.asterisk.message import Message
from callfloor.floor.facts import Fact, Intervened

PREFIX: Final = "callfloor-take-"
"""What unique ids of legs begin with that ring somebody who takes a call."""

_SIGNS: Final = frozenset(
    {
        *("Hangup", "BridgeLeave", "BridgeEnter", "QueueCallerLeave", "QueueCallerJoin", "DialEnd", "DialBegin"),
        "UnParkedCall",
    }
)
_UP: Final = "6"


class Intended(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One thing that is asked."""

    uids: frozenset[str]  # channels that it is asked of
    fact: Intervened  # at the instant 0


class RungLeg:
    """A leg of ours that rings somebody, until it is up, or is gone without."""

    def __init__(self, uid: str, linked: str) -> None:
        self.uid = uid
        self.linked = linked  # the call that it rings for
        loop = asyncio.get_running_loop()
        self.came_up: asyncio.Future[bool] = loop.create_future()
        self.came_in: asyncio.Future[bool] = loop.create_future()  # it has entered a bridge

    def is_up(self) -> None:
        """It was picked up."""
        if not self.came_up.done():
            self.came_up.set_result(True)

    def is_in(self) -> None:
        """It is with others."""
        if not self.came_in.done():
            self.came_in.set_result(True)

    def gone(self) -> None:
        """What it has not become by now, it will never be."""
        for wish in (self.came_up, self.came_in):
            if not wish.done():
                wish.set_result(False)


class Interventions:
    """Of one PBX. Part of the translator: every message that it knows passes here first."""

    def __init__(self) -> None:
        self._intended: dict[str, list[Intended]] = {}  # by channel, in the order they were asked
        self._legs: dict[str, RungLeg] = {}
        self._clients: dict[str, set[RungLeg]] = {}
        self.entrances: dict[str, tuple[str, str]] = {}
        """Where a queue is entered: context and extension, as callers were seen to."""

    # --- who asks -----------------------------------------------------------------------------------------------

    def intend(self, uids: Iterable[str], fact: Intervened) -> Intended:
        """Something is about to be asked of these channels."""
        intended = Intended(uids=frozenset(uids), fact=fact)
        for uid in intended.uids:
            self._intended.setdefault(uid, []).append(intended)
        return intended

    def settle(self, intended: Intended) -> bool:
        """It was answered. Whether it is still to be told, because no sign of it has come."""
        found = [uid for uid in intended.uids if intended in self._intended.get(uid, ())]
        for uid in found:
            self._intended[uid].remove(intended)
            if not self._intended[uid]:
                del self._intended[uid]
        return bool(found)

    def ring(self, uid: str, linked: str, client: str) -> RungLeg:
        """A leg is about to be made that rings somebody for a client's channel, in the call of this linked id."""
        leg = self._legs[uid] = RungLeg(uid, linked)
        self._clients.setdefault(client, set()).add(leg)
        return leg

    def forget(self, leg: RungLeg, client: str) -> None:
        """What becomes of it is of no interest any more."""
        waiting = self._clients.get(client, set())
        waiting.discard(leg)
        if not waiting:
            self._clients.pop(client, None)
        self._legs.pop(leg.uid, None)
        leg.gone()

    # --- what comes ---------------------------------------------------------------------------------------------

    def linked_of(self, uid: str) -> str | None:
        """The linked id of the call that a leg of ours rings for; None for every other channel."""
        leg = self._legs.get(uid)
        return None if leg is None else leg.linked

    def look(self, at: float, message: Message, out: list[Fact]) -> None:
        """Before a message is translated: tell what it is the first sign of."""
        if not (self._intended or self._legs):
            return
        event, uid = message.event, message.get("Uniqueid")
        if event in _SIGNS:
            asked = self._intended.get(uid if event != "UnParkedCall" else message.get("ParkeeUniqueid"), [])
            # An event explains what was asked first; a channel's end, all that was asked of it.
            for intended in asked[:] if event == "Hangup" else asked[:1]:
                self.settle(intended)
                out.append(msgspec.structs.replace(intended.fact, at=at))
        leg = self._legs.get(uid)
        if leg is not None and event == "Newstate" and message.get("ChannelState") == _UP:
            leg.is_up()
        elif leg is not None and event == "BridgeEnter":
            leg.is_in()
        elif leg is not None and (
            event == "Hangup" or (event == "OriginateResponse" and message.get("Response") == "Failure")
        ):
            leg.gone()
        if event == "Hangup":
            for waiting in self._clients.pop(uid, ()):
                waiting.gone()

    def entered(self, queue: str, context: str, extension: str) -> None:
        """Somebody joined a queue by this extension."""
        if context and extension:
            self.entrances[queue] = context, extension
