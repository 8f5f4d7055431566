"""The virtual clock must jump only when nothing can run, in order, and must not let a test hang or leak."""

import asyncio
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.virtual_time import START, LeakedTaskError, NothingLeftToHappenError, passes, run, settled, virtual_time


@virtual_time
async def test_an_hour_passes_at_once() -> None:
    began = time.monotonic()
    await passes(3600)
    assert asyncio.get_running_loop().time() == START + 3600
    assert time.monotonic() - began < 5


@virtual_time
async def test_a_month_passes_too_though_asyncio_waits_a_day_at_most() -> None:
    await passes(30 * 86_400)
    assert asyncio.get_running_loop().time() == START + 30 * 86_400


@virtual_time
async def test_timers_go_off_in_their_order_and_at_their_instants() -> None:
    loop = asyncio.get_running_loop()
    seen: list[tuple[str, float]] = []
    for name, after in (("late", 9.5), ("soon", 0.001), ("middle", 3)):
        loop.call_later(after, lambda name=name: seen.append((name, round(loop.time() - START, 6))))
    await passes(9)
    assert seen == [("soon", 0.001), ("middle", 3.0)]
    await passes(1)
    assert seen[2:] == [("late", 9.5)]


@virtual_time
async def test_what_can_run_now_runs_before_any_time_passes() -> None:
    loop = asyncio.get_running_loop()
    steps = 0

    async def worker() -> None:
        nonlocal steps
        for _ in range(1000):
            await asyncio.sleep(0)
            steps += 1

    task = asyncio.create_task(worker())
    await settled()
    assert (steps, loop.time()) == (1000, START)
    await task


@virtual_time
async def test_settled_leaves_timers_alone() -> None:
    rang = asyncio.Event()
    asyncio.get_running_loop().call_later(0.000_001, rang.set)
    await settled()
    assert not rang.is_set()
    await passes(0.001)
    assert rang.is_set()


@virtual_time
async def test_time_outs_are_exact() -> None:
    loop = asyncio.get_running_loop()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await asyncio.Event().wait()
    assert loop.time() == START + 10


@virtual_time
async def test_the_clock_stands_still_while_a_thread_works() -> None:
    loop = asyncio.get_running_loop()
    go = asyncio.Event()
    loop.call_later(5, go.set)
    # The thread takes real time, in which a jumping clock would reach the timer.
    assert await asyncio.to_thread(lambda: sum(range(2_000_000))) == 1_999_999_000_000
    assert not go.is_set()
    assert loop.time() == START


def test_a_deadlock_ends_at_once_and_says_so() -> None:
    async def waits_for_ever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingLeftToHappenError):
        run(waits_for_ever())


def test_a_leaked_task_fails_the_test_and_is_named() -> None:
    async def leaves_a_task() -> None:
        task = asyncio.create_task(asyncio.Event().wait(), name="the forgotten one")
        await settled()
        assert not task.done()

    with pytest.raises(LeakedTaskError, match="the forgotten one"):
        run(leaves_a_task())


def test_a_task_that_was_cancelled_has_its_turns_to_end() -> None:
    async def cancels() -> str:
        task = asyncio.create_task(asyncio.Event().wait())
        await settled()
        task.cancel()
        return "fine"

    assert run(cancels()) == "fine"


def test_a_failing_test_fails_by_its_own_error() -> None:
    async def fails() -> None:
        task = asyncio.create_task(asyncio.Event().wait())
        assert task.done(), "its own words"

    with pytest.raises(AssertionError, match="its own words"):
        run(fails())


def test_sockets_are_refused_with_a_reason() -> None:
    async def reads() -> None:
        one, two = socket.socketpair()
        with one, two:
            one.setblocking(False)
            await asyncio.get_running_loop().sock_recv(one, 1)

    with pytest.raises(RuntimeError, match="virtual time has no sockets"):
        run(reads())


async def test_time_cannot_pass_at_will_on_the_real_loop() -> None:
    with pytest.raises(RuntimeError, match="put @virtual_time on the test"):
        await passes(1)
    with pytest.raises(RuntimeError, match="put @virtual_time on the test"):
        await settled()


@given(st.lists(st.integers(0, 10_000_000).map(lambda ms: ms / 1000), max_size=20))
@virtual_time
async def test_any_timers_go_off_by_their_time(delays: list[float]) -> None:
    loop = asyncio.get_running_loop()
    seen: list[float] = []

    async def waits(delay: float) -> None:
        await asyncio.sleep(delay)
        seen.append(delay)
        assert loop.time() == pytest.approx(START + delay, abs=1e-6)

    async with asyncio.TaskGroup() as group:
        for delay in delays:
            group.create_task(waits(delay))
    assert seen == sorted(seen)
