"""A process that keeps a past floor until it is killed: ``killed_past_writer.py URL PROJECT FOLDER BEGAN``.

Its clock is its own: ``BEGAN`` plus a second a change; call ``N`` is there at second ``N``, alone. It prints the second
once that is safe by its account.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from callfloor.floor.calls import CallStatus, CallType, LiveCall
from callfloor.floor.changes import CallChanged, Snapshot
from callfloor.floor.directory import Directory
from callfloor.store import Store
from callfloor.store.past_writer import PastWriter


def call(second: int) -> LiveCall:
    """The call of a second."""
    at = float(second)
    return LiveCall(
        id=str(second), type=CallType.INBOUND, status=CallStatus.IVR, status_since=at, started_at=at, route=("a", "b")
    )


async def main() -> None:
    """One call a second, for ever; written after a changing number of them, and brought to the store now and then."""
    url, project, folder, began = sys.argv[1:]
    second = int(began)
    store = Store.open(url)
    writer = PastWriter(
        store,
        store.project(int(project)).past,
        Path(folder),
        snapshot=lambda: Snapshot(at=float(second), calls=(call(second),), links=(), directory=Directory()),
        clock=lambda: float(second),
        block_lines=50,
    )
    await writer.start()
    for turn, size in enumerate(itertools.cycle((1, 7, 2, 40, 3))):
        for _ in range(size):
            second += 1
            before, after = call(second - 1), call(second)
            writer.saw([CallChanged(before.id, before, None), CallChanged(after.id, None, after)], float(second))
        await writer.flush()
        if turn % 3 == 0:
            await writer.store_waiting()
        print(second, flush=True)


asyncio.run(main())
