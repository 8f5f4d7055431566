"""Live calls of the simulated PBX are hung up, sent on and taken, by the very code that asks a real one."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from callfloor.asterisk.ami_url import parse_url
from callfloor.errors import (
    ActionUnderWayError,
    CallCannotMoveError,
    CallfloorError,
    CallGoneError,
    NoSuchExtensionError,
    NotInConferenceError,
)
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, CallStatus, LiveCall
from callfloor.floor.changes import CallFinished, Change, LinkState
from callfloor.floor.directory import Directory, Employee, Queue
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.project.call_actions import CallActions
from callfloor.project.pbx_links import PbxLinks
from callfloor.simulator import Simulator
from callfloor.simulator.company import lab_company
from callfloor.simulator.plan import Answers, Conference, End, Inbound, Talk
from callfloor.simulator.world import Fixed, World
from callfloor.store.rules import Rules
from support.waiting import answer, until

CLIENT = "79161234567"
DIRECT, SALES = "74951000003", "74951000001"  # extension 101; the queue sales
PEOPLE = Directory(
    employees=tuple(Employee(id=number, name=f"E{number}", accounts=(str(100 + number),)) for number in range(1, 11)),
    queues=(Queue(name="sales"), Queue(name="support")),
)


class Place:
    """The simulated PBX, the floor that watches it, and what can be asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.floor = Floor()
        self.finished: list[CallRecord] = []
        self.links = PbxLinks(self.take, country="RU")
        self.actions = CallActions(floor=self.floor, links=self.links, take=self.take, rules=Rules, clock=time.time)

    def take(self, told: Iterable[Fact]) -> None:
        changes: list[Change] = [change for fact in told for change in self.floor.apply(fact)]
        self.finished += [change.record for change in changes if isinstance(change, CallFinished)]

    async def call(self, number: str, wanted: Callable[[LiveCall], object]) -> str:
        """A client calls this number, and talks for a minute; the call's id once it is as wanted."""
        return await self.begun(Inbound(did=number, client=CLIENT, then=(Talk(60.0), End())), wanted)

    async def begun(self, plan: Inbound, wanted: Callable[[LiveCall], object]) -> str:
        """The id of a call by this plan, once it is as wanted."""
        self.world.begin(plan)
        await self.is_so(wanted)
        (call,) = self.floor.snapshot().calls
        return call.id

    async def is_so(self, wanted: Callable[[LiveCall], object]) -> None:
        await until(lambda: any(map(wanted, self.floor.snapshot().calls)), "the call is as wanted")

    async def record(self) -> CallRecord:
        """The one call's row, once it is over."""
        await until(lambda: self.finished, "the call is over")
        (record,) = self.finished
        return record


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """101, 104 and 107 answer at once; nobody calls yet."""
    soon = Answers(0.1)
    world = World(company=lab_company(), people=Fixed({"101": soon, "104": soon, "107": soon}), start=time.time())
    found = Place(world)
    async with Simulator(world=world).serve() as url:
        found.take([facts.DirectorySet(time.time(), PEOPLE)])
        found.links.open(1, "PBX", parse_url(url))
        found.links.give(account for employee in PEOPLE.employees for account in employee.accounts)
        running = asyncio.create_task(found.links.run(), name="links")
        try:
            live = LinkState.LIVE
            await until(lambda: [link.state for link in found.floor.snapshot().links] == [live], "the link is up")
            yield found
        finally:
            await found.actions.close()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


def talks_with(account: str) -> Callable[[LiveCall], bool]:
    return lambda call: any(party.account == account and party.state == "talking" for party in call.parties)


def steps(record: CallRecord) -> list[tuple[str, str | None]]:
    return [(step.what, step.detail) for step in record.story if step.what.startswith("supervisor_")]


async def test_a_talk_is_hung_up(place: Place) -> None:
    call_id = await place.call(DIRECT, talks_with("101"))
    await place.actions.hang_up(call_id, by="Lida")
    record = await place.record()
    assert (record.hung_up_by, steps(record)) == ("system", [("supervisor_hung_up", "Lida")])
    with pytest.raises(CallGoneError):
        await place.actions.transfer_to_number(call_id, "107", by="Lida")


async def test_a_talk_goes_to_a_colleague_then_to_a_queue(place: Place) -> None:
    call_id = await place.call(DIRECT, talks_with("101"))
    with pytest.raises(CallCannotMoveError):
        await place.actions.transfer_to_employee(call_id, 1, by="Lida")
    with pytest.raises(NoSuchExtensionError):
        await place.actions.transfer_to_number(call_id, "555", by="Lida")
    await place.actions.transfer_to_employee(call_id, 7, by="Lida")
    await place.is_so(talks_with("107"))
    await place.actions.transfer_to_queue(call_id, "support", by="Lida")
    await place.is_so(talks_with("104"))
    await place.actions.hang_up(call_id, by="Lida")
    record = await place.record()
    assert steps(record) == [
        ("supervisor_transferred", "Lida"),
        ("supervisor_transferred", "Lida"),
        ("supervisor_hung_up", "Lida"),
    ]
    assert [part.account for part in record.employees if part.answered] == ["101", "107", "104"]
    assert [(part.queue, part.outcome, part.answered_by) for part in record.queues] == [("support", "answered", "104")]


async def test_who_rings_at_somebody_goes_to_a_queue(place: Place) -> None:
    """The queue is joined before the PBX has answered: it is the queue that was asked for, and is not left by it."""
    call_id = await place.call("74951000009", lambda call: call.status is CallStatus.RINGING)
    await place.actions.transfer_to_queue(call_id, "support", by="Lida")
    await place.is_so(talks_with("104"))
    await place.actions.hang_up(call_id, by="Lida")
    record = await place.record()
    assert [step.what for step in record.story if step.what.startswith(("queue", "supervisor"))] == [
        "supervisor_transferred", "queue_joined", "queue_left", "supervisor_hung_up",
    ]  # fmt: skip
    assert [(part.queue, part.outcome) for part in record.queues] == [("support", "answered")]


@pytest.mark.parametrize(("number", "wanted"), [(SALES, "queue"), (DIRECT, "talking")])
async def test_a_call_is_taken(place: Place, number: str, wanted: str) -> None:
    for account in ("101", "102", "103") if wanted == "queue" else ():
        place.world.switch.queues["sales"].pause(
            place.world.switch.queues["sales"].members[f"PJSIP/{account}"], on=True, reason=""
        )
    call_id = await place.call(number, lambda call: call.status == CallStatus(wanted))
    await place.actions.take(call_id, "110", by="Lida")
    with pytest.raises(ActionUnderWayError):
        await place.actions.transfer_to_number(call_id, "107", by="Lida")
    await place.actions.take(call_id, "110", by="Lida")  # a second click
    await place.is_so(talks_with("110"))
    await place.actions.hang_up(call_id, by="Lida")
    record = await place.record()
    assert steps(record) == [("supervisor_took", "Lida"), ("supervisor_hung_up", "Lida")]
    assert [part.account for part in record.employees if part.answered][-1] == "110"
    if wanted == "queue":
        assert [(part.queue, part.outcome, part.answered_by) for part in record.queues] == [
            ("sales", "answered", "110")
        ]
    await until(lambda: not place.world.switch.channels, "nothing is left at the PBX")


@pytest.fixture
async def meeting(place: Place) -> str:
    """The client, 101 and 104 in a conference: the call's id."""
    plan = Inbound(did=DIRECT, client=CLIENT, then=(Talk(0.1), Conference(by="104", seconds=60.0), End()))
    return await place.begun(plan, lambda call: call.status is CallStatus.CONFERENCE)


async def test_of_a_conference_one_is_taken_out_and_its_client_over(place: Place, meeting: str) -> None:
    await place.actions.take(meeting, "110", by="Lida")
    await place.is_so(talks_with("110"))

    async def refusal() -> type[CallfloorError]:
        with pytest.raises((ActionUnderWayError, NotInConferenceError)) as refused:
            await place.actions.remove(meeting, "110", by="Lida")
        return refused.type

    await answer(refusal, lambda kind: kind is NotInConferenceError, "nothing is under way any more")
    await place.actions.hang_up(meeting, by="Lida")
    record = await place.record()
    assert steps(record) == [("supervisor_took", "Lida"), ("supervisor_hung_up", "Lida")]
    await until(lambda: not place.world.switch.channels, "nothing is left at the PBX")


async def test_a_conference_goes_on_without_whom_it_loses(place: Place, meeting: str) -> None:
    await place.actions.transfer_to_employee(meeting, 7, by="Lida")
    await place.is_so(talks_with("107"))
    talking = {party.account for party in place.floor.snapshot().calls[0].parties if party.state == "talking"}
    assert talking == {"101", "104", "107"}
    await place.actions.hang_up(meeting, by="Lida")
    assert [step.what for step in (await place.record()).story if step.what.startswith("supervisor")] == [
        "supervisor_transferred", "supervisor_hung_up",
    ]  # fmt: skip


async def test_who_is_taken_out_ends_nothing(place: Place, meeting: str) -> None:
    await place.actions.remove(meeting, "104", by="Lida")
    await place.is_so(lambda call: call.status is CallStatus.TALKING)
    await place.is_so(talks_with("101"))
    await place.actions.hang_up(meeting, by="Lida")
    record = await place.record()
    assert [(step.what, step.account) for step in record.story if step.what == "supervisor_removed"] == [
        ("supervisor_removed", "104")
    ]
    assert record.hung_up_by == "system"
