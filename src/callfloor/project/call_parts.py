"""Which channels of a live call an action means: whose goes, and who talked with them and stays behind."""

from collections.abc import Sequence
from typing import Final

import msgspec

from callfloor.asterisk.link import PbxLink
from callfloor.errors import (
    AmiDisconnectedError,
    CallCannotMoveError,
    CallGoneError,
    ConferenceWithoutClientError,
    NotInConferenceError,
)
from callfloor.floor.calls import CallStatus, LiveCall
from callfloor.floor.floor import Floor
from callfloor.floor.supervising import LegNow
from callfloor.project.pbx_links import PbxLinks

_STAYS: Final = {  # calls that cannot be moved, and why
    CallStatus.DIALLING: "The client's phone is still being called; wait until somebody answers.",
    CallStatus.FAX: "A fax is on the line.",
}


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Which channel goes, and which stay behind."""

    pbx: PbxLink
    leg: LegNow
    uid: str
    behind: tuple[str, ...]  # who heard it

    @property
    def lonely(self) -> tuple[str, ...]:
        """Who is left with nobody once it has gone: of a conference nobody is, as long as two hear each other."""
        return self.behind if len(self.behind) < 2 else ()


class CallParts:
    """Of one project."""

    def __init__(self, floor: Floor, links: PbxLinks) -> None:
        self._floor, self._links = floor, links

    def legs(self, call_id: str) -> tuple[PbxLink, Sequence[LegNow]]:
        """The call's PBX, and its legs.

        Raises:
            CallGoneError: it is over.
            AmiDisconnectedError: its PBX cannot be asked now.
        """
        legs = self._floor.legs(call_id)
        pbx = self._links.find(legs[0].leg.partition("-")[0]) if legs else None
        if pbx is None:
            raise CallGoneError
        if not pbx.connection.is_up:
            raise AmiDisconnectedError("The link to the PBX is down.")
        return pbx, legs

    def moved(self, call_id: str) -> tuple[LiveCall, Moved]:
        """The client's channel; of a call between two colleagues, the caller's.

        Raises:
            CallCannotMoveError: just now there is nothing to move.
            ConferenceWithoutClientError: nobody can say who of several colleagues is meant.
        """
        pbx, legs = self.legs(call_id)
        call = self._floor.call(call_id)
        if call is None:
            raise CallGoneError
        if call.status in _STAYS:
            raise CallCannotMoveError(_STAYS[call.status])
        clients = [leg for leg in legs if leg.client]
        if not clients and call.client_number is not None:
            raise CallCannotMoveError("The client is not on the line yet.")
        if not clients and call.status is CallStatus.CONFERENCE:
            raise ConferenceWithoutClientError
        chosen = sorted(clients or legs[:1], key=lambda leg: leg.room is None)
        moved = Moved(pbx=pbx, leg=chosen[0], uid=uid_of(pbx, chosen[0]), behind=self.behind(pbx, chosen[0]))
        return call, moved

    def behind(self, pbx: PbxLink, moving: LegNow) -> tuple[str, ...]:
        """Who hears this leg now."""
        call_id = self._floor.call_of(moving.leg)
        legs = () if call_id is None else self._floor.legs(call_id)
        room = next((leg.room for leg in legs if leg.leg == moving.leg), None)
        if room is None:
            return ()
        return tuple(uid_of(pbx, leg) for leg in legs if leg.leg != moving.leg and leg.room == room)

    def of_party(self, call_id: str, party: str | None) -> tuple[PbxLink, Sequence[LegNow]]:
        """The legs of one of those in a conference: by account, or by number where they have none; None: the client.

        Raises:
            NotInConferenceError: it is none, or they are not in it.
        """
        pbx, legs = self.legs(call_id)
        call = self._floor.call(call_id)
        if call is None:
            raise CallGoneError
        if call.status is not CallStatus.CONFERENCE:
            raise NotInConferenceError("This is no conference any more.")
        there = [leg for leg in legs if leg.room is not None]
        found = [leg for leg in there if (leg.client if party is None else not leg.client and party == _called(leg))]
        if not found:
            raise NotInConferenceError
        return pbx, found


def _called(leg: LegNow) -> str | None:
    return leg.account or leg.number


def uid_of(pbx: PbxLink, leg: LegNow) -> str:
    """A leg as its PBX calls it."""
    return leg.leg.removeprefix(f"{pbx.id}-")
