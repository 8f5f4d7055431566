"""How a call goes on: its phase, derived afresh from its legs after each fact, and the time spent in each phase.

A call is in exactly one phase at any instant, so the times of the phases add up to its duration (law L3).
"""

from collections.abc import Mapping
from enum import StrEnum

from callfloor.floor.accounts import Doing
from callfloor.floor.calls import (
    CallStatus,
    CallType,
    LiveCall,
    LiveParty,
    StoryStep,
)
from callfloor.floor.directory import Directory
from callfloor.floor.employees import BadgeKind, Status
from callfloor.floor.facts import Born, Service, Side
from callfloor.floor.legs import Leg, Party
from callfloor.floor.stay import Lines, Stay


class Phase(StrEnum):
    """What the time of a call is booked under."""

    UNSEEN = "unseen"  # before we watched: what it was is unknown
    ARRIVING = "arriving"
    IVR = "ivr"
    QUEUE = "queue"
    RINGING = "ringing"
    TALK = "talk"
    HOLD = "hold"
    PARKED = "parked"
    TRANSFER = "transfer"  # answered once, and with nobody now
    SERVICE = "service"  # voicemail, fax
    TAIL = "tail"  # the client has gone, and something of the call goes on


ENGAGED = frozenset({Phase.TALK, Phase.HOLD, Phase.PARKED, Phase.TRANSFER})
"""A party who has talked in the call and is still there has somebody on the line, whom they hear or not."""
BEFORE_ANSWER = (Phase.ARRIVING, Phase.IVR, Phase.QUEUE, Phase.RINGING)
_NO_TIME = dict.fromkeys(Phase, 0.0)
COUNTED = frozenset((*BEFORE_ANSWER, Phase.TALK, Phase.HOLD))
_TAKEN_IN = frozenset({Service.VOICEMAIL, Service.FAX})
_OUTWARD = frozenset({CallType.OUTBOUND, CallType.CALLBACK})
_NOBODY: frozenset[str] = frozenset()


class Progress:
    """One call as the floor keeps it."""

    def __init__(self, call: str, call_type: CallType, at: float, *, started_at: float) -> None:
        self.id = call
        self.keys = [call]
        self.link = call.partition("-")[0]
        self.type = call_type
        self.started_at = started_at
        self.legs: list[Leg] = []
        self.parties: dict[tuple[str | None, str | None], Party] = {}
        self.phase = Phase.ARRIVING
        self.phase_at = at
        self.watched_from = at
        self.spent = _NO_TIME.copy()
        self.counted_at = at  # up to here time was booked as waiting, talk or hold
        self.status = CallStatus.ARRIVING
        self.status_since = at
        self.answered = False
        self.answered_at: float | None = None
        self.talkers: list[Party] = []
        self.met = False  # a leg of it has been in a room, or held: before that nobody talks
        self.hold_leg: Leg | None = None
        self.parked = False
        self.service: Service | None = None
        self.services: list[Service] = []
        self.stays: list[Stay] = []
        self.hung_leg: Leg | None = None
        self.hung_at = 0.0
        self.ended_here = False  # a supervisor had the PBX end it: no party did
        self.left_in: Phase | None = None  # the phase in which the client's own leg went
        self.client_number: str | None = None
        self.client_e164: str | None = None
        self.business_number: str | None = None
        self.dialled: str | None = None
        self.route: list[str] = []
        self.recordings: list[str] = []
        self.forwarded_from: str | None = None
        self.feature = False
        self.partial = False
        self.stale = False
        self.last_fact_at = at
        self.story: list[StoryStep] = []
        self.doers: frozenset[str] = frozenset()  # accounts that do something in this call
        self.transferers: set[str | None] = set()  # accounts that passed the call on
        self.joined: list[str] = []  # ids of the calls that became part of this one
        self.emitted: LiveCall | None = None

    # --- legs -------------------------------------------------------------------------------------------------

    def party_of(self, leg: Leg) -> Party | None:
        """The party of a leg; the client is not a party."""
        if leg.client:
            return None
        return self.parties.get((leg.account, None if leg.account else leg.number))

    def add_leg(self, leg: Leg) -> None:
        self.legs.append(leg)
        self.seat(leg)

    def seat(self, leg: Leg) -> None:
        """Put a leg with its party, making the party where it is new. The client's legs have none."""
        if leg.client:
            return
        key = (leg.account, None if leg.account else leg.number)
        party = self.parties.get(key)
        if party is None:
            party = self.parties[key] = Party(leg.account, None if leg.account else leg.number, leg.started_at)
        if leg not in party.legs:
            party.legs.append(leg)

    def current_stay(self) -> Stay | None:
        if not self.stays:
            return None
        return next((stay for stay in reversed(self.stays) if stay.left_at is None), None)

    def tell(
        self,
        at: float,
        what: str,
        leg: Leg | None = None,
        *,
        account: str | None = None,
        number: str | None = None,
        queue: str | None = None,
        detail: str | None = None,
        duration_s: float | None = None,
    ) -> None:
        """Add a line to the story; of a leg its account, or its number, is told."""
        if leg is not None:
            account = leg.account
            number = number if account else leg.number
        self.story.append(
            StoryStep(
                at=at,
                what=what,
                account=account,
                number=number,
                queue=queue,
                detail=detail,
                duration_s=duration_s,
            )
        )

    # --- time -------------------------------------------------------------------------------------------------

    def book(self, at: float) -> None:
        """Book the time since the last fact under the phase that held."""
        elapsed = at - self.phase_at
        if elapsed > 0:
            if not self.answered and self.hung_leg is not None and self.hung_leg is self.legs[0]:
                elapsed = max(0.0, min(elapsed, self.hung_at - self.phase_at))  # the caller has left: nobody waits
            self.spent[self.phase] += elapsed
            if self.phase in COUNTED:
                self.counted_at = self.phase_at + elapsed
            for party in self.talkers:
                party.talk_s += elapsed
            self.phase_at = at

    def derive(self, at: float) -> None:
        """The phase, the talkers and the status from the legs as they are now; books time when they change."""
        at = max(at, self.phase_at, self.watched_from)
        self.last_fact_at = max(self.last_fact_at, at)
        phase, talkers, heard = self._phase(at)
        if phase is not self.phase or talkers != self.talkers:
            self.book(at)
            self.phase_at = at
            self.phase, self.talkers = phase, talkers
        self.show(at, heard)

    def show(self, at: float, heard: int) -> None:
        """What the row says of it, and of its parties; so many hear each other."""
        status = self._status(self.phase, heard)
        if status is not self.status:
            self.status, self.status_since = status, at
        for party in self.parties.values():
            state = party.state_now()
            if state is not party.state:
                party.state, party.since = state, at

    def _phase(self, at: float) -> tuple[Phase, list[Party], int]:
        live: list[Leg] = []
        clients: list[Leg] = []
        in_rooms = 0
        for leg in self.legs:
            if leg.ended_at is None:
                live.append(leg)
                if leg.client:
                    clients.append(leg)
                if leg.room is not None:
                    in_rooms += 1
        if in_rooms > 1:
            hearing, held = self._hearing(live, clients)
            if hearing:
                phase, talkers = self._together(hearing, at, held=held)
                return phase, talkers, len(hearing)
        if clients and self.type in _OUTWARD and self._broadcast(clients):
            if not self.answered:
                self.answer(at)
            return Phase.TALK, [], 1
        if self.answered:
            return self._after_answer(live, clients), [], 0
        return self._before_answer(live, clients), [], 0

    def _together(self, hearing: list[Leg], at: float, *, held: bool) -> tuple[Phase, list[Party]]:
        """These legs hear each other, unless one of them has the others on hold."""
        if not self.answered:
            self.answer(at)
        if held:
            return Phase.HOLD, []
        self.hold_leg = self.service = None
        talkers = self._talkers(hearing, at)
        if self.parked:  # a transfer to the parking is told while its parties still talk
            self.parked = all(party in self.talkers for party in talkers)
        # Who hangs up in the instant of the answer is put together with the other all the same, and then leaves.
        if self.hung_leg not in hearing and not (self.hung_leg and self.hung_leg.client):
            self.hung_leg = None  # the call goes on without them: they did not end it
        return Phase.TALK, talkers

    def _hearing(self, live: list[Leg], clients: list[Leg]) -> tuple[list[Leg], bool]:
        """The legs that hear each other with the client (or with one another); and whether on hold."""
        if self.type is CallType.INTERNAL or not any(leg.client for leg in self.legs):
            rooms: dict[str, list[Leg]] = {}
            for leg in live:
                if leg.room is not None:
                    rooms.setdefault(leg.room, []).append(leg)
            most = max(rooms.values(), key=len, default=[])
            if len(most) < 2:
                return [], False
            return most, sum(not leg.holding for leg in most) < 2
        client_rooms = {leg.room for leg in clients if leg.room is not None}
        people = [leg for leg in live if not leg.client and leg.room in client_rooms]
        if not people:
            return [], False
        near = [leg for leg in clients if leg.room is not None]
        held = all(leg.holding for leg in near) or all(leg.holding for leg in people)
        return near + people, held

    def _talkers(self, hearing: list[Leg], at: float) -> list[Party]:
        talkers: list[Party] = []
        for leg in hearing:
            party = self.party_of(leg)
            if party is not None and not leg.holding and party not in talkers:
                talkers.append(party)
                if party not in self.talkers:
                    self.route_through(party.account or party.number)
                if not leg.initiator or leg.took:
                    leg.took = True
                    if party.answered_at is None:
                        party.answered_at = self._picked_up_at(leg, at)
        return talkers

    def _picked_up_at(self, leg: Leg, at: float) -> float | None:
        """When this leg took the call; unknown where that was before we watched."""
        if self.unseen(at):
            return None
        return leg.answered_at if leg.born is not Born.CALLING else at

    def answer(self, at: float) -> None:
        """A person has taken the call: waiting is over."""
        self.answered = True
        if not self.unseen(at):
            self.answered_at = at

    def unseen(self, at: float) -> bool:
        """Did what is told at this instant happen before, while nobody watched? A listing tells the state alone."""
        return self.partial and (self.stale or at <= self.watched_from)

    def _broadcast(self, clients: list[Leg]) -> bool:
        """Of an outgoing call: has it no employee in it (a recorded message)? Talking, once the client is up."""
        return any(leg.answered_at is not None for leg in clients) and all(
            leg.side is not Side.EMPLOYEE for leg in self.legs
        )

    def _after_answer(self, live: list[Leg], clients: list[Leg]) -> Phase:
        waiting = clients or ([] if any(leg.client for leg in self.legs) else live)
        if not waiting:
            return Phase.TAIL
        if self.parked:
            return Phase.PARKED
        if self.hold_leg is not None and self.hold_leg.ended_at is None:
            return Phase.HOLD
        return Phase.SERVICE if self.service in _TAKEN_IN else Phase.TRANSFER

    def _before_answer(self, live: list[Leg], clients: list[Leg]) -> Phase:
        if self.hung_leg is not None and self.hung_leg is self.legs[0]:
            return self.phase  # the caller has left; what is still being cleared away rings for nobody
        if self.service in _TAKEN_IN:
            return Phase.SERVICE
        if self.stays and self.current_stay() is not None:
            return Phase.QUEUE
        if self.type is not CallType.INBOUND or self._rings(live):
            return Phase.RINGING
        if any(leg.answered_at is not None for leg in clients):
            return Phase.IVR
        return Phase.ARRIVING if self.spent[Phase.RINGING] == 0 else Phase.RINGING

    def _status(self, phase: Phase, heard: int) -> CallStatus:
        match phase:
            case Phase.TALK:
                return CallStatus.CONFERENCE if heard > 2 else CallStatus.TALKING
            case Phase.HOLD:
                return CallStatus.HOLD
            case Phase.PARKED:
                return CallStatus.PARKED
            case Phase.TRANSFER | Phase.TAIL:
                return CallStatus.TRANSFER
            case Phase.SERVICE:
                return CallStatus.FAX if self.service is Service.FAX else CallStatus.VOICEMAIL
            case Phase.QUEUE:
                return CallStatus.RINGING if self._rings([leg for leg in self.legs if leg.live]) else CallStatus.QUEUE
            case Phase.RINGING:
                if self.type is CallType.INBOUND or self.type is CallType.INTERNAL or not self._dialling():
                    return CallStatus.RINGING
                return CallStatus.DIALLING
            case Phase.IVR:
                return CallStatus.IVR
            case Phase.ARRIVING | Phase.UNSEEN:
                return CallStatus.ARRIVING

    def _rings(self, live: list[Leg]) -> bool:
        """Does anybody's device ring?"""
        return any(leg.rang_at is not None and leg.answered_at is None and leg.born is not Born.CALLING for leg in live)

    def _dialling(self) -> bool:
        """The client is being called (rather than, in a callback, the employee first)."""
        return not any(
            leg.ended_at is None
            and leg.born is not Born.CALLING
            and leg.answered_at is None
            and leg.side is Side.EMPLOYEE
            for leg in self.legs
        )

    def adopt_talk(self, other: "Progress", at: float) -> None:
        """Colleagues in the conference before this call's own dialler talked already: it is this call's talk."""
        other.derive(at)
        other.book(at)
        talked = min(other.spent[Phase.TALK], self.spent[self.phase])
        self.spent[self.phase] -= talked
        self.spent[Phase.TALK] += talked
        self.answered, self.answered_at = True, other.answered_at
        self.parties |= other.parties

    def hears_client(self, leg: Leg) -> bool:
        """Is this leg in a room with a client's?"""
        return leg.room is not None and any(
            other.client and other.room == leg.room and other.ended_at is None for other in self.legs
        )

    def doing(self) -> dict[str, Doing]:
        """What each account does in this call now: talking before ringing and dialling, over its legs.

        Talking is hearing somebody, or having somebody on hold, parked or on the way to another person: who consults
        a colleague before a transfer is in a conversation, though for a moment in no room.
        """
        live = [leg for leg in self.legs if leg.ended_at is None]
        rooms = self.rooms()
        found: dict[str, Doing] = {}
        for leg in live:
            if leg.account is None:
                continue
            if self.is_talking(leg, rooms):
                found[leg.account] = Doing(Status.TALKING, leg.answered_at or leg.started_at, leg.device)
            elif leg.account in found or self.feature:
                continue
            elif leg.born is Born.CALLING:
                if leg.answered_at is None or len(live) > 1 or self.current_stay() is not None:
                    found[leg.account] = Doing(BadgeKind.DIALLING, leg.started_at, leg.device)
            elif leg.answered_at is not None:
                if leg.born is Born.ORIGINATED and not leg.talked:  # a callback: the client is called next
                    found[leg.account] = Doing(BadgeKind.DIALLING, leg.answered_at, leg.device)
            elif leg.rang_at is not None:
                found[leg.account] = Doing(BadgeKind.RINGING, leg.rang_at, leg.device)
        return found

    def talking(self) -> frozenset[str]:
        """The accounts that are in a conversation in it: those by whom ``doing`` has TALKING."""
        if not self.met:
            return _NOBODY
        near = [
            leg
            for leg in self.legs
            if (leg.room is not None or leg.talked or leg.holding) and leg.ended_at is None and leg.account
        ]
        rooms = self.rooms() if near else {}
        return frozenset([leg.account for leg in near if leg.account and self.is_talking(leg, rooms)])

    def rooms(self) -> dict[str, int]:
        """How many of its legs are in each room."""
        rooms: dict[str, int] = {}
        for leg in self.legs:
            if leg.room is not None and leg.ended_at is None:
                rooms[leg.room] = rooms.get(leg.room, 0) + 1
        return rooms

    def is_talking(self, leg: Leg, rooms: Mapping[str, int]) -> bool:
        """Is this leg in a conversation? ``rooms``: how many are in each."""
        together = leg.room is not None and rooms[leg.room] > 1
        leg.talked |= together
        return together or leg.holding or (leg.talked and leg.gone_at is None and self.phase in ENGAGED)

    def route_through(self, step: str | None) -> None:
        if step and step not in self.route:
            self.route.append(step)

    # --- what others see --------------------------------------------------------------------------------------

    def visible(self) -> bool:
        """A feature code dialled by one phone is not a call, until somebody else is in it."""
        return bool(self.legs) and not (self.feature and len(self.legs) == 1)

    def view(self, directory: "People", lines: Lines) -> LiveCall:
        """The row of the Calls page."""
        stay = self.current_stay()
        queue = stay.queue if stay else next((s.queue for s in reversed(self.stays) if s.outcome == "answered"), None)
        return LiveCall(
            id=self.id,
            type=self.type,
            status=self.status,
            status_since=self.status_since,
            started_at=self.started_at,
            answered_at=self.answered_at,
            parties=tuple(
                LiveParty(
                    account=party.account,
                    employee_id=directory.employee_of(party.account),
                    number=party.number,
                    state=party.state,
                    since=party.since,
                )
                for party in self.parties.values()
            ),
            client_number=self.client_number,
            client_e164=self.client_e164,
            business_number=self.business_number,
            queue=queue,
            queue_position=lines.position(self.link, stay) if stay else None,
            scheme=directory.scheme_of(self.business_number) if self.type is CallType.INBOUND else None,
            route=tuple(self.route),
            talk_s=self.spent[Phase.TALK],
            talk_since=self.phase_at if self.phase is Phase.TALK else None,
            hold_s=self.spent[Phase.HOLD],
            hold_since=self.phase_at if self.phase is Phase.HOLD else None,
            stale=self.stale,
            partial=self.partial,
        )


class People:
    """The directory, indexed for the floor's questions."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self._employees = {account: person.id for person in directory.employees for account in person.accounts}
        self._schemes = {number.number: number.scheme for number in directory.numbers}

    def employee_of(self, account: str | None) -> int | None:
        return self._employees.get(account) if account else None

    def scheme_of(self, number: str | None) -> str | None:
        return self._schemes.get(number) if number else None
