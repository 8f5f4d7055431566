"""The simulated PBX as a whole: a company, its phones, its callers, on a virtual clock.

The same seed, start and parameters give the same bytes. ``Chance`` decides what people do; a played scenario brings
its own ``Fixed`` decisions instead.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

from callfloor.simulator import asked, spying
from callfloor.simulator.agenda import Agenda, Script
from callfloor.simulator.call import Call, Cut, Handed, Sent
from callfloor.simulator.callbacks import callback
from callfloor.simulator.channel import UNKNOWN, Bridge, Channel, Contact, Endpoint
from callfloor.simulator.company import Company
from callfloor.simulator.flows import inbound, internal, outbound
from callfloor.simulator.plan import Callback, Ignores, Inbound, Internal, Outbound, Plan, Reaction, RingPhone, Spies
from callfloor.simulator.queues import Member, Queue
from callfloor.simulator.switch import PARKING_LOT, Switch
from callfloor.simulator.talks import FIRST_SLOT, PARK_TIMEOUT_S, leave_conference
from callfloor.simulator.wire import headers

Timed = tuple[float, bytes]


class People(Protocol):
    """What the people at the phones do."""

    def react(self, account: str, call: Call) -> Reaction:
        """This account's phone rings for this call."""

    def outside(self, number: str) -> tuple[str, float]:
        """An outside phone rings: (result, after so many seconds), as in ``plan.Outbound``."""

    def redirected_s(self) -> float:
        """How long a call goes on after an operator sent it elsewhere."""


class Fixed:
    """People of a played scenario: who is not named lets it ring."""

    def __init__(self, phones: Mapping[str, Reaction], outside: tuple[str, float] = ("answered", 2.0)) -> None:
        self._phones = phones
        self._outside = outside

    def react(self, account: str, call: Call) -> Reaction:
        """See ``People``."""
        return self._phones.get(account, Ignores())

    def outside(self, number: str) -> tuple[str, float]:
        """See ``People``."""
        return self._outside

    def redirected_s(self) -> float:
        """See ``People``."""
        return 2.0


class World:
    """The PBX and everyone around it. Instants are UTC epoch seconds."""

    def __init__(
        self,
        *,
        company: Company,
        people: People,
        start: float,
        seed: int = 1,
        noise: bool = False,
        first_serial: int = 0,
    ) -> None:
        self.company = company
        self.people = people
        self.started_at = start
        self.agenda = Agenda(start)
        self.switch = Switch(agenda=self.agenda, seed=seed, noise=noise, first_serial=first_serial)
        self.switch.monitor_dir = company.monitor_dir
        self.routes = {r.number: r for r in company.routes}
        self.calls: set[Call] = set()
        self.spies: dict[str, spying.Spy] = {}  # supervisors' legs that are up
        self.on_audio: spying.Hears = spying.nobody
        self.begun = 0  # calls so far
        self._messages: dict[str, int] = {}
        self._originated: dict[int, tuple[str, Plan]] = {}
        self._configure()

    def _configure(self) -> None:
        switch, company = self.switch, self.company
        for i, person in enumerate(company.people):
            contacts = [
                Contact(
                    person.account,
                    f"{company.first_octets}.{1 + k}.{1 + i % 250}",
                    agent,
                    18_000 + 731 * i if k == 0 and i % 8 == 0 else None,
                )
                for k, agent in enumerate(person.devices)
            ]
            for contact in contacts:
                contact.registered_at = int(self.started_at) - 37.0 * i % 1800
                contact.lifetime_s = 120.0 if i % 6 == 3 else 3600.0  # behind a router that forgets quickly
            switch.endpoints[person.account] = Endpoint(person.account, person=person.name, contacts=contacts)
        for trunk in company.trunks:
            switch.endpoints[trunk] = Endpoint(trunk, trunk=True)
        for plan in company.queues:
            queue = Queue(
                switch,
                plan.name,
                label=plan.label,
                number=plan.number,
                strategy=plan.strategy,
                timeout_s=plan.timeout_s,
                retry_s=plan.retry_s,
                wrapup_s=plan.wrapup_s,
                max_wait_s=plan.max_wait_s,
                overflow=plan.overflow,
            )
            switch.queues[plan.name] = queue
            for account in plan.members:
                queue.add(self.member(account, local=plan.local))

    def member(self, account: str, *, local: bool) -> Member:
        """A queue member for an account, as FreePBX (Local) or a plain queues.conf writes it."""
        endpoint = self.switch.endpoints[account]
        return Member(
            name=endpoint.person,
            endpoint=endpoint,
            login_at=int(self.agenda.now),
            interface=f"Local/{account}@from-queue/n" if local else f"PJSIP/{account}",
            state_interface=f"hint:{account}@ext-local" if local else f"PJSIP/{account}",
        )

    # --- time -------------------------------------------------------------------------------------------------

    def advance(self, until: float) -> Iterator[Timed]:
        """Let the virtual clock run to ``until`` and yield what the PBX sends, in time order."""
        out = self.switch.out
        while self.agenda.step(until):
            if out:
                yield from out
                out.clear()

    def drain(self) -> Iterator[Timed]:
        """Run until nothing is left to happen."""
        while self.agenda.next_at() != float("inf"):
            yield from self.advance(self.agenda.next_at())

    def close(self) -> Iterator[Timed]:
        """Hang up every call now, as at a restart of the PBX, and yield the messages."""
        for call in sorted(self.calls, key=lambda c: c.channels[0].order if c.channels else 0):
            self.cut(call, None)
        for endpoint in self.switch.endpoints.values():
            self.switch.refresh(endpoint)
        yield from self.switch.out
        self.switch.out.clear()

    # --- calls ------------------------------------------------------------------------------------------------

    def begin(self, plan: Plan) -> Call:
        """A call starts now."""
        call = Call(self)
        call.plan = plan
        self.calls.add(call)
        self.begun += 1
        call.task = self.agenda.start(call.run(_script(call, plan)))
        return call

    def cut(self, call: Call, by: Channel | None, *, asked: bool = True) -> None:
        """End a call from outside its plan (AMI Hangup); a leg that only rings goes alone."""
        src = next((src for src, leg in call.dials if leg is by), None)
        if by is not None and src is not None and by.twin is None:
            call.dials = [d for d in call.dials if d[1] is not by]
            self.switch.dial("DialEnd", src, by, "DialStatus: CANCEL\r\n")
            self.switch.hangup(by, 16)
            return
        if call.task is not None and call.task.turn == 0:
            self.calls.discard(call)  # not even begun
            call.task.done = True
        elif call.task is not None:
            call.task.interrupt(Cut(by, asked=asked))

    def leaves_conference(self, ch: Channel) -> bool:
        """AMI Hangup of one of several who hear each other: the others go on. False: it is no such one."""
        if ch.bridge is None or ch.bridge.kind != "conf" or len(ch.bridge.channels) < 3:
            return False
        leave_conference(self.switch, ch)
        return True

    def send(self, ch: Channel, exten: str) -> None:
        """AMI Redirect: the channel goes on elsewhere, the others are left behind."""
        if ch.call is not None and ch.call.task is not None:
            ch.call.task.interrupt(Sent(ch, exten))

    def hand(self, ch: Channel, leg: Channel) -> None:
        """AMI Bridge: the channel talks with a leg of another call."""
        if ch.call is not None and ch.call.task is not None:
            ch.call.task.interrupt(Handed(ch, leg))

    def moved(self, call: Call, how: Sent | Handed) -> Script:
        """The script of a call that a manager has moved."""
        return asked.moved(self, call, how)

    def left_message(self, account: str) -> int:
        """One more message in a voicemail box; how many there are now."""
        self._messages[account] = self._messages.get(account, 0) + 1
        return self._messages[account]

    # --- callbacks asked for by a manager ---------------------------------------------------------------------

    def originate(self, plan: Callback | RingPhone | Spies, action_id: str) -> Call:
        """AMI Originate, asynchronous: OriginateResponse follows."""
        self._originated[id(plan)] = (action_id, plan)
        return self.begin(plan)

    def originate_answered(self, plan: RingPhone | Spies, ch: Channel | None) -> None:
        """The phone was picked up or was not."""
        action_id, _ = self._originated.pop(id(plan), ("", plan))
        mark = f"ActionID: {action_id}\r\n" if action_id else ""
        self.switch.emit("OriginateResponse", "call", mark + asked.originate_answered(plan, ch))

    def originated(self, plan: Callback, ch: Channel | None) -> None:
        """The first leg answered or did not."""
        action_id, _ = self._originated.pop(id(plan), ("", plan))
        name = f"Callback {plan.number}" if plan.named else UNKNOWN
        asked = f"Local/{plan.account}@from-internal/n" if plan.local else f"PJSIP/{plan.account}"
        self.switch.emit(
            "OriginateResponse",
            "call",
            (f"ActionID: {action_id}\r\n" if action_id else "")
            + headers(
                Response="Success" if ch else "Failure",
                Channel=ch.name if ch else asked,
                Context="callback",
                Exten=plan.number,
                Reason=4 if ch else 3,
                Uniqueid=ch.uid if ch else UNKNOWN,
                CallerIDNum=plan.number,
                CallerIDName=name,
            ),
        )

    # --- parking ----------------------------------------------------------------------------------------------

    def parking_lot(self) -> Bridge:
        """The lot's holding bridge, made at its first use and never destroyed."""
        if self.switch.parking_bridge is None:
            self.switch.parking_bridge = self.switch.bridge("holding_bridge", "parking", PARKING_LOT)
        return self.switch.parking_bridge

    def park(self, ch: Channel, by: str) -> int:
        """Into the first free slot."""
        s = self.switch
        slot = next(n for n in range(FIRST_SLOT, FIRST_SLOT + 1000) if n not in s.parked)
        s.parked[slot] = (ch, by, s.now)
        s.emit("ParkedCall", "call", self.parked_headers(slot))
        s.device_state(f"park:{slot}@parkedcalls", "INUSE")
        return slot

    def unpark(self, slot: int, event: str, taker: Channel | None = None) -> None:
        """Out of the slot: UnParkedCall, or ParkedCallGiveUp."""
        s = self.switch
        s.emit(event, "call", self.parked_headers(slot, taker))
        del s.parked[slot]
        s.device_state(f"park:{slot}@parkedcalls", "NOT_INUSE")

    def parked_headers(self, slot: int, taker: Channel | None = None) -> str:
        """A parked call as its events and the listing show it."""
        ch, by, since = self.switch.parked[slot]
        parked = int(self.switch.now - since)
        return (
            ch.headers("Parkee")
            + (taker.headers("Retriever") if taker else "")
            + headers(
                ParkerDialString=by,
                Parkinglot=PARKING_LOT,
                ParkingSpace=slot,
                ParkingTimeout=PARK_TIMEOUT_S - parked,
                ParkingDuration=parked,
            )
        )


def _script(call: Call, plan: Plan) -> Script:
    match plan:
        case Inbound():
            return inbound(call, plan)
        case Outbound():
            return outbound(call, plan)
        case Internal():
            return internal(call, plan)
        case Callback():
            return callback(call, plan)
        case RingPhone():
            return asked.ring_phone(call, plan)
        case Spies():
            return spying.spy(call, plan)
