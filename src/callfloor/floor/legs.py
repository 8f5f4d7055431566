"""The floor's own notes on a leg and on a party; mutable, and never handed out."""

import math

from callfloor.floor.calls import PartyState
from callfloor.floor.facts import Born, EndCause, Side


class Leg:
    """One party's side of a call while it lives, and until its call is written down."""

    __slots__ = (
        "account",
        "answered_at",
        "born",
        "cause",
        "client",
        "device",
        "e164",
        "ended_at",
        "gave",
        "gone_at",
        "holding",
        "id",
        "initiator",
        "number",
        "rang_at",
        "room",
        "side",
        "started_at",
        "talked",
        "took",
        "trunk",
    )

    def __init__(self, leg: str, side: Side, born: Born, account: str | None, number: str | None, at: float) -> None:
        self.id = leg
        self.side = side
        self.born = born
        self.account = account
        self.number = number
        self.e164: str | None = None
        self.started_at = at
        self.rang_at: float | None = None
        self.answered_at: float | None = None
        self.ended_at: float | None = None
        self.gone_at: float | None = None  # its party hung up; the PBX may keep the channel for seconds after that
        self.cause: EndCause | None = None
        self.room: str | None = None
        self.holding = False
        self.device: str | None = None  # the contact it rings at, where the PBX tells
        self.client = False  # the client's own leg
        self.initiator = False  # an employee who dialled: it answers nothing unless it takes another call
        self.talked = False  # it has heard somebody in this call
        self.gave = False  # it passed the call on: its hang-up afterwards is not the call's end
        self.trunk: str | None = None  # an outside leg's line to the carrier
        self.took = False  # it took a call: answered an offer, picked up, fetched from parking

    @property
    def live(self) -> bool:
        return self.ended_at is None

    def ring_stretch(self, until: float) -> tuple[float, float] | None:
        """From the first ring to the answer, the end, or ``until``; None where it never rang."""
        if self.rang_at is None:
            return None
        end = self.answered_at if self.answered_at is not None else self.ended_at
        return self.rang_at, max(self.rang_at, until if end is None else end)


class Party:
    """One employee's account, or one outside number that is not the client, in a call."""

    __slots__ = ("account", "answered_at", "joined_at", "legs", "number", "since", "state", "talk_s")

    def __init__(self, account: str | None, number: str | None, at: float) -> None:
        self.account = account
        self.number = number
        self.joined_at = at
        self.legs: list[Leg] = []
        self.state = PartyState.CALLING
        self.since = at
        self.talk_s = 0.0
        self.answered_at: float | None = None

    def state_now(self) -> PartyState:
        """What the party does now, over all its devices: talking before ringing before calling before left."""
        ringing = calling = False
        for leg in self.legs:
            if leg.ended_at is not None:
                continue
            if leg.room is None and leg.gone_at is not None:
                continue
            if leg.holding:
                return PartyState.HOLDING
            if leg.room is not None or (leg.answered_at is not None and leg.born is not Born.CALLING):
                return PartyState.TALKING
            if leg.born is Born.CALLING:
                calling = True
            else:
                ringing = True
        if calling:
            return PartyState.CALLING
        return PartyState.RINGING if ringing else PartyState.LEFT

    def ring_s(self, until: float) -> float:
        """How long the party's own devices rang: the union over devices, so two ringing at once count once."""
        stretches = [rang for leg in self.legs if (rang := leg.ring_stretch(until)) is not None]
        stretches.sort()
        total, reached = 0.0, -math.inf
        for begin, end in stretches:
            if end > reached:
                total += end - max(begin, reached)
                reached = end
        return total

    def first_ring_at(self) -> float | None:
        return min([leg.rang_at for leg in self.legs if leg.rang_at is not None], default=None)
