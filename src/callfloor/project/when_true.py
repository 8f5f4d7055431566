"""What can wait until the floor is true, waits: in the first second of a start it is in the way of that."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from callfloor.floor.changes import Link, LinkState

LONGEST_S = 3.0
"""A PBX that is away is not waited for."""

LOOK_S = 0.05


async def once_true(links: Callable[[], Sequence[Link]], part: Callable[[], Coroutine[object, object, None]]) -> None:
    """Do ``part`` when every link is live, or after ``LONGEST_S``."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_S
    while loop.time() < until and any(link.state is not LinkState.LIVE for link in links()):  # noqa: ASYNC110
        await asyncio.sleep(LOOK_S)
    await part()
