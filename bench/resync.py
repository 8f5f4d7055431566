"""A lost link at 500 live calls: how long after its return the floor is true again, and whether it is."""

import asyncio
import contextlib
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from urllib.parse import urlsplit

from bench import Figure, at_least, at_most, shown
from callfloor.asterisk.connection import parse_url
from callfloor.asterisk.link import PbxLink
from callfloor.floor import facts
from callfloor.floor.calls import LiveCall, PartyState
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from callfloor.simulator import Simulator

CALLS = 500
LOSSES = 5
DOWN_S = (0.0, 6.0)  # so long a link is away
SAME_WITHIN_S = 2.0
READ_BYTES = 65_536


class Wire:
    """Passes bytes between a link and the simulated PBX while it is whole."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        ways = [asyncio.ensure_future(_pump(reader, far_writer)), asyncio.ensure_future(_pump(far_reader, writer))]
        self._tasks.update(ways)
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        self._tasks.difference_update(ways)
        for each in (writer, far_writer):
            each.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(READ_BYTES):
            writer.write(data)
            await writer.drain()


class Watcher:
    """A link and its floor."""

    def __init__(self, name: str, url: str) -> None:
        self.floor = Floor()
        self.up_at = 0.0
        self.is_up = asyncio.Event()
        self.link = PbxLink(link=name, name=name, url=parse_url(url), on_facts=self._take)

    def _take(self, told: Iterable[Fact]) -> None:
        for fact in told:
            self.floor.apply(fact)
            if isinstance(fact, facts.LinkUp):
                self.up_at = time.perf_counter()
                self.is_up.set()
            elif isinstance(fact, facts.LinkLost):
                self.is_up.clear()

    def shown(self) -> Counter[object]:
        """What the page would show of each call, but for what nobody can know who was away."""
        return Counter(_shape(call) for call in self.floor.snapshot().calls)


def _shape(call: LiveCall) -> object:
    people = sorted(
        (party.account or party.number or "", party.state is PartyState.RINGING)
        for party in call.parties
        if party.state is not PartyState.LEFT
    )
    return call.id.partition("-")[2], call.type, call.client_number, call.queue_position is not None, tuple(people)


@contextlib.asynccontextmanager
async def _running(*watchers: Watcher) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.link.run()) for each in watchers]
    try:
        await asyncio.gather(*(each.is_up.wait() for each in watchers))
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _losses() -> tuple[list[float], float, int]:
    """Seconds from each return of the link to a true floor; the share of calls that are the same; calls up."""
    simulator = Simulator(employees=CALLS, simultaneous=CALLS, noise=True, users={"bench": "bench"})
    rolls = random.Random(500)
    took: list[float] = []
    same: list[float] = []
    calls = 0
    async with simulator.serve() as url:
        at = urlsplit(url)
        wire = Wire(str(at.hostname), int(at.port or 0))
        await wire.open()
        lossy, twin = Watcher("lossy", f"ami://bench:bench@127.0.0.1:{wire.port}"), Watcher("twin", url)
        async with _running(lossy, twin):
            for down_s in [rolls.uniform(*DOWN_S) for _ in range(LOSSES)]:
                await wire.cut()
                await asyncio.sleep(down_s)
                back_at = time.perf_counter()
                await wire.open()
                lossy.is_up.clear()
                await lossy.is_up.wait()
                took.append(lossy.up_at - back_at)
                same.append(await _alike(lossy, twin))
                calls = len(twin.floor.snapshot().calls)
        await wire.cut()
    return took, min(same), calls


async def _alike(lossy: Watcher, twin: Watcher) -> float:
    """The greatest share of calls that both floors show alike at one moment soon after: their reads differ by a bit."""
    best, until = 0.0, time.perf_counter() + SAME_WITHIN_S
    while best < 1.0 and time.perf_counter() < until:
        one, other = lossy.shown(), twin.shown()
        best = max(best, (one & other).total() / max(1, (one | other).total()))
        await asyncio.sleep(0.05)
    return best


def main() -> list[Figure]:
    """The figures of this module."""
    took, same, calls = asyncio.run(_losses())
    note = f"{LOSSES} losses of up to {DOWN_S[1]:g} s, {calls} live calls, the real mix"
    return [
        at_most("resync: true after the link's return", max(took), 3.0, "s", note=f"the slowest; {note}"),
        at_least("resync: calls as on a floor that lost nothing", same, 0.999, "of all", note="the least of them"),
        shown("resync: in the middle", sorted(took)[len(took) // 2], "s"),
    ]
