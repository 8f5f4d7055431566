"""A project that is no more: its rows and its files go, in small steps, while others of the installation go on.

The store has it marked, and nobody has a place in it, before this begins; a process that ends in the middle is followed
by one that goes on.
"""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable
from pathlib import Path

from callfloor.errors import StoreError
from callfloor.store.store import Store

logger = logging.getLogger(__name__)

RETRY_S = 5.0
_FOLDERS = ("work", "imports", "past", "faxes", "letters")
_CACHES = ("sound", "messages")  # whose sound it is cannot be told from outside; all is made anew when asked for
_SPILLS = ("calls", "statuses", "faxes")


async def take_out(store: Store, data: Path, project_id: int) -> None:
    """Take everything of it out; while the store is down it is tried again."""
    rows = store.project(project_id).removal
    while True:
        try:
            while await store.change(rows.step):
                pass  # each step gives way to whatever else the store is asked for
            await asyncio.to_thread(remove_files, data, project_id)
            await store.change(store.projects.end_removal, project_id)
        except StoreError as error:
            logger.warning("a project's rows wait for the store", extra={"error_id": error.error_id})
            await asyncio.sleep(RETRY_S)
        else:
            logger.info("a project is gone", extra={"project": project_id})
            return


def take_out_now(store: Store, data: Path, project_id: int, tell: Callable[[int], None]) -> None:
    """As ``take_out``, by the command line; ``tell`` is told how many rows have gone.

    Raises:
        StoreError: the database refused; what is done by then is done.
    """
    rows, gone = store.project(project_id).removal, 0
    while some := rows.step():
        gone += some
        tell(gone)
    remove_files(data, project_id)
    store.projects.end_removal(project_id)


def remove_files(data: Path, project_id: int) -> None:
    """Remove what lies of it in the data folder. Harmless where nothing does."""
    for folder in (*(data / name / str(project_id) for name in _FOLDERS), *(data / name for name in _CACHES)):
        shutil.rmtree(folder, ignore_errors=True)
    files = [f"{name}-{project_id}.spill" for name in _SPILLS]
    files += [f"floor-{project_id}.{kind}" for kind in ("handover", "notes")]
    for path in (found for name in files for found in data.glob(f"{name}*")):
        with contextlib.suppress(OSError):
            path.unlink()
