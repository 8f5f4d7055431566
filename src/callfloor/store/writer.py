"""The two writers of a project: finished calls, and statuses. What they do with rows is ``row_writer``'s."""

import secrets
import time
from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from callfloor.floor.calls import CallRecord
from callfloor.floor.employees import StatusTold
from callfloor.store.journal import Journal
from callfloor.store.row_writer import (
    MEMORY_ROWS,
    RETRY_FIRST_S,
    RETRY_MOST_S,
    Backlog,
    RowWriter,
)
from callfloor.store.status_entries import StatusEntry
from callfloor.store.statuses import Statuses
from callfloor.store.store import Store


class JournalWriter(RowWriter[CallRecord]):
    """Writes one project's finished calls, each once."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        spill: Path,
        *,
        now: Callable[[], float] = time.time,
        memory_rows: int = MEMORY_ROWS,
        retry_first_s: float = RETRY_FIRST_S,
        retry_most_s: float = RETRY_MOST_S,
    ) -> None:
        """``spill`` is the file's path; one of each project: ``data / f"calls-{project_id}.spill"``."""
        super().__init__(
            store,
            journal.write,
            spill,
            kind=CallRecord,
            name="calls",
            now=now,
            memory_rows=memory_rows,
            retry_first_s=retry_first_s,
            retry_most_s=retry_most_s,
        )

    def put(self, record: CallRecord) -> None:
        """Take a finished call; never waits, never raises. From the loop's thread."""
        self._add(record, call_id=record.call_id)


class StatusWriter(RowWriter[StatusEntry]):
    """Writes one project's statuses in the order they are told, each once.

    Its first entry says that a process begins to watch: what an earlier one left running is closed at that one's last
    heartbeat, after all that it told is written.
    """

    def __init__(
        self,
        store: Store,
        statuses: Statuses,
        spill: Path,
        *,
        now: Callable[[], float] = time.time,
        memory_rows: int = MEMORY_ROWS,
        retry_first_s: float = RETRY_FIRST_S,
        retry_most_s: float = RETRY_MOST_S,
    ) -> None:
        """``spill`` is the file's path; one of each project: ``data / f"statuses-{project_id}.spill"``."""
        super().__init__(
            store,
            statuses.take,
            spill,
            kind=StatusEntry,
            name="statuses",
            now=now,
            memory_rows=memory_rows,
            retry_first_s=retry_first_s,
            retry_most_s=retry_most_s,
        )
        self._run_name = secrets.token_hex(8)
        self._number = 0
        self._hole = False  # something that was told found no room: what history says now is not so

    @override
    async def start(self) -> None:
        """Open the spill file, begin with what an earlier process left in it, and say that a new one watches.

        Call it before anything is told.

        Raises:
            StoreError: another process has the file, or it cannot be opened.
        """
        await super().start()
        self._hole = not self._say(began_at=self._now())

    def put(self, told: StatusTold) -> None:
        """Take a status; never waits, never raises. From the loop's thread."""
        if not self._say(told=told):
            self._hole = True

    def heartbeat(self, at: float) -> None:
        """At ``at`` everything told before is current. Every few seconds; never waits, never raises.

        After a status was lost (see ``Backlog.lost``) the first heartbeat for which there is room makes all that is
        known unknown from the heartbeat before on: history says nothing rather than what is not so.
        """
        if self._hole:
            self._hole = not self._say(began_at=at)
            return
        last = self._memory[-1] if self._memory else None
        if last is not None and last.watched_at is not None:
            self._memory.pop()  # nothing was told since: one will do
        self._say(watched_at=at)

    @override
    async def close(self, timeout_s: float = 5.0) -> Backlog:
        """A last heartbeat, then as every writer: stretches that run end now, should no process come after."""
        if not self._closing and self._task is not None:
            self.heartbeat(self._now())
        return await super().close(timeout_s)

    def _say(
        self, *, told: StatusTold | None = None, watched_at: float | None = None, began_at: float | None = None
    ) -> bool:
        entry = StatusEntry(
            run=self._run_name, number=self._number, told=told, watched_at=watched_at, began_at=began_at
        )
        self._number += 1
        return self._add(entry)


__all__ = ["Backlog", "JournalWriter", "StatusWriter"]
