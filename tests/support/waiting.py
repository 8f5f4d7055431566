"""Waiting for a condition that has no event of its own: the one place where a test may look, pause and look again.

Prefer an event, a future or virtual time. What happens in another process, thread or server is waited for with these;
they end as soon as the condition holds, and fail with its words when it does not.
"""

import asyncio
import time
from collections.abc import Callable

PAUSE_S = 0.01


async def until(condition: Callable[[], object], what: str, *, within_s: float = 20) -> None:
    """Returns when the condition holds, letting the loop run meanwhile.

    Raises:
        AssertionError: it did not within the time; ``what`` says what was waited for.
    """
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(PAUSE_S)


def wait_until(condition: Callable[[], object], what: str, *, within_s: float = 20) -> None:
    """Returns when the condition holds, for code without a loop.

    Raises:
        AssertionError: it did not within the time; ``what`` says what was waited for.
    """
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"not within {within_s:g} s: {what}"
        time.sleep(PAUSE_S)
