"""A writer on the event loop: takes rows (finished calls, statuses) at any speed, and loses none.

A row waits in memory for at most 50 ms, then goes to the store with those beside it, one transaction a batch. While
the store is down, or slower than half a second, rows go to a file on disk instead (``spill``), and everything newer
queues behind them there; when the store is back the file is drained in order. Where the disk is full too, rows stay
in memory up to a bound, and the backlog says how many are at risk; only beyond the bound are they lost, counted.

Order: the batch in flight, then the spill, then memory. A row that can never be written (see ``RowRefusedError``)
goes to ``….refused`` beside the spill, so that it never holds up the others. A row may be written twice: a batch whose
answer was lost, a spill whose draining was cut short. Whoever writes it knows it again.
"""

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from callfloor.errors import RowRefusedError, StoreBusyError, StoreError
from callfloor.store.spill import Spill, write_refused
from callfloor.store.store import Store

log = logging.getLogger(__name__)

_T = TypeVar("_T")
_Row = TypeVar("_Row")
_Refused = list[tuple[_Row, str]]

BATCH_ROWS = 500
GATHER_S = 0.05
"""A transaction costs an fsync, some milliseconds; gathered for 50 ms they cost nothing, and nobody notices."""
PATIENCE_S = 0.5
"""A write that takes longer may never end: what is in memory then goes to disk."""
SILENT_S = 2.0
"""A write that has not ended for so long is told of: others of this process may wait for the same lock before it."""
_SILENT = "The database does not answer; it may be locked by another program."
SPILL_FAILS = "spill"
"""The cause where the store is well, and the disk beside it is not."""
MEMORY_ROWS = 20_000
"""About 60 MB, and an hour of 300 calls a minute: only reached when the disk is full too."""
_AT_ONCE = 1e-9  # an instant that has passed, and is not 0, which would read as "none"
RETRY_FIRST_S = 0.25
RETRY_MOST_S = 10.0


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What waits to be written down."""

    rows: int = 0  # all that wait: in flight, on disk, in memory
    on_disk: int = 0
    at_risk: int = 0  # in memory although they should be on disk: they would not survive a crash
    since: float | None = None  # the store or the disk is failing since then; None: all is well
    last_error: str | None = None
    cause: str | None = None  # the ``error_id`` of what fails, the store's before the disk's; None: all is well
    refused: int = 0  # rows that can never be written, put into the file of refused ones
    lost: int = 0  # rows for which there was no room anywhere


class RowWriter(Generic[_Row]):
    """Writes rows of one kind, of one project. All but adding and ``backlog`` are coroutines of one event loop."""

    def __init__(
        self,
        store: Store,
        write: Callable[[Sequence[_Row]], None],
        spill: Path,
        *,
        kind: type[_Row],
        name: str,
        now: Callable[[], float] = time.time,
        memory_rows: int = MEMORY_ROWS,
        retry_first_s: float = RETRY_FIRST_S,
        retry_most_s: float = RETRY_MOST_S,
    ) -> None:
        """Of rows of the type ``kind``, called ``name`` where a person reads of them.

        ``write`` writes rows down in one transaction, on the store's thread; what was written before changes nothing.
        ``spill`` is the file's path, one of each project and kind.
        """
        self._store = store
        self._write_rows = write
        self._kind = kind
        self._name = name
        self._path = spill
        self._now = now
        self._memory_rows = memory_rows
        self._retry_first_s = retry_first_s
        self._retry_most_s = retry_most_s

        self._memory: deque[_Row] = deque()
        self._oldest_at = 0.0  # of memory, by the loop's clock, as every private instant but ``_since``
        self._batch: list[_Row] = []  # taken from memory or the spill, to be written next or being written
        self._batch_on_disk = False  # the batch is also the head of the spill
        self._flying: asyncio.Task[_Refused[_Row]] | None = None  # the batch being written
        self._flying_since = 0.0
        self._clock: Callable[[], float] = float

        self._disk: Spill[_Row] | None = None
        self._disk_thread = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-spill")
        self._retry_at = 0.0  # no write to the store before
        self._retry_s = retry_first_s
        self._disk_retry_at = 0.0  # no write to the disk before

        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._turned = asyncio.Condition()  # something of the state here changed
        self._closing = False  # takes no more
        self._ending = False  # does no more

        self._since: float | None = None
        self._store_error: StoreError | None = None
        self._disk_error: str | None = None
        self._refused = 0
        self._lost = 0

    @property
    def refused_path(self) -> Path:
        """Where rows end that can never be written."""
        return self._path.with_name(self._path.name + ".refused")

    async def start(self) -> None:
        """Open the spill file, and begin with what an earlier process left in it.

        Raises:
            StoreError: another process has the file, or it cannot be opened.
        """
        self._clock = asyncio.get_running_loop().time
        self._disk = disk = await self._on_disk(self._open_spill)
        if disk.count:
            log.info("rows wait from before the start", extra={"of": self._name, "rows": disk.count})
        self._task = asyncio.create_task(self._run(), name=f"{self._name}-writer")

    def _add(self, row: _Row, **named: object) -> bool:
        """Take a row; never waits, never raises; false, and counted, where there is no room. From the loop's thread."""
        if self._closing or len(self._memory) >= self._memory_rows:
            self._lost += 1
            log.error("no room for a row", extra={"of": self._name, "lost": self._lost, **named})
            return False
        if not self._memory:
            self._oldest_at = asyncio.get_running_loop().time()
            self._wake.set()
        self._memory.append(row)
        if len(self._memory) == BATCH_ROWS:
            self._wake.set()
        return True

    @property
    def backlog(self) -> Backlog:
        """What waits now, and why."""
        on_disk = self._disk.count if self._disk is not None else 0
        failing = self._store_error
        since, error = self._since, self._disk_error or (None if failing is None else str(failing))
        cause = failing.error_id if failing is not None else SPILL_FAILS if self._disk_error else None
        if since is None and self._flying is not None:
            silent_s = self._clock() - self._flying_since
            if silent_s > SILENT_S:
                since, error, cause = self._now() - silent_s, _SILENT, StoreBusyError.error_id
        in_memory = len(self._memory) + (0 if self._batch_on_disk else len(self._batch))
        return Backlog(
            rows=on_disk + in_memory,
            on_disk=on_disk,
            at_risk=0 if self._disk_error is None else in_memory,
            since=since,
            last_error=error,
            cause=cause,
            refused=self._refused,
            lost=self._lost,
        )

    async def flush(self) -> None:
        """Wait until every row taken before is safe: in the store or on the disk."""
        await self._until(lambda: not self._memory and not self._unsafe)

    async def drained(self) -> None:
        """Wait until nothing waits."""
        await self._until(lambda: self.backlog.rows == 0)

    async def changed(self, until: Callable[[Backlog], bool]) -> Backlog:
        """Wait until the backlog is as asked."""
        await self._until(lambda: until(self.backlog))
        return self.backlog

    async def close(self, timeout_s: float = 5.0) -> Backlog:
        """Take no more, write what waits for at most ``timeout_s``; what then still waits goes to the spill.

        What is left: ``at_risk`` above 0 means that rows could be put nowhere.
        """
        self._closing = True
        self._wake.set()
        if self._task is not None:
            try:
                async with asyncio.timeout(timeout_s):
                    await self._until(lambda: self.backlog.rows == 0)
            except TimeoutError:
                log.warning(
                    "the store did not take every row before the end",
                    extra={"of": self._name, "rows": self.backlog.rows},
                )
            self._ending = True
            self._wake.set()
            await self._task
            if self._flying is not None:
                # Its thread cannot be stopped. Should it yet succeed, the same rows in the spill are written again
                # at the next start, which changes nothing.
                self._flying.cancel()
                await asyncio.gather(self._flying, return_exceptions=True)
            if self._memory or self._unsafe:
                await self._to_disk()
        left = self.backlog
        if left.at_risk:
            self._lost += left.at_risk
            log.error(
                "neither the store nor the disk took the last rows", extra={"of": self._name, "rows": left.at_risk}
            )
        if self._disk is not None:
            await self._on_disk(self._disk.close)
        self._disk_thread.shutdown()
        return left

    # --- the one task -------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._ending:
            try:
                await self._step(clock())
            except Exception:  # whatever it is, the rows behind must not wait for ever
                log.exception("a writer stumbled", extra={"of": self._name})
                self._retry_at = self._disk_retry_at = clock() + self._retry_most_s / 10
            async with self._turned:
                self._turned.notify_all()
            due = min(filter(None, (self._disk_due(clock()), self._store_due())), default=None)
            try:
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()

    async def _step(self, now: float) -> None:
        if self._flying is not None and self._flying.done():
            flown, self._flying = self._flying, None
            await self._landed(flown, now)
        if (due := self._disk_due(now)) and now >= due:
            await self._to_disk()
        if (due := self._store_due()) and now >= due:
            await self._take_off(now)

    def _disk_due(self, now: float) -> float | None:
        """When what is in memory must go to disk; None if it need not."""
        if self._unsafe:
            wanted = now if self._flying is None else self._flying_since + PATIENCE_S
        elif self._memory and (self._spilled or now < self._retry_at):
            wanted = self._ripe_at
        else:
            return None
        return max(wanted, self._disk_retry_at)

    def _store_due(self) -> float | None:
        """When the next batch is to be written to the store; None if nothing waits or one is being written."""
        if self._flying is not None:
            return None
        if self._batch or self._spilled:
            return max(self._retry_at, _AT_ONCE)
        return max(self._ripe_at, self._retry_at) if self._memory else None

    @property
    def _ripe_at(self) -> float:
        at_once = self._closing or len(self._memory) >= BATCH_ROWS
        return _AT_ONCE if at_once else self._oldest_at + GATHER_S

    @property
    def _unsafe(self) -> bool:
        """The batch is in memory alone."""
        return bool(self._batch) and not self._batch_on_disk

    @property
    def _spilled(self) -> int:
        return self._opened.count

    @property
    def _opened(self) -> Spill[_Row]:
        if self._disk is None:
            raise StoreError(f"the writer of {self._name} was not started")
        return self._disk

    def _open_spill(self) -> Spill[_Row]:
        return Spill(self._path, self._kind)

    async def _on_disk(self, fn: Callable[..., _T], *args: Any) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._disk_thread, fn, *args)

    async def _take_off(self, now: float) -> None:
        """Begin to write: the batch that could not be, or the spill's oldest, or memory's."""
        if not self._unsafe:
            if self._spilled:
                try:
                    self._batch = await self._on_disk(self._opened.peek, BATCH_ROWS)
                except OSError as error:
                    self._disk_failed(error)
                    self._retry_at = self._disk_retry_at
                    return
                self._batch_on_disk = True
            else:
                self._batch = [self._memory.popleft() for _ in range(min(BATCH_ROWS, len(self._memory)))]
                self._batch_on_disk = False
                self._oldest_at = now
        self._flying_since = now
        self._flying = asyncio.create_task(
            self._store.change(self._write, list(self._batch)), name=f"{self._name}-batch"
        )
        self._flying.add_done_callback(lambda _: self._wake.set())

    def _write(self, batch: list[_Row]) -> _Refused[_Row]:
        """On the writer's thread: write the batch; those that never can be are given back, with the reason.

        Raises:
            StoreError: the store is down; nothing, or a part from the first on, was written.
        """
        try:
            self._write_rows(batch)
        except Exception as error:  # one bad row must not hold up the others, whatever is bad about it
            if _will_pass(error):
                raise
        else:
            return []
        refused = []
        for row in batch:
            try:
                self._write_rows([row])
            except Exception as error:  # see above
                if _will_pass(error):
                    raise
                refused.append((row, f"{type(error).__name__}: {error}"))
        return refused

    async def _landed(self, flown: "asyncio.Task[_Refused[_Row]]", now: float) -> None:
        try:
            refused = flown.result()
        except StoreError as error:
            self._store_failed(error, now)
            if self._batch_on_disk:
                self._batch = []  # it is taken from there again
            return
        if refused:
            try:
                await self._on_disk(write_refused, self.refused_path, refused)
            except OSError as error:
                self._disk_failed(error)
                self._retry_at = self._disk_retry_at  # all of the batch again: that changes nothing in the store
                if self._batch_on_disk:
                    self._batch = []
                return
            self._refused += len(refused)
            log.error(
                "rows cannot be written",
                extra={"of": self._name, "rows": len(refused), "reason": refused[0][1]},
            )
        if self._batch_on_disk:
            try:
                await self._on_disk(self._opened.drop, len(self._batch))
            except OSError as error:
                self._disk_failed(error)
        self._batch = []
        self._recovered()

    async def _to_disk(self) -> None:
        """All that is in memory, the batch first, goes to the spill; where it cannot, it stays."""
        ahead = list(self._batch) if self._unsafe else []
        behind = list(self._memory)
        try:
            await self._on_disk(self._opened.append, [*ahead, *behind])
        except OSError as error:
            self._disk_failed(error)
            return
        for _ in behind:
            self._memory.popleft()  # put() may have added to the end meanwhile
        self._oldest_at = asyncio.get_running_loop().time()
        if self._flying is None:
            self._batch = []  # it is taken from there again
        elif ahead:
            self._batch_on_disk = True
        self._disk_error = None

    # --- how it stands ------------------------------------------------------------------------------------------

    def _store_failed(self, error: StoreError, now: float) -> None:
        if self._since is None:
            silent_s = now - self._flying_since
            self._since = self._now() - (silent_s if silent_s > SILENT_S else 0.0)  # as ``backlog`` told it before
            log.warning(
                "the store does not take rows",
                extra={"of": self._name, "error_id": error.error_id, "details": error.details},
            )
        self._store_error = error
        # Jitter, so that many processes do not come back to a recovering server in step.
        self._retry_at = now + self._retry_s * random.uniform(0.8, 1.2)  # noqa: S311
        self._retry_s = min(self._retry_s * 2, self._retry_most_s)

    def _disk_failed(self, error: OSError) -> None:
        if self._disk_error is None:
            log.error("the spill file cannot be written", extra={"of": self._name, "errno": error.errno})
        if self._since is None:
            self._since = self._now()
        self._disk_error = f"the spill file cannot be written: {error.strerror}"
        self._disk_retry_at = asyncio.get_running_loop().time() + self._retry_most_s / 10

    def _recovered(self) -> None:
        self._retry_s = self._retry_first_s
        self._retry_at = 0.0
        self._store_error = None
        if not self._spilled:
            self._disk_error = None
            if self._since is not None:
                after_s = round(self._now() - self._since, 1)
                log.info("the store takes rows again", extra={"of": self._name, "after_s": after_s})
            self._since = None

    async def _until(self, so: Callable[[], bool]) -> None:
        async with self._turned:
            await self._turned.wait_for(so)


def _will_pass(error: Exception) -> bool:
    """The store may take the same row later; otherwise the row is at fault."""
    return isinstance(error, StoreError) and not isinstance(error, RowRefusedError)
