"""What lists of voicemail and faxes have in common: whose they are, how a page goes on after another, marks."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, String, Table, and_, func, or_, update

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.store.instants import to_ms
from callfloor.store.scope import Scope
from callfloor.store.texts import kept

LARGEST_PAGE = 500
LONGEST_NOTE = 2000
SHORTEST_PART, LONGEST_PART = 2, 40
NOBODYS = -1
"""No department has this id; a bare "false" would swallow the condition that holds a query to its project."""

_NUMBER = re.compile(r"[\d\s()+./-]+")


class MessageSight(msgspec.Struct, frozen=True, kw_only=True):
    """Whose messages may be seen: everybody's and nobody's (both None), these departments', or this employee's own."""

    department_ids: frozenset[int] | None = None
    employee_id: int | None = None

    @property
    def all(self) -> bool:
        return self.department_ids is None and self.employee_id is None


class MessageSort(msgspec.Struct, frozen=True, kw_only=True):
    """By a column's name; what is unknown comes last, and of equals the latest first."""

    key: str = "at"
    descending: bool = True


class Owners(msgspec.Struct, frozen=True):
    """The joined columns that say whose a message is."""

    employee_id: ColumnElement[Any]
    department_id: ColumnElement[Any]

    def seen(self, sight: MessageSight) -> ColumnElement[bool]:
        """Where ``sight.all`` does not hold."""
        if sight.department_ids is not None:
            return self.department_id.in_(sorted(sight.department_ids) or [NOBODYS])
        return self.employee_id == sight.employee_id


def searched(*parts: str | None) -> str:
    """What a part is looked for in: all of it small, a number by its digits too."""
    known = [kept(part) for part in parts if part]
    digits = ["".join(one for one in part if one.isdigit()) for part in known]
    return "\n".join([*(part.casefold() for part in known), *(one for one in digits if one)])


def part_within(column: ColumnElement[Any], part: str) -> ColumnElement[bool]:
    """Whether a part of a number or a name is in it.

    Raises:
        InvalidInputError: it is too short or too long.
    """
    part = part.strip()
    if not SHORTEST_PART <= len(part) <= LONGEST_PART:
        raise InvalidInputError(f"A part has from {SHORTEST_PART} to {LONGEST_PART} characters.", at=["query.part"])
    folded = kept(part).casefold()
    wanted = [folded]
    digits = "".join(one for one in folded if one.isdigit())
    if digits and digits != folded and _NUMBER.fullmatch(folded):
        wanted.append(digits)  # +48 (601) … as a person writes it
    return or_(*(column.contains(one, autoescape=True) for one in wanted))


def page(
    scope: Scope,
    query: Select[Any],
    column: ColumnElement[Any] | None,
    tie: Sequence[ColumnElement[Any]],
    sort: MessageSort,
    *,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[Any]], str | None, int]:
    """Some rows of a query in this order, the cursor of what comes after them, and how many there are in all.

    Raises:
        InvalidInputError: the limit is not 1–500, there is no column to sort by, or the cursor is not one of ours.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise InvalidInputError(f"limit must be from 1 to {LARGEST_PAGE}")
    if column is None:
        raise InvalidInputError("There is no such order.", at=["query.sort"])
    by = column.desc() if sort.descending else column.asc()
    shown = query.order_by(by.nulls_last(), *(one.desc() for one in tie)).limit(limit + 1)
    if cursor is not None:
        shown = shown.where(_after(cursor, column, tie, sort))
    keys = [one.label(f"sorted_{place}") for place, one in enumerate((column, *tie))]
    count = query.with_only_columns(func.count(), maintain_column_froms=True).order_by(None)
    with scope.reading() as connection:
        rows = connection.execute(shown.add_columns(*keys)).all()
        total = connection.execute(count).scalar_one()
    more = None
    if len(rows) > limit:
        more = _cursor_of(sort, [getattr(rows[limit - 1], key.name) for key in keys])
    return rows[:limit], more, total


def _after(cursor: str, column: ColumnElement[Any], tie: Sequence[ColumnElement[Any]], sort: MessageSort) -> Any:
    """The condition that a row comes after the last of the page before."""
    value, *rest = _read_cursor(cursor, sort, len(tie), str if isinstance(column.type, String) else int)
    (first, second), (a, b) = tie, rest
    ties = or_(first < a, and_(first == a, second < b))
    if value is None:
        return and_(column.is_(None), ties)
    further = column < value if sort.descending else column > value
    return or_(further, and_(column == value, ties), column.is_(None))


def _cursor_of(sort: MessageSort, values: Sequence[Any]) -> str:
    """The place of a row in this order."""
    return base64.urlsafe_b64encode(msgspec.json.encode([sort.key, sort.descending, *values])).decode().rstrip("=")


def _read_cursor(cursor: str, sort: MessageSort, ties: int, kind: type) -> list[Any]:
    wrong = InvalidInputError("The cursor is not one that a page of this order gave.", at=["query.after"])
    try:
        found = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise wrong from None
    if not isinstance(found, list) or found[:2] != [sort.key, sort.descending] or len(found) != 3 + ties:
        raise wrong
    value, *rest = found[2:]
    numbers = [*rest, value] if kind is int and value is not None else rest
    if not all(isinstance(one, int) and not isinstance(one, bool) and abs(one) < 2**63 for one in numbers):
        raise wrong
    if value is not None and not isinstance(value, kind):
        raise wrong
    return [kept(value) if isinstance(value, str) else value, *rest]


# --- marks ------------------------------------------------------------------------------------------------------


class Marked:
    """A project's rows of one table, which somebody deals with and notes something by."""

    def __init__(self, scope: Scope, table: Table) -> None:
        self._scope = scope
        self._table = table

    def mark(self, row_id: int, *, handled: bool, by_id: int | None, by: str | None, at: float) -> None:
        """Somebody has dealt with it, or it is open again.

        Raises:
            NotFoundError: there is none of this id.
        """
        self._set(
            row_id,
            handled_at=to_ms(at) if handled else None,
            handled_by_id=by_id if handled else None,
            handled_by=kept(by) if handled and by is not None else None,
        )

    def note(self, row_id: int, text: str) -> None:
        """What stands by it; an empty text takes it away.

        Raises:
            NotFoundError: there is none of this id.
            InvalidInputError: it is too long.
        """
        text = kept(text).strip()
        if len(text) > LONGEST_NOTE:
            raise InvalidInputError(f"A note has {LONGEST_NOTE} characters at most.", at=["body.note"])
        self._set(row_id, note=text or None)

    def _set(self, row_id: int, **values: Any) -> None:
        table = self._table
        with self._scope.writing() as connection:
            this = update(table).where(self._scope.within(table), table.c.id == row_id)
            if connection.execute(this.values(**values)).rowcount == 0:
                raise NotFoundError
