"""The journal: finished calls, each once. Bound to one project.

Writing is idempotent by ``call_id``: the same call again replaces its rows in one transaction. Pages go newest
first, by key: a cursor is the last key seen, so a page costs the same however deep it is.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, Table, select
from sqlalchemy.sql.elements import ColumnElement

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.floor.calls import CallRecord
from callfloor.store import block_writer
from callfloor.store.call_filter import CallFilter, Sort
from callfloor.store.ingest import not_known_whole, write_rows
from callfloor.store.journal_queries import LARGEST_PAGE, JournalQueries, history_before
from callfloor.store.journal_rows import JournalRow, WholeCall
from callfloor.store.keys import among
from callfloor.store.ordered_calls import ordered_calls
from callfloor.store.rows import CallRows, Parts, from_rows, range_of, to_rows
from callfloor.store.tables import (
    call_employees,
    call_externals,
    call_queues,
    calls,
    departments,
    employees,
)
from callfloor.store.texts import can_be_kept
from callfloor.store.warming import warming

_CHUNK = 500
"""Values in one IN list: SQLite takes 32,766 parameters, PostgreSQL 65,535."""


class JournalEmployee(msgspec.Struct, frozen=True, kw_only=True):
    """Who had the account of ``record.employees`` at the same place, when the call was written; names as now."""

    account: str
    employee_id: int | None
    employee_name: str | None
    department_id: int | None
    department_name: str | None


class JournalCall(msgspec.Struct, frozen=True, kw_only=True):
    """A finished call with the people in it."""

    record: CallRecord
    employees: tuple[JournalEmployee, ...]


class JournalPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some calls, newest first."""

    calls: tuple[JournalCall, ...]
    next_cursor: str | None  # None: there are no more


class Journal(JournalQueries):
    """One project's finished calls. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def write(self, records: Iterable[CallRecord]) -> None:
        """Write the calls down in one transaction.

        Of two of the same id the later stays, but one that is known in part never takes the place of a whole one.

        Raises:
            RowRefusedError: one of them cannot be kept (see ``rows.to_rows``); nothing was written.
            StoreError: the database refused; nothing was written.
        """
        batch: dict[str, CallRows] = {}
        for rows in map(to_rows, records):
            before = batch.get(rows.call["call_id"])
            if before is None or before.call["partial"] or not rows.call["partial"]:
                batch[rows.call["call_id"]] = rows
        if batch:
            with self._scope.writing() as connection:
                write_rows(connection, self._scope, not_known_whole(connection, self._scope, list(batch.values())))

    def remark(self, progress: Callable[[int, int], None]) -> int:
        """Make history's sums anew by the marks' settings and the list of spam of now; how many parts were added up.

        ``progress`` is told how many parts are looked at, of how many, and may raise to stop.

        Raises:
            StoreError: the database refused; what is done by then is done.
        """
        return block_writer.remark(self._scope, progress)

    def warming(self) -> Iterator[int]:
        """Have the newest columns at hand before they are asked for, a little at each step; see ``warming``.

        Raises (at a step):
            StoreError: the database refused.
        """
        return warming(self._scope)

    def unfolded(self) -> int:
        """How many calls are in no column yet, or were changed since."""
        with self._scope.reading() as connection:
            return block_writer.unfolded(connection, self._scope)

    def fold(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Put all calls that have changed since into the columns: after a migration or an import; how many there were.

        Writing does it by itself, a little at a time.
        """
        return block_writer.fold_all(self._scope, progress)

    def page(
        self,
        started_from: float,
        started_to: float,
        *,
        limit: int = 50,
        cursor: str | None = None,
        department_ids: Collection[int] | None = None,
        employee_ids: Collection[int] | None = None,
    ) -> JournalPage:
        """Calls that began in ``[started_from, started_to)``, newest first.

        With ``department_ids`` or ``employee_ids`` (by ``|``), only calls in which one of them took part, by the
        department of that time; an empty collection is nobody, and gives an empty page.

        Raises:
            InvalidInputError: the limit is not 1–1000, the cursor is not one of ours, an instant is not a number.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
        if math.isnan(started_from) or math.isnan(started_to):
            raise InvalidInputError("an instant must be a number")
        first, end = range_of(started_from, started_to)
        if cursor is not None:
            end = min(end, _key_of(cursor))
        if first >= end:
            return JournalPage(calls=(), next_cursor=None)
        with self._scope.reading() as connection:
            if department_ids is None and employee_ids is None:
                found = select(calls).where(self._scope.within(calls), calls.c.id >= first, calls.c.id < end)
                rows = connection.execute(found.order_by(calls.c.id.desc()).limit(limit + 1)).all()
            else:
                part = call_employees.c
                each = [(part.department_id, wanted) for wanted in sorted(set(department_ids or ()))]
                each += [(part.employee_id, wanted) for wanted in sorted(set(employee_ids or ()))]
                wanted = self._of_people(connection, each, (first, end), limit + 1)
                rows = self._by_keys(connection, wanted)
            shown = rows[:limit]
            more = str(shown[-1].id) if len(rows) > limit else None
            return JournalPage(calls=self._with_parts(connection, shown), next_cursor=more)

    def get(self, call_id: str) -> JournalCall:
        """One call.

        Raises:
            NotFoundError: this project has no such call.
        """
        if not can_be_kept(call_id):
            raise NotFoundError
        with self._scope.reading() as connection:
            found = connection.execute(select(calls).where(self._scope.within(calls), calls.c.call_id == call_id)).all()
            if not found:
                raise NotFoundError
            return self._with_parts(connection, found)[0]

    def whole(
        self,
        call_id: str,
        *,
        seen_department_ids: frozenset[int] | None = None,
        seen_employee_id: int | None = None,
    ) -> WholeCall:
        """Everything kept of one call, and its client's calls before it, as far as the viewer sees them.

        Raises:
            NotFoundError: this project has no such call, or the viewer may not see it.
        """
        row = self.seen(call_id, seen_department_ids=seen_department_ids, seen_employee_id=seen_employee_id)
        with self._scope.reading() as connection:
            wanted = CallFilter(
                started_from=0.0,
                started_to=math.inf,
                seen_department_ids=seen_department_ids,
                seen_employee_id=seen_employee_id,
            )
            client, notes = history_before(connection, self._scope, row, wanted)
        return WholeCall(row=row, record=self.get(call_id).record, notes=notes, client=client)

    def ordered(self, wanted: CallFilter, sort: Sort) -> Iterator[JournalRow]:
        """Every line of a filter in any order: see ``ordered_calls``."""
        return ordered_calls(self._scope, wanted, sort)

    # --- one employee -------------------------------------------------------------------------------------------

    def of_employee(self, employee_id: int, started_from: float, started_to: float) -> tuple[JournalCall, ...]:
        """All calls with this employee that began in ``[started_from, started_to)``, oldest first."""
        first, end = range_of(started_from, started_to)
        part = call_employees.c
        theirs = (
            select(part.call)
            .distinct()
            .where(self._scope.within(call_employees), part.employee_id == employee_id)
            .where(part.call >= first, part.call < end)
        )
        with self._scope.reading() as connection:
            wanted = sorted(connection.execute(theirs).scalars())
            found = sorted(self._by_keys(connection, wanted), key=lambda row: row.id)
            return self._with_parts(connection, found)

    # --- reading ------------------------------------------------------------------------------------------------

    def _of_people(
        self,
        connection: Connection,
        each: Sequence[tuple[ColumnElement[int | None], int]],
        keys: tuple[int, int],
        limit: int,
    ) -> list[int]:
        """Keys of the newest calls of these people: for each an index range read from its end, then merged.

        One IN list would make the database gather and sort every call of theirs before it shows fifty: 15 ms at a
        week, seconds at years. A UNION of these takes four times as long to write down as to run.
        """
        part = call_employees.c
        first, end = keys
        found: list[int] = []
        for column, wanted in each:
            newest = (
                select(part.call)
                .distinct()
                .where(self._scope.within(call_employees), column == wanted, part.call >= first, part.call < end)
                .order_by(part.call.desc())
                .limit(limit)
            )
            found = sorted({*found, *connection.execute(newest).scalars()}, reverse=True)[:limit]
            if len(found) == limit:
                first = found[-1]  # what is older would not be shown
        return found

    def _by_keys(self, connection: Connection, wanted: Sequence[int]) -> list[Row[Any]]:
        found: list[Row[Any]] = []
        for start in range(0, len(wanted), _CHUNK):
            some = select(calls).where(self._scope.within(calls), among(calls.c.id)).order_by(calls.c.id.desc())
            found += connection.execute(some, {"keys": wanted[start : start + _CHUNK]}).all()
        return found

    def _with_parts(self, connection: Connection, found: Sequence[Row[Any]]) -> tuple[JournalCall, ...]:
        parts = {row.id: Parts(employees=[], queues=[], externals=[]) for row in found}
        wanted = list(parts)
        for start in range(0, len(wanted), _CHUNK):
            some = {"keys": wanted[start : start + _CHUNK]}
            people = (
                select(
                    call_employees,
                    employees.c.name.label("employee_name"),
                    departments.c.name.label("department_name"),
                )
                .outerjoin_from(
                    call_employees,
                    employees,
                    self._scope.within(employees) & (employees.c.id == call_employees.c.employee_id),
                )
                .outerjoin(
                    departments,
                    self._scope.within(departments) & (departments.c.id == call_employees.c.department_id),
                )
            )
            for row in connection.execute(self._parts_of(people, call_employees), some):
                parts[row.call].employees.append(row._mapping)
            for row in connection.execute(self._parts_of(select(call_queues), call_queues), some):
                parts[row.call].queues.append(row._mapping)
            for row in connection.execute(self._parts_of(select(call_externals), call_externals), some):
                parts[row.call].externals.append(row._mapping)
        return tuple(
            JournalCall(
                record=from_rows(row._mapping, parts[row.id]),
                employees=tuple(
                    JournalEmployee(
                        account=person["account"],
                        employee_id=person["employee_id"],
                        employee_name=person["employee_name"],
                        department_id=person["department_id"],
                        department_name=person["department_name"],
                    )
                    for person in parts[row.id].employees
                ),
            )
            for row in found
        )

    def _parts_of(self, query: Select[Any], table: Table) -> Select[Any]:
        """Of the calls ``keys``."""
        return query.where(self._scope.within(table), among(table.c.call)).order_by(table.c.call, table.c.part)


def _key_of(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 19) or int(cursor) >= 2**63:
        raise InvalidInputError("the cursor is not one that a page gave")
    return int(cursor)
