"""What happens to one link at a living PBX, and not to the other, on virtual time: long cuts, clocks that are set."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

from callfloor.asterisk.connection import parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord, LiveCall, PartyState
from callfloor.floor.changes import CallChanged, CallFinished
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.simulator import Simulator
from integration.simulator.wire import Wire
from support.soak.agreement import count_simulated
from support.soak.faults import Stretch
from support.virtual_time import passes, settled, virtual_time

AHEAD_S = 1_790_581_400.0
"""Of the virtual clock: a working day at noon."""
HEALED_S = 3.0
BETWEEN_S = 12.0
USER, SECRET = "tests", "tests-secret"


def now() -> float:
    return asyncio.get_running_loop().time() + AHEAD_S


class Watcher:
    """A link and its floor; what it told for ever."""

    def __init__(self, name: str, wire: Wire) -> None:
        self.floor = Floor()
        self.rows: list[CallRecord] = []
        self.joined: dict[str, float] = {}
        self.ups = 0
        url = parse_url(f"ami://{USER}:{SECRET}@pbx:5038")
        self.link = PbxLink(link=name, name=name, url=url, on_facts=self._take, clock=now)
        self.link.connection._dial = wire.dial

    def _take(self, told: Iterable[Fact]) -> None:
        for fact in told:
            self.ups += isinstance(fact, facts.LinkUp)
            changes = self.floor.apply(fact)
            ended = [change.record for change in changes if isinstance(change, CallFinished)]
            self.rows += ended
            gone = {one.call_id for one in changes if isinstance(one, CallChanged) and one.after is None}
            self.joined |= dict.fromkeys(gone - {row.call_id for row in ended}, fact.at)

    def shown(self) -> Counter[object]:
        return Counter(map(shown, self.floor.snapshot().calls))


def shown(call: LiveCall) -> object:
    """What a page shows of it, but for what no listing tells: who was in it before, and by which queue it came."""
    people = sorted(
        (party.account or party.number or "", party.state is PartyState.RINGING)
        for party in call.parties
        if party.state is not PartyState.LEFT
    )
    own = call.id.partition("-")[2]
    return own, call.type, call.client_number, call.queue_position, tuple(people), call.stale


@asynccontextmanager
async def watched(simulator: Simulator, *watchers: Watcher) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(simulator._run()), *(asyncio.create_task(one.link.run()) for one in watchers)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(("calls", "cuts_s"), [(500, (1.0, 60.0)), (60, (600.0,))])
@virtual_time
async def test_after_a_cut_the_floor_is_the_twins_and_no_call_is_lost_or_doubled(
    calls: int, cuts_s: tuple[float, ...]
) -> None:
    simulator = Simulator(seed=4, employees=calls, simultaneous=calls, users={USER: SECRET}, clock=now, timestamps=True)
    wire = Wire(simulator)
    lossy, twin = Watcher("lossy", wire), Watcher("twin", Wire(simulator))
    async with watched(simulator, lossy, twin):
        await passes(5.0)
        since, stretches = now(), []
        assert lossy.shown() == twin.shown()
        for ups, cut_s in enumerate(cuts_s, start=2):
            await passes(BETWEEN_S)
            lost_at = now()
            wire.cut()
            await settled()
            assert all(call.stale for call in lossy.floor.snapshot().calls), "told at once"
            await passes(cut_s)
            wire.mend()
            await passes(HEALED_S)
            assert lossy.ups == ups, "it is back within three seconds"
            assert len(twin.floor.snapshot().calls) > 0.9 * calls
            assert lossy.shown() == twin.shown()
            stretches.append(Stretch("cut", frozenset({"simulated"}), lost_at, now()))
        await passes(2 * BETWEEN_S)
        until = now()
        assert lossy.shown() == twin.shown()
    found = count_simulated(lossy.rows, twin.rows, twin.joined, stretches, since, until)
    assert (found.missing, found.invented, found.examples) == ([], [], [])
    assert found.compared > 5
    assert len({row.call_id for row in lossy.rows}) == len(lossy.rows)


@pytest.mark.parametrize("by_s", [3600.0, -3600.0, 7.0, -7.0])
@virtual_time
async def test_where_the_pbxs_clock_is_set_in_mid_call_every_call_is_told_as_by_a_steady_one(by_s: float) -> None:
    simulator = Simulator(seed=6, employees=40, simultaneous=30, users={USER: SECRET}, clock=now, timestamps=True)
    wire = Wire(simulator)
    moved, twin = Watcher("moved", wire), Watcher("twin", Wire(simulator))
    async with watched(simulator, moved, twin):
        await passes(5.0)
        since = now()
        for ahead_s in (by_s, 0.0):  # set, and set right again
            await passes(4 * BETWEEN_S)
            wire.clock_ahead_s = ahead_s
        await passes(4 * BETWEEN_S)
        until = now()
        assert moved.shown() == twin.shown()
    found = count_simulated(moved.rows, twin.rows, twin.joined, [], since, until)
    assert (found.missing, found.invented, found.examples, found.partial) == ([], [], [], 0)
    assert found.compared > 5
    assert moved.ups == 1
    assert wire.stamped > 100
