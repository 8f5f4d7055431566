"""What can wait until the floor is true waits for that, and for a PBX that is away not long."""

import asyncio

import pytest

from callfloor.floor.changes import Link, LinkState
from callfloor.project.when_true import LONGEST_S, once_true
from support.virtual_time import passes, virtual_time


def link(name: str, state: LinkState) -> Link:
    return Link(id=name, name=name, state=state, since=1.0)


async def begun_after(links: list[list[Link]], each_s: float) -> float:
    """When the part was begun, where the links are others every so often."""
    loop, now = asyncio.get_running_loop(), list(links[0])
    start, begun = loop.time(), list[float]()

    async def part() -> None:
        begun.append(loop.time() - start)

    waiting = asyncio.create_task(once_true(lambda: now, part))
    for after in links[1:]:
        await passes(each_s)
        now[:] = after
    await waiting
    return begun[0]


@virtual_time
async def test_it_is_begun_when_every_link_is_live() -> None:
    first, second = link("a", LinkState.LIVE), link("b", LinkState.LIVE)
    stale, connecting = link("b", LinkState.STALE), link("a", LinkState.CONNECTING)
    assert await begun_after([[first, second]], 1.0) == 0.0
    assert await begun_after([[]], 1.0) == 0.0, "who has no PBX waits for none"
    later = await begun_after([[connecting, stale], [first, stale], [first, second]], 0.5)
    assert later == pytest.approx(1.0, abs=0.1)


@virtual_time
async def test_a_pbx_that_is_away_is_not_waited_for() -> None:
    assert await begun_after([[link("a", LinkState.CONNECTING)]], 1.0) == pytest.approx(LONGEST_S, abs=0.1)
