"""A process that writes calls until it is killed: ``killed_writer.py URL PROJECT SPILL FIRST``.

It prints a call's number once the call is safe by its account: that is what must be found afterwards.
"""

import asyncio
import itertools
import sys
from pathlib import Path

from callfloor.store import JournalWriter, Store
from support.call_records import call


async def main() -> None:
    """Puts a few calls at a time, of changing number, for ever."""
    url, project, spill, first = sys.argv[1:]
    store = Store.open(url)
    writer = JournalWriter(
        store, store.project(int(project)).journal, Path(spill), retry_first_s=0.05, retry_most_s=0.2
    )
    await writer.start()
    number = int(first)
    for size in itertools.cycle((1, 7, 2, 40, 3)):
        batch = range(number, number + size)
        for each in batch:
            writer.put(call(each))
        await writer.flush()
        for each in batch:
            print(each, flush=True)
        number += size


asyncio.run(main())
