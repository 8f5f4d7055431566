"""What a process holds on to: Python's own count of the blocks of memory in use, for what must be as it was."""

import gc
import sys
from collections.abc import Awaitable, Callable


def blocks() -> int:
    """Blocks of memory in use, once everything is collected that nobody holds."""
    gc.collect()
    gc.collect()
    return sys.getallocatedblocks()


async def left_by(again: Callable[[], Awaitable[int]], *, warm: int = 1, rounds: int = 2) -> tuple[float, int]:
    """Blocks left by each round of ``again``, and the most that was in use in one.

    ``again`` gives the blocks in use at its height. What is made once and kept is made in ``warm`` rounds before.
    """
    for _ in range(warm):
        await again()
    before, height = blocks(), 0
    for _ in range(rounds):
        height = max(height, await again())
    return (blocks() - before) / rounds, height - before
