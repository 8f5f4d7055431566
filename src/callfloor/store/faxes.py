"""The fax journal: every fax that the PBX told of, with the file that was taken over. Bound to one project.

A fax is seen by who sees its call, and by whose account's channel it was.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Row, Select, insert, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from callfloor.errors import NotFoundError
from callfloor.floor.messages import FaxDirection, FaxRecord, FaxResult
from callfloor.store import message_pages as pages
from callfloor.store.instants import to_ms, to_s, to_s_or_none
from callfloor.store.media_tables import faxes
from callfloor.store.message_pages import NOBODYS, MessageSight, MessageSort, Owners
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, call_employees, calls, employees
from callfloor.store.texts import kept, kept_or_none

_TIE = (faxes.c.at, faxes.c.id)
_OWNERS = Owners(employees.c.id, employees.c.department_id)
_names = msgspec.json.Decoder(tuple[str, ...])


class FaxOutcome(StrEnum):
    """How a fax went, as people filter by it."""

    SUCCESS = "success"
    FAILED = "failed"
    UNKNOWN = "unknown"


class FaxFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which faxes: those that ended in ``[from_at, to_at)`` and hold all that follows. None says nothing."""

    from_at: float
    to_at: float
    directions: frozenset[FaxDirection] | None = None
    outcomes: frozenset[FaxOutcome] | None = None
    handled: bool | None = None
    part: str | None = None  # of the number or the station
    call_id: str | None = None  # that it was part of


class FaxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fax in the journal; names as now."""

    id: int
    direction: FaxDirection
    at: float
    call_id: str | None
    number: str | None
    e164: str | None
    station: str | None
    local_station: str | None
    employee_id: int | None
    employee_name: str | None
    pages: int | None  # as the PBX counted them
    resolution: str | None
    rate: int | None
    result: FaxResult | None
    error: str | None
    file: str | None  # as the PBX named it
    keeping: str  # kept, or why not
    shown_pages: int | None  # of the file we have; None: there is none that can be shown
    handled_at: float | None
    handled_by: str | None
    note: str | None


class FaxPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some faxes, and how many there are in all."""

    faxes: tuple[FaxRow, ...]
    next_cursor: str | None
    total: int


_SORTS: dict[str, ColumnElement[Any]] = {
    "at": faxes.c.at,
    "direction": faxes.c.direction,
    "number": faxes.c.number,
    "station": faxes.c.station,
    "pages": faxes.c.pages,
    "result": faxes.c.result,
    "rate": faxes.c.rate,
}
FAX_SORTS = tuple(_SORTS)


class Faxes(pages.Marked):
    """One project's faxes. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope, faxes)

    def put(self, record: FaxRecord, *, keeping: str, kept_files: Sequence[str], kept_pages: int | None) -> int:
        """Write a fax down; told again, it stays one row. Returns its number.

        Raises:
            RowRefusedError: the instant is out of range.
            StoreError: the database refused.
        """
        row = {
            "direction": record.direction.value,
            "at": to_ms(record.at),
            "call_id": kept_or_none(record.call_id),
            "account": kept_or_none(record.account),
            "number": kept_or_none(record.number),
            "e164": kept_or_none(record.e164),
            "search": pages.searched(record.number, record.e164, record.station),
            "station": kept_or_none(record.station),
            "local_station": kept_or_none(record.local_station),
            "pages": record.pages,
            "resolution": kept_or_none(record.resolution),
            "rate": record.rate,
            "result": None if record.result is None else record.result.value,
            "error": kept_or_none(record.error),
            "named": msgspec.json.encode([kept(name) for name in record.files]).decode(),
            "keeping": keeping,
            "kept": msgspec.json.encode(list(kept_files)).decode(),
            "kept_pages": kept_pages,
        }
        this = self._scope.within(faxes) & (faxes.c.fax_key == kept(record.key))
        with self._scope.writing() as connection:
            known = connection.execute(select(faxes.c.id).where(this)).scalar()
            if known is not None:
                connection.execute(update(faxes).where(this).values(**row))
                return int(known)
            made: Any = connection.execute(
                insert(faxes), {"project_id": self._scope.project_id, "fax_key": kept(record.key), **row}
            ).inserted_primary_key
            return int(made[0])

    def page(
        self, wanted: FaxFilter, sort: MessageSort, sight: MessageSight, *, limit: int, cursor: str | None = None
    ) -> FaxPage:
        """Some faxes in this order.

        Raises:
            InvalidInputError: the limit is not 1–500, the order or the cursor is not one of ours, a part is too short.
        """
        query = self._of(sight).where(*_conditions(wanted))
        rows, more, total = pages.page(self._scope, query, _SORTS.get(sort.key), _TIE, sort, limit=limit, cursor=cursor)
        return FaxPage(faxes=tuple(_row(row) for row in rows), next_cursor=more, total=total)

    def get(self, fax_id: int, sight: MessageSight) -> FaxRow:
        """One fax.

        Raises:
            NotFoundError: there is none of this id, or none that is in sight.
        """
        return _row(self._one(fax_id, sight))

    def files(self, fax_id: int, sight: MessageSight) -> tuple[str, ...]:
        """Our files of a fax, below the folder of faxes; none where it was not kept.

        Raises:
            NotFoundError: as ``get``.
        """
        return _names.decode(self._one(fax_id, sight).kept)

    def _one(self, fax_id: int, sight: MessageSight) -> Row[Any]:
        with self._scope.reading() as connection:
            row = connection.execute(self._of(sight).where(faxes.c.id == fax_id)).first()
        if row is None:
            raise NotFoundError("There is no such fax.")
        return row

    def _of(self, sight: MessageSight) -> Select[Any]:
        within = self._scope.within
        query = (
            select(faxes, employees.c.id.label("employee_id"), employees.c.name.label("employee_name"))
            .outerjoin_from(faxes, accounts, within(accounts) & (accounts.c.account == faxes.c.account))
            .outerjoin(employees, within(employees) & (employees.c.id == accounts.c.employee_id))
            .where(within(faxes))
        )
        return query if sight.all else query.where(or_(_OWNERS.seen(sight), self._call_seen(sight)))

    def _call_seen(self, sight: MessageSight) -> ColumnElement[bool]:
        part = call_employees.c
        theirs: ColumnElement[bool]
        if sight.department_ids is not None:
            theirs = part.department_id.in_(sorted(sight.department_ids) or [NOBODYS])
        else:
            theirs = part.employee_id == sight.employee_id
        within = self._scope.within
        return (
            select(part.part)
            .join_from(call_employees, calls, within(calls) & (calls.c.id == part.call))
            .where(within(call_employees), within(faxes), calls.c.call_id == faxes.c.call_id, theirs)
            .exists()
        )


def _conditions(wanted: FaxFilter) -> list[ColumnElement[bool]]:
    column = faxes.c
    found = [column.at >= to_ms(wanted.from_at), column.at < to_ms(wanted.to_at)]
    if wanted.directions is not None:
        found.append(column.direction.in_(sorted(wanted.directions)))
    if wanted.outcomes is not None:
        known = [outcome.value for outcome in wanted.outcomes if outcome is not FaxOutcome.UNKNOWN]
        of = [column.result.in_(sorted(known))]
        if FaxOutcome.UNKNOWN in wanted.outcomes:
            of.append(column.result.is_(None))
        found.append(or_(*of))
    if wanted.handled is not None:
        found.append(column.handled_at.is_not(None) if wanted.handled else column.handled_at.is_(None))
    if wanted.part is not None:
        found.append(pages.part_within(column.search, wanted.part))
    if wanted.call_id is not None:
        found.append(column.call_id == wanted.call_id)
    return found


def _row(row: Row[Any]) -> FaxRow:
    named = _names.decode(row.named)
    return FaxRow(
        id=row.id,
        direction=FaxDirection(row.direction),
        at=to_s(row.at),
        call_id=row.call_id,
        number=row.number,
        e164=row.e164,
        station=row.station,
        local_station=row.local_station,
        employee_id=row.employee_id,
        employee_name=row.employee_name,
        pages=row.pages,
        resolution=row.resolution,
        rate=row.rate,
        result=None if row.result is None else FaxResult(row.result),
        error=row.error,
        file=", ".join(named) or None,
        keeping=row.keeping,
        shown_pages=row.kept_pages,
        handled_at=to_s_or_none(row.handled_at),
        handled_by=row.handled_by,
        note=row.note,
    )
