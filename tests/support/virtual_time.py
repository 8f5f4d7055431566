"""An event loop whose clock jumps: a test of an hour's back-off takes a millisecond, and never races.

    from support.virtual_time import passes, settled, virtual_time

    @virtual_time
    async def test_ping_after_silence() -> None:
        link = Link(wire)            # whatever it starts, runs on virtual time
        await passes(30)             # thirty seconds of loop.time(), no time at all outside
        await settled()              # every callback that can run now has run
        assert wire.sent == [...]

While anything is ready to run, the clock stands still. When nothing is, it jumps to the next timer. When there is no
timer either, nothing can ever happen again, and ``NothingLeftToHappenError`` ends the test at once instead of a hang.
Work in threads (``asyncio.to_thread``) is waited for in real time, the virtual clock standing still meanwhile.

Sockets and subprocesses are refused: their bytes arrive in real time, so a jumping clock would make every
time-out a race. Use in-memory pipes here, and real sockets on asyncio's own loop. A task that the test started and
left running fails the test, as everywhere (``tests/conftest.py``).
"""

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, Unpack

from typing_extensions import override

Result = TypeVar("Result")
Values = TypeVarTuple("Values")
Arguments = ParamSpec("Arguments")

START = 1_000.0
"""What ``loop.time()`` shows at first; not zero, so that a forgotten "since" of 0 is seen."""


class NothingLeftToHappenError(AssertionError):
    """Every task waits, and there is no timer and no thread that could wake one: a deadlock."""


class LeakedTaskError(AssertionError):
    """The test ended, and tasks that it started still run."""


class _JumpingSelector(selectors.BaseSelector):
    """Where asyncio would wait for time to pass, this lets it pass. Only the loop's own wake-up pipe is watched."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._real = selectors.DefaultSelector()
        self._loop = loop

    @override
    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        if self._real.get_map():
            raise RuntimeError(
                "virtual time has no sockets or subprocesses: use in-memory pipes, or asyncio's own loop"
            )
        return self._real.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    @override
    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    @override
    def close(self) -> None:
        self._real.close()

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        woken = self._real.select(0)
        if woken or timeout == 0 or self._loop.let_settled_go_on():
            return woken
        if self._loop.threads_at_work:
            return self._real.select(None)
        if timeout is None:
            raise NothingLeftToHappenError("every task waits, and no timer or thread is left to wake one")
        self._loop.jump(timeout)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """``time()`` is virtual, and starts at ``START``. ``virtual_time`` and ``run`` make one for each test."""

    def __init__(self) -> None:
        self._now = START
        self._settling: list[asyncio.Future[None]] = []
        self.threads_at_work = 0
        super().__init__(_JumpingSelector(self))

    @override
    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        """Lets the time pass; called when nothing is ready to run."""
        self._now += seconds

    def settling(self) -> asyncio.Future[None]:
        """A future that is done when nothing else is ready to run."""
        future: asyncio.Future[None] = self.create_future()
        self._settling.append(future)
        return future

    def let_settled_go_on(self) -> bool:
        """Wakes whoever waits in ``settled()``; true if anybody did. Threads at work must end first."""
        if self.threads_at_work or not self._settling:
            return False
        waiting, self._settling = self._settling, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        return True

    @override
    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Values]], Result], *args: *Values
    ) -> asyncio.Future[Result]:
        future = super().run_in_executor(executor, func, *args)
        self.threads_at_work += 1
        future.add_done_callback(self._thread_done)
        return future

    @override
    async def shutdown_default_executor(self) -> None:
        self.threads_at_work += 1  # it waits for a thread of its own
        await super().shutdown_default_executor()
        self.threads_at_work -= 1

    def _thread_done(self, _: asyncio.Future[Result]) -> None:
        self.threads_at_work -= 1


async def passes(seconds: float) -> None:
    """Lets virtual time pass; everything that is due meanwhile happens, in its order. Then ``settled()``."""
    _virtual_loop()
    await asyncio.sleep(seconds)
    await settled()


async def settled() -> None:
    """Returns when everything that can happen without time passing has happened."""
    await _virtual_loop().settling()


async def leaked_tasks() -> list[str]:
    """What still runs beside the caller, after giving what is already cancelled or due the turns to end."""
    mine = asyncio.current_task()
    left: set[asyncio.Task[Any]] = set()
    for _ in range(20):
        left = {task for task in asyncio.all_tasks() if task is not mine and not task.done()}
        if not left:
            break
        await asyncio.sleep(0)
    return sorted(f"{task.get_name()}: {task.get_coro()!r}" for task in left)


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """The coroutine's result, run on a virtual loop of its own.

    Raises:
        NothingLeftToHappenError: the coroutine can never end.
        LeakedTaskError: it ended, and left tasks running.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_without_leaks(main))


def virtual_time(test: Callable[Arguments, Awaitable[Result]]) -> Callable[Arguments, Result]:
    """Makes a plain test of an ``async def``; goes under ``@given`` and ``@pytest.mark.parametrize``.

    Fixtures that the test takes must be plain too: an async one would live on another loop.
    """

    @functools.wraps(test)
    def on_virtual_time(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        async def main() -> Result:
            return await test(*args, **kwargs)

        return run(main())

    return on_virtual_time


async def _without_leaks(main: Coroutine[Any, Any, Result]) -> Result:
    result = await main
    if leaked := await leaked_tasks():
        raise LeakedTaskError(f"tasks left running: {'; '.join(leaked)}")
    return result


def _virtual_loop() -> VirtualLoop:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise RuntimeError("time passes at will on virtual time only: put @virtual_time on the test")
    return loop
