"""Waiting for a condition that has no event of its own: the one place where a test may look, pause and look again.

Prefer an event, a future or virtual time. What happens in another process, thread or server is waited for with these;
they end as soon as the condition holds, and fail with its words when it does not.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

PAUSE_S = 0.01
_Answer = TypeVar("_Answer")


async def until(condition: Callable[[], object], what: str, *, within_s: float = 30) -> None:
    """Returns when the condition holds, letting the loop run meanwhile.

    Raises:
        AssertionError: it did not within the time; ``what`` says what was waited for.
    """
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(PAUSE_S)


async def answer(
    ask: Callable[[], Awaitable[_Answer]], wanted: Callable[[_Answer], object], what: str, *, within_s: float = 30
) -> _Answer:
    """Asks until the answer is as wanted, and returns it.

    Raises:
        AssertionError: it was not within the time; ``what`` says what was asked, and the last answer is told.
    """
    end = time.monotonic() + within_s
    while not wanted(found := await ask()):
        assert time.monotonic() < end, f"not within {within_s:g} s: {what}; the last answer was {found}"
        await asyncio.sleep(PAUSE_S)
    return found


def wait_until(condition: Callable[[], object], what: str, *, within_s: float = 30) -> None:
    """Returns when the condition holds, for code without a loop.

    Raises:
        AssertionError: it did not within the time; ``what`` says what was waited for.
    """
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s:g} s: {what}"
        time.sleep(PAUSE_S)
