"""Faxes that come while the store is down: the file is taken over at once, the row waits for the next process."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from callfloor.asterisk.fax_files import FaxFolder
from callfloor.media.shelf import Shelf
from callfloor.project.fax_keeping import FaxKeeping
from callfloor.store import ProjectStore, Store
from callfloor.store.faxes import FaxFilter, FaxRow
from callfloor.store.message_pages import MessageSight, MessageSort
from support.message_site import tiff
from support.waiting import answer
from support.web_messages import fax

ALL = FaxFilter(from_at=0.0, to_at=4e9)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Another program holds SQLite's write lock."""
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()


@asynccontextmanager
async def keeping(store: Store, project: ProjectStore, folder: Path) -> AsyncIterator[FaxKeeping]:
    """A process's keeping of faxes, from its start to its end."""
    kept = FaxKeeping(
        store, project, [FaxFolder("/pbx/fax", folder / "pbx")], folder / "faxes", folder / "faxes.spill",
        Shelf(folder / "shelf", 10**6), on_change=lambda: None,
    )  # fmt: skip
    running = asyncio.get_running_loop().create_task(kept.run(), name="faxes")
    try:
        yield kept
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await kept.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pbx").mkdir()
    (tmp_path / "pbx" / "2.tif").write_bytes(tiff(2))
    return tmp_path


async def test_a_fax_that_waits_for_the_store_survives_the_process(folder: Path) -> None:
    url = f"sqlite:///{folder / 'callfloor.db'}"
    store = Store.open(url)
    project = store.project(store.projects.add("One", timezone="UTC", country="PL", language="en", now=1.0).id)
    spill = folder / "faxes.spill"

    async def rows() -> tuple[FaxRow, ...]:
        return (await store.run(project.faxes.page, ALL, MessageSort(), MessageSight(), limit=10)).faxes

    async def waiting() -> int:
        return spill.stat().st_size

    with locked(url):
        async with keeping(store, project, folder) as kept:
            kept.ended(fax("a", files=("/pbx/fax/2.tif",)))
            await answer(waiting, bool, "it waits on disk")
        (folder / "pbx" / "2.tif").unlink()  # the PBX's script has mailed it
        assert await rows() == ()
    async with keeping(store, project, folder) as kept:
        found = await answer(rows, lambda found: len(found) == 1, "the next process writes it down")
        assert {(row.call_id, row.keeping, row.shown_pages) for row in found} == {("a", "kept", 2)}
        await answer(waiting, lambda size: size == 0, "nothing waits any more")
        for row in found:
            page = await kept.page(project.faxes.files(row.id, MessageSight()), 1)
            assert page.read(0, 4) == b"\x89PNG"
            page.close()
    store.close()
