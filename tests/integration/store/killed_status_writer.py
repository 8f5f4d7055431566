"""A process that writes statuses until it is killed: ``killed_status_writer.py URL PROJECT SPILL BEGAN STEP``.

Its clock is its own: ``BEGAN`` plus a second a status. It prints the second once the status is safe by its account.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from callfloor.floor.employees import Cause, Status, StatusTold, Why
from callfloor.store import StatusWriter, Store

ORDER = (Status.ONLINE, Status.TALKING, Status.DND)


async def main() -> None:
    """Tells a few statuses at a time, of changing number, for ever; a heartbeat between them."""
    url, project, spill, began = sys.argv[1:]
    second = int(began)
    store = Store.open(url)
    writer = StatusWriter(
        store,
        store.project(int(project)).statuses,
        Path(spill),
        now=lambda: float(second),
        retry_first_s=0.05,
        retry_most_s=0.2,
    )
    await writer.start()
    for size in itertools.cycle((1, 7, 2, 40, 3)):
        for _ in range(size):
            second += 1
            told = StatusTold(at=float(second), status=ORDER[second % 3], cause=Cause(why=Why.CALL), account="101")
            writer.put(told)
        writer.heartbeat(second + 0.5)
        await writer.flush()
        print(second, flush=True)


asyncio.run(main())
