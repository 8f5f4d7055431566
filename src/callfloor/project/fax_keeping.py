"""Takes faxes over: the file at once, before the PBX's script deletes it, then the row; and draws the pages.

A row that the store does not take waits in a spill file, as calls do, and outlives this process there.
"""

import asyncio
import functools
import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, TypeVar

import msgspec

from callfloor.asterisk.fax_files import FaxFolder, Keeping, keep
from callfloor.errors import CallfloorError, FaxBrokenError, FaxNotKeptError, StoreError
from callfloor.floor.messages import FaxRecord
from callfloor.media import fax_pages
from callfloor.media.bytes_of import FileSource
from callfloor.media.fax_pages import BrokenFaxError
from callfloor.media.shelf import Served, Shelf
from callfloor.store.spill import Spill
from callfloor.store.store import ProjectStore, Store

logger = logging.getLogger(__name__)

RETRY_S: Final = 2.0
AT_ONCE: Final = 20
PAGES_VERSION: Final = 1
T = TypeVar("T")


class TakenFax(msgspec.Struct, frozen=True, kw_only=True):
    """A fax whose file was taken over, or could not be."""

    record: FaxRecord
    keeping: Keeping
    files: tuple[str, ...]  # ours
    pages: int | None


class FaxKeeping:
    """The faxes of one project. ``folder`` is ours."""

    def __init__(
        self,
        store: Store,
        project: ProjectStore,
        folders: Sequence[FaxFolder],
        folder: Path,
        waiting: Path,
        shelf: Shelf,
        *,
        on_change: Callable[[], None],
    ) -> None:
        """Make it.

        Raises:
            StoreError: what waits (the file ``waiting``) cannot be read, or is another process's.
        """
        self.folders = tuple(folders)
        self.folder = folder
        self._store = store
        self._journal = project.faxes
        self._shelf = shelf
        self._on_change = on_change
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._spill = Spill(waiting, TakenFax)
        self._spilling = asyncio.Lock()
        self._due = asyncio.Event()
        self._due.set()  # what an earlier process left
        # Pages are drawn one at a time: a decoder takes some 40 MB, and a core.
        self._drawer = ThreadPoolExecutor(1, thread_name_prefix="fax-pages")

    def ended(self, record: FaxRecord) -> None:
        """A fax is over. Never waits: its file is copied on a thread that begins at once."""
        task = asyncio.get_running_loop().create_task(self._take(record), name="fax")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, record: FaxRecord) -> None:
        names = self._names(record)
        keepings = await asyncio.to_thread(self._copy, record, names)
        kept = [name for name, keeping in zip(names, keepings, strict=False) if keeping is Keeping.KEPT]
        worst = next((one for one in keepings if one is not Keeping.KEPT), Keeping.KEPT)
        pages = await self._count(kept) if kept else None
        fax = TakenFax(record=record, keeping=worst, files=tuple(kept), pages=pages)
        while not await self._written(fax) and not await self._spilled(fax):
            if self._closing:
                logger.error("A fax is lost: neither the store nor the disk takes it")
                return
            await asyncio.sleep(RETRY_S)

    async def run(self) -> None:
        """Write down what waits, of this process and of the one before. Never ends."""
        while True:
            await self._due.wait()
            self._due.clear()
            if not await self._drained():
                await asyncio.sleep(RETRY_S)
                self._due.set()

    async def _written(self, fax: TakenFax) -> bool:
        """False: the store is down; what it refuses for ever is told in the log."""
        try:
            await self._store.change(
                self._journal.put, fax.record, keeping=fax.keeping.value, kept_files=fax.files, kept_pages=fax.pages
            )
        except StoreError as error:
            logger.warning("A fax waits for the store", extra={"error_id": error.error_id})
            return False
        except CallfloorError as error:
            logger.error("A fax could not be written down", extra={"error_id": error.error_id})
        self._on_change()
        return True

    async def _spilled(self, fax: TakenFax) -> bool:
        async with self._spilling:
            try:
                await asyncio.to_thread(self._spill.append, [fax])
            except OSError as error:
                logger.warning("A fax could not be put aside", extra={"error": error.strerror})
                return False
        self._due.set()
        return True

    async def _drained(self) -> bool:
        async with self._spilling:
            try:
                waiting = await asyncio.to_thread(self._spill.peek, AT_ONCE)
                written = 0
                while written < len(waiting) and await self._written(waiting[written]):
                    written += 1
                if written:
                    await asyncio.to_thread(self._spill.drop, written)
            except OSError as error:
                logger.warning("Faxes that wait cannot be read", extra={"error": error.strerror})
                return False
            return self._spill.count == 0

    def _names(self, record: FaxRecord) -> list[str]:
        """Ours, below ``folder``: nothing of the PBX's is in them."""
        stem = hashlib.sha256(record.key.encode("utf-8", "replace")).hexdigest()[:24]
        month = datetime.fromtimestamp(record.at, UTC).strftime("%Y/%m")
        return [f"{month}/{stem}-{place}.tif" for place in range(max(1, len(record.files)))]

    def _copy(self, record: FaxRecord, names: Sequence[str]) -> list[Keeping]:
        try:
            (self.folder / names[0]).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return [Keeping.FAILED]
        files = record.files or ("",)
        return [keep(self.folders, named, self.folder / name) for named, name in zip(files, names, strict=True)]

    async def _count(self, kept: Sequence[str]) -> int | None:
        def counted() -> int | None:
            try:
                return sum(fax_pages.count(self.folder / name) for name in kept)
            except BrokenFaxError:
                return None

        return await self._on_drawer(counted)

    # --- pages --------------------------------------------------------------------------------------------------

    async def page(self, kept: Sequence[str], page: int) -> Served:
        """A page (from 1) as PNG.

        Raises:
            FaxNotKeptError: there is no file, or no such page.
            FaxBrokenError: the file cannot be shown.
        """

        def drawn() -> Served:
            path, place = self._find(kept, page - 1)
            return self._kept(f"{path.stem}-{place}", "png", lambda into: into.write(fax_pages.png(path, place)))

        return await self._drawn(kept, drawn)

    def _find(self, kept: Sequence[str], page: int) -> tuple[Path, int]:
        """The file that a page, counted from 0 through all of them, lies in, and its place there."""
        for name in kept:
            pages = fax_pages.count(self.folder / name)
            if page < pages:
                return self.folder / name, page
            page -= pages
        raise FaxNotKeptError("There is no such page.")

    async def document(self, kept: Sequence[str]) -> Served:
        """All pages as PDF.

        Raises:
            FaxNotKeptError, FaxBrokenError: as ``page``.
        """
        paths = [self.folder / name for name in kept]
        return await self._drawn(
            kept, lambda: self._kept(paths[0].stem, "pdf", lambda into: fax_pages.pdf(paths, into))
        )

    async def _drawn(self, kept: Sequence[str], draw: Callable[[], Served]) -> Served:
        if not kept:
            raise FaxNotKeptError
        try:
            return await self._on_drawer(draw)
        except BrokenFaxError as error:
            raise FaxBrokenError(f"The fax cannot be shown: {error}.") from None

    def _kept(self, stem: str, kind: str, write: Callable[[IO[bytes]], object]) -> Served:
        def made(into: IO[bytes]) -> None:
            write(into)

        name = f"fax-{stem}-{PAGES_VERSION}.{kind}"
        source = FileSource(self._shelf.keep(name, made))
        media_type = "image/png" if kind == "png" else "application/pdf"
        return Served(source=source, media_type=media_type, name=name, etag=f'"{name}"', modified_at=source.modified_at)

    async def _on_drawer(self, fn: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._drawer, functools.partial(fn))

    async def close(self) -> None:
        """Write what is being taken over; what waits is on disk. ``run`` must have ended."""
        self._closing = True
        await asyncio.gather(*self._tasks)
        self._drawer.shutdown(wait=True)
        self._spill.close()
