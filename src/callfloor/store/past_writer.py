"""Keeps the past floor: takes what changes, at any speed, and writes it down beside the floor's own work.

Taking a change is putting it into a list. Once a second a thread makes lines of the list and brings them to a file, so
that a killed process loses that second at most, which is then unknown. A block that is large or old enough ends; it
goes to the store, compressed, and its file goes. While the store is away, blocks wait in their files, up to a bound;
the oldest are given up beyond it. Whatever is lost is lost as a stretch that is not known, never as a wrong one: what
follows begins with the whole floor.
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from callfloor.errors import ConflictError, RowRefusedError, StoreError
from callfloor.floor.changes import (
    CallChanged,
    Change,
    DirectoryChanged,
    EmployeeChanged,
    LinkChanged,
    Snapshot,
    SupervisionChanged,
)
from callfloor.floor.past import PlainFloor, ms_up
from callfloor.store.past_blocks import Packed, PastBlocks, Span, Surveyed, packed
from callfloor.store.past_segment import ENDING, Sealed, Segment, recovered
from callfloor.store.store import Store

log = logging.getLogger(__name__)

WRITE_EVERY_S = 1.0
BLOCK_LINES = 12_000
"""Reading a second costs reading its block up to there: some 100 ms of one that is full."""
BLOCK_LEAST_S = 600.0
BLOCK_GROWN = 6
"""A block ends after ``BLOCK_LEAST_S`` once its changes are so many times its first line, which each block has anew."""
BLOCK_MOST_S = 3600.0
PENDING_MOST = 200_000
"""Changes between two turns of the thread: reached only when the disk does not answer."""
WAITING_BYTES = 512 * 1024 * 1024
"""Files that wait for the store: some days of a floor of 200."""
RETRY_FIRST_S = 0.5
RETRY_MOST_S = 30.0
CLOCK_BACK_MS = 1000
DAYS = 90
FORGET_EVERY_S = 3600.0

_SHOWN = (CallChanged, EmployeeChanged, LinkChanged, DirectoryChanged, SupervisionChanged)


class PastState(msgspec.Struct, frozen=True, kw_only=True):
    """How the writing goes."""

    waiting: int = 0  # blocks that wait for the store
    waiting_bytes: int = 0
    given_up: int = 0  # blocks for which there was no room
    broken: bool = False  # nothing is kept just now: the disk refuses, or is too slow
    last_error: str | None = None


class PastWriter:
    """Keeps one project's past floor. ``saw``, ``flush``, ``run`` and ``close`` are the event loop's."""

    def __init__(
        self,
        store: Store,
        blocks: PastBlocks,
        folder: Path,
        *,
        snapshot: Callable[[], Snapshot],
        clock: Callable[[], float],
        days: Callable[[], int] = lambda: DAYS,
        block_lines: int = BLOCK_LINES,
        waiting_bytes: int = WAITING_BYTES,
    ) -> None:
        """``folder`` is this project's alone. ``clock`` is the instant at which viewers see what changes now. What
        is older than ``days`` is forgotten.
        """
        self._store = store
        self._blocks = blocks
        self._folder = folder
        self._snapshot = snapshot
        self._clock = clock
        self._days = days
        self._block_lines = block_lines
        self._waiting_most = waiting_bytes
        self._pending: list[tuple[float, Sequence[Change]]] = []
        self._pending_count = 0
        self._takes = False
        self._lost = True  # what is told next does not follow what was written: begin with the whole floor
        self._turn = asyncio.Lock()
        self._lock = threading.Lock()  # of the two below, which readers look at
        self._segment: Segment | None = None
        self._waiting: list[Sealed] = []
        self._storing = asyncio.Lock()
        self._given_up = 0
        self._disk_error: str | None = None
        self._store_error: str | None = None

    # --- the event loop's -------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take over what an earlier process left, and begin with the floor as it is now.

        A disk that refuses is told in the log and tried again: nothing else waits for it.
        """
        try:
            self._waiting = await asyncio.to_thread(self._recover)
        except OSError as error:
            self._failed(error)
        self._takes = True
        await self.flush()

    def saw(self, changes: Sequence[Change], at: float) -> None:
        """Viewers see these changes from ``at`` on. Never waits, never raises."""
        if self._lost or not self._takes:
            return
        shown = [change for change in changes if isinstance(change, _SHOWN)]
        if not shown:
            return
        self._pending.append((at, shown))
        self._pending_count += len(shown)
        if self._pending_count > PENDING_MOST:
            log.error("the past floor is not kept: the disk does not answer", extra={"changes": self._pending_count})
            self._lost = True
            self._forget_pending()

    async def flush(self) -> None:
        """Bring what was seen to the disk, so that it can be read."""
        async with self._turn:
            if not self._takes:
                return
            whole = self._snapshot() if self._lost else None
            pending, now = self._pending, self._clock()
            self._forget_pending()
            self._lost = False
            try:
                await asyncio.to_thread(self._write, [] if whole is not None else pending, int(now * 1000), whole)
            except OSError as error:
                self._lost = True
                self._forget_pending()
                self._failed(error)
            else:
                if self._disk_error is not None:
                    log.info("the past floor is kept again")
                self._disk_error = None

    async def settle(self) -> None:
        """Bring all that was seen until now to the store: what is to be changed in the past must be there.

        Raises:
            StoreError: it does not take it.
        """
        await self.flush()
        async with self._turn:
            try:
                await asyncio.to_thread(self._begin_anew, int(self._clock() * 1000))
            except OSError as error:
                self._lost = True
                self._failed(error)
        await self.store_waiting()

    async def run(self) -> None:
        """Write each second, and bring what is done to the store; until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write_on(), name="past floor")
            group.create_task(self._store_on(), name="past floor to the store")
            group.create_task(self._forget_on(), name="past floor, what is old")

    async def close(self, timeout_s: float = 3.0) -> None:
        """Write what was seen, end the block, and bring it to the store, or leave it to the next process."""
        await self.flush()
        self._takes = False
        async with self._turn:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(self._seal_now)
        with contextlib.suppress(TimeoutError, StoreError):
            async with asyncio.timeout(timeout_s):
                await self.store_waiting()

    async def store_waiting(self) -> None:
        """Bring every block that waits to the store.

        Raises:
            StoreError: it does not take them; they go on waiting.
        """
        async with self._storing:
            while self._waiting:
                sealed = self._waiting[0]
                try:
                    block = await asyncio.to_thread(_pack, sealed)
                    await self._store.change(self._blocks.put, block)
                except (
                    OSError,
                    RowRefusedError,
                    ConflictError,
                ) as error:  # a conflict: there is no such project any more
                    log.exception("a stretch of the past floor is lost", exc_info=error)
                    self._given_up += 1
                with self._lock:
                    self._waiting = [each for each in self._waiting if each is not sealed]
                await asyncio.to_thread(_remove, sealed.path)
                self._store_error = None

    @property
    def state(self) -> PastState:
        """How the writing goes now."""
        waiting = self._waiting
        return PastState(
            waiting=len(waiting),
            waiting_bytes=sum(map(_size, waiting)),
            given_up=self._given_up,
            broken=self._lost,
            last_error=self._disk_error or self._store_error,
        )

    # --- any thread's: what is not in the store yet -----------------------------------------------------------

    def surveys(self) -> list[Surveyed]:
        """Stretches that are known and wait, or still grow, in order of time."""
        with self._lock:
            waiting, segment = list(self._waiting), self._segment
        found = [Surveyed(each.span, each.survey) for each in waiting]
        if segment is not None:
            found.append(Surveyed(segment.span, segment.survey()))
        return found

    def spans(self) -> list[Span]:
        """As ``surveys``, without what happened in them."""
        with self._lock:
            found = [each.span for each in self._waiting]
            segment = self._segment
        return found if segment is None else [*found, segment.span]

    def text(self, began_ms: int) -> bytes | None:
        """The lines of such a stretch; None where it is one no more.

        Raises:
            OSError: the disk is broken.
        """
        with self._lock:
            waiting, segment = list(self._waiting), self._segment
        if segment is not None and segment.began_ms == began_ms:
            return segment.text()
        for sealed in waiting:
            if sealed.span.began_ms == began_ms:
                try:
                    return sealed.text()
                except FileNotFoundError:
                    return None  # gone to the store in this moment
        return None

    # --- tasks ------------------------------------------------------------------------------------------------

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.flush()

    async def _store_on(self) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            try:
                await self.store_waiting()
                wait_s = RETRY_FIRST_S
            except StoreError as error:
                if self._store_error is None:
                    log.warning("blocks of the past floor wait for the store", extra={"error_id": error.error_id})
                self._store_error = error.error_id
                wait_s = min(wait_s * 2, RETRY_MOST_S)
            await asyncio.sleep(wait_s)

    async def forget_old(self) -> None:
        """Delete what is older than it is kept.

        Raises:
            StoreError: the store refuses.
        """
        await self._store.change(self._blocks.forget, self._clock() - self._days() * 86_400.0)

    async def _forget_on(self) -> None:
        while True:
            try:
                await self.forget_old()
            except StoreError as error:
                log.warning("what is old of the past floor was not deleted", extra={"error_id": error.error_id})
            await asyncio.sleep(FORGET_EVERY_S)

    def _forget_pending(self) -> None:
        self._pending = []
        self._pending_count = 0

    def _failed(self, error: OSError) -> None:
        if self._disk_error is None:
            log.error("the past floor is not kept", extra={"error": type(error).__name__, "errno": error.errno})
        self._disk_error = error.strerror or type(error).__name__

    # --- the thread's -----------------------------------------------------------------------------------------

    def _write(self, pending: Sequence[tuple[float, Sequence[Change]]], now_ms: int, whole: Snapshot | None) -> None:
        if whole is not None:
            self._abandon()
            self._begin(now_ms, PlainFloor.of(whole))
        changed = False
        for at, changes in pending:
            segment = self._at(ms_up(at))
            for change in changes:
                segment.take(max(ms_up(at), segment.last_ms), change)
            changed = True
        segment = self._at(now_ms)
        segment.rest(now_ms)
        segment.write(sync=changed)

    def _at(self, at_ms: int) -> Segment:
        """The block that takes what happens at this instant."""
        segment = self._segment
        if segment is None:  # a disk that failed between two of them
            raise OSError("no block is open")
        age_s = (at_ms - segment.began_ms) / 1000
        grown = segment.bytes > BLOCK_GROWN * segment.first_bytes
        full = segment.lines >= self._block_lines or age_s >= BLOCK_MOST_S or (age_s >= BLOCK_LEAST_S and grown)
        back = at_ms < segment.last_ms - CLOCK_BACK_MS  # the machine's clock was set back: time begins again there
        if (not full or at_ms <= segment.last_ms) and not back:
            return segment
        self._seal(segment.last_ms + 1 if back else at_ms)
        return self._begin(at_ms, segment.floor)

    def _begin_anew(self, at_ms: int) -> None:
        segment = self._segment
        if segment is not None:
            at_ms = max(at_ms, segment.last_ms + 1)
            self._seal(at_ms)
            self._begin(at_ms, segment.floor)

    def _begin(self, at_ms: int, floor: PlainFloor) -> Segment:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while (self._folder / f"{at_ms}{ENDING}").exists():
            at_ms += 1
        segment = Segment(self._folder, at_ms, floor)
        with self._lock:
            self._segment = segment
        return segment

    def _seal(self, ended_ms: int) -> None:
        segment = self._segment
        if segment is None:
            return
        sealed = segment.seal(ended_ms)
        with self._lock:
            self._waiting = [*self._waiting, sealed]
            self._segment = None
        self._keep_bounded()

    def _seal_now(self) -> None:
        if self._segment is not None:
            self._seal(self._segment.last_ms + 1)

    def _abandon(self) -> None:
        """What was written of a block on a disk that failed, or that was lost count of, is kept up to there."""
        segment = self._segment
        if segment is None:
            return
        with self._lock:
            self._segment = None
        segment.close()
        kept = recovered(segment.path)
        if kept is not None:
            with self._lock:
                self._waiting = [*self._waiting, kept]

    def _keep_bounded(self) -> None:
        sizes = [_size(each) for each in self._waiting]
        over = sum(sizes) - self._waiting_most
        for sealed, size in list(zip(self._waiting, sizes, strict=True))[:-1]:
            if over <= 0:
                return
            over -= size
            log.error("a stretch of the past floor is given up: the store is away for too long")
            self._given_up += 1
            with self._lock:
                self._waiting = [each for each in self._waiting if each is not sealed]
            _remove(sealed.path)

    def _recover(self) -> list[Sealed]:
        found = []
        for path in sorted(self._folder.glob(f"*{ENDING}")):
            sealed = recovered(path)
            if sealed is None:
                _remove(path)
            else:
                found.append(sealed)
        return sorted(found, key=lambda each: each.span.began_ms)


def _pack(sealed: Sealed) -> Packed:
    return Packed(sealed.span, sealed.survey, packed(sealed.text()))


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def _size(sealed: Sealed) -> int:
    try:
        return sealed.path.stat().st_size
    except OSError:
        return 0
