"""Who supervised whom: one row for each session, with its modes and employees. Bound to one project.

A record is written whole each time: what a database that was away has missed is there with the next change. Nothing
is ever taken out.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, case, or_, select, update

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.floor.supervisions import Ending, SupervisionRecord
from callfloor.store.instants import to_ms, to_ms_or_none
from callfloor.store.order import names_of
from callfloor.store.scope import Scope
from callfloor.store.supervision_rows import (
    EVERY,
    SupervisionFilter,
    SupervisionPage,
    part_row,
    place_of,
    record_of,
    words,
)
from callfloor.store.supervision_tables import supervision_employees, supervision_modes, supervisions
from callfloor.store.tables import employees
from callfloor.store.texts import kept, kept_or_none
from callfloor.store.upserts import put

LARGEST_PAGE: Final = 1000
_LATER: Final = ("call_id", "connected_at", "ended_at", "ending", "ending_detail")
"""What of a session is not known when it begins; its call may become part of another."""


class Supervisions:
    """One project's supervisions. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    # --- writing ------------------------------------------------------------------------------------------------

    def open(self, record: SupervisionRecord) -> None:
        """A session begins.

        Raises:
            RowRefusedError: an instant is out of range.
            ConflictError: there is no such project or employee.
            StoreError: the database refused; nothing was written.
        """
        self._write(record)

    def update(self, record: SupervisionRecord) -> None:
        """It is in another mode, with another employee, connected. Raises as ``open``."""
        self._write(record)

    def close(self, record: SupervisionRecord) -> None:
        """It is over. Raises as ``open``.

        Raises:
            InvalidInputError: the record does not say when and how.
        """
        if record.ended_at is None or record.ending is None:
            raise InvalidInputError("a session that is over has an end")
        self._write(record)

    def close_left_open(self, at: float, ending: Ending) -> int:
        """End whatever a process that was killed has left open; how many there were.

        ``at`` is the last instant at which they may have been on; none ends before it began.
        """
        ms = to_ms(at)
        with self._scope.writing() as connection:
            on = select(supervisions.c.id).where(self._scope.within(supervisions), supervisions.c.ended_at.is_(None))
            left = connection.execute(on).scalars().all()
            for start in range(0, len(left), LARGEST_PAGE):
                some = left[start : start + LARGEST_PAGE]
                for table in (supervision_modes, supervision_employees):
                    self._end(connection, table, table.c.supervision.in_(some), table.c.began_at, ms)
                these = supervisions.c.id.in_(some)
                self._end(connection, supervisions, these, supervisions.c.started_at, ms, ending=str(ending))
        return len(left)

    def _end(
        self, connection: Connection, table: Table, which: ColumnElement[bool], began: Any, ms: int, **more: Any
    ) -> None:
        on = self._scope.within(table) & table.c.ended_at.is_(None) & which
        connection.execute(update(table).where(on).values(ended_at=case((began > ms, began), else_=ms), **more))

    def _write(self, record: SupervisionRecord) -> None:
        project_id = self._scope.project_id
        row = {
            "project_id": project_id,
            "id": kept(record.id),
            "user_id": record.user_id,
            "user_name": kept(record.user_name),
            "call_id": kept(record.call_id),
            "way": str(record.way),
            "phone": kept_or_none(record.phone),
            "reason": kept_or_none(record.reason),
            "started_at": to_ms(record.started_at),
            "connected_at": to_ms_or_none(record.connected_at),
            "ended_at": to_ms_or_none(record.ended_at),
            "ending": None if record.ending is None else str(record.ending),
            "ending_detail": kept_or_none(record.ending_detail),
        }
        modes = [
            {"mode": str(each.mode), "muted": each.muted, **part_row(project_id, record.id, part, each)}
            for part, each in enumerate(record.modes)
        ]
        followed = [
            {
                "employee_id": each.employee_id,
                "account": kept(each.account),
                **part_row(project_id, record.id, part, each),
            }
            for part, each in enumerate(record.followed)
        ]
        with self._scope.writing() as connection:
            put(connection, supervisions, [row], _LATER)
            put(connection, supervision_modes, modes, ("ended_at",))
            put(connection, supervision_employees, followed, ("ended_at",))

    # --- reading ------------------------------------------------------------------------------------------------

    def get(self, supervision_id: str) -> SupervisionRecord:
        """One session.

        Raises:
            NotFoundError: there is none of this id.
        """
        this = select(supervisions).where(self._scope.within(supervisions), supervisions.c.id == kept(supervision_id))
        with self._scope.reading() as connection:
            found = self._records(connection, connection.execute(this).all())
        if not found:
            raise NotFoundError("There is no such supervision.")
        return found[0]

    def page(self, wanted: SupervisionFilter = EVERY, *, limit: int = 50, cursor: str | None = None) -> SupervisionPage:
        """Sessions, the latest begun first.

        Raises:
            InvalidInputError: the limit is not 1-1000, or the cursor is not one of ours.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        c = supervisions.c
        found = (
            select(supervisions)
            .where(self._scope.within(supervisions), *self._conditions(wanted))
            .order_by(c.started_at.desc(), c.id.desc())
            .limit(limit + 1)
        )
        if cursor is not None:
            ms, after = place_of(cursor)
            found = found.where(or_(c.started_at < ms, and_(c.started_at == ms, c.id < after)))
        with self._scope.reading() as connection:
            rows = connection.execute(found).all()
            records = self._records(connection, rows[:limit])
        last = rows[limit - 1] if len(rows) > limit else None
        return SupervisionPage(
            records=tuple(records), next_cursor=None if last is None else f"{last.started_at}.{last.id}"
        )

    def stream(self, wanted: SupervisionFilter = EVERY) -> Iterator[SupervisionRecord]:
        """As ``page`` without an end: a part at a time, in memory that does not grow."""
        cursor = None
        while True:
            page = self.page(wanted, limit=LARGEST_PAGE, cursor=cursor)
            yield from page.records
            cursor = page.next_cursor
            if cursor is None:
                return

    def users(self) -> dict[int, str]:
        """Whoever has supervised, by id, with the name they had when they did so last."""
        c = supervisions.c
        found = (
            select(c.user_id, c.user_name)
            .where(self._scope.within(supervisions))
            .distinct()
            .order_by(c.user_id, c.user_name)
        )
        with self._scope.reading() as connection:
            return {row.user_id: row.user_name for row in connection.execute(found)}

    def employees(self) -> dict[int, str]:
        """Everybody who can have been supervised, by id, those removed from the directory among them."""
        with self._scope.reading() as connection:
            return names_of(connection, self._scope, employees)

    def _conditions(self, wanted: SupervisionFilter) -> Iterator[ColumnElement[bool]]:
        c = supervisions.c
        if wanted.started_from is not None:
            yield c.started_at >= to_ms(wanted.started_from)
        if wanted.started_to is not None:
            yield c.started_at < to_ms(wanted.started_to)
        if wanted.user_ids is not None:
            yield c.user_id.in_(sorted(wanted.user_ids))
        if wanted.ways is not None:
            yield c.way.in_(words(wanted.ways))
        if wanted.endings is not None:
            yield c.ending.in_(words(wanted.endings))
        if wanted.call_id is not None:
            yield c.call_id == kept(wanted.call_id)
        if wanted.modes is not None:
            yield self._having(supervision_modes, supervision_modes.c.mode.in_(words(wanted.modes)))
        if wanted.employee_ids is not None:
            theirs = supervision_employees.c.employee_id.in_(sorted(wanted.employee_ids))
            yield self._having(supervision_employees, theirs)

    def _having(self, table: Table, which: ColumnElement[bool]) -> ColumnElement[bool]:
        return supervisions.c.id.in_(select(table.c.supervision).where(self._scope.within(table), which))

    def _records(self, connection: Connection, rows: Sequence[Row[Any]]) -> list[SupervisionRecord]:
        ids = [row.id for row in rows]
        modes = self._parts(connection, supervision_modes, ids)
        followed = self._parts(connection, supervision_employees, ids)
        return [record_of(row, modes.get(row.id, ()), followed.get(row.id, ())) for row in rows]

    def _parts(self, connection: Connection, table: Table, ids: Sequence[str]) -> dict[str, list[Row[Any]]]:
        found: dict[str, list[Row[Any]]] = {}
        if ids:
            of_these = (
                select(table)
                .where(self._scope.within(table), table.c.supervision.in_(ids))
                .order_by(table.c.supervision, table.c.part)
            )
            for row in connection.execute(of_these):
                found.setdefault(row.supervision, []).append(row)
        return found
