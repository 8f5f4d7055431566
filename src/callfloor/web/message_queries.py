"""What lists of voicemail and faxes are asked by: days, words with commas between, orders, cursors; and who may see."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from fastapi import Query

from callfloor.errors import InvalidInputError
from callfloor.floor.days import day_bounds
from callfloor.store.message_pages import LARGEST_PAGE, MessageSight, MessageSort
from callfloor.store.store import Store
from callfloor.web import days_asked, masked
from callfloor.web.access import Viewer

E_ = TypeVar("E_", bound=StrEnum)
T = TypeVar("T")

MOST_VALUES = 200
PAGE = 50

_DAY = {"pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "json_schema_extra": {"format": "date"}}
First = Annotated[str | None, Query(alias="from", description="The first day, YYYY-MM-DD.", **_DAY)]
Last = Annotated[str | None, Query(alias="to", description="The last day, inclusive.", **_DAY)]
Words = Annotated[str | None, Query(max_length=4000, description="One or several, with commas between them.")]
Part = Annotated[str | None, Query(max_length=40, description="A part of the number or the name.")]
Handled = Annotated[str | None, Query(pattern="^(yes|no)$", description="yes: dealt with; no: open.")]
OfCall = Annotated[
    str | None, Query(alias="call", pattern=r"^[!-~]{1,128}$", description="The id of the call that they came in.")
]
Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
After = Annotated[str | None, Query(max_length=1000, description="The last page's next_cursor.")]
Order = Annotated[str, Query(max_length=40, description="A column; with a minus from the last to the first.")]


def words(text: str | None) -> list[str] | None:
    """The values; a comma of their own stands as %2C. None says nothing.

    Raises:
        InvalidInputError: there are too many.
    """
    found = [unquote(one) for one in (text or "").split(",") if one]
    if len(found) > MOST_VALUES:
        raise InvalidInputError(f"At most {MOST_VALUES} values at once.")
    return found or None


def known(text: str | None, kind: type[E_], at: str) -> frozenset[E_] | None:
    """Values of a closed list.

    Raises:
        InvalidInputError: one of them is none.
    """
    return _each(text, kind, at)


def numbers(text: str | None, at: str) -> frozenset[int] | None:
    """Ids.

    Raises:
        InvalidInputError: one of them is none.
    """

    def number(one: str) -> int:
        if not (one.isascii() and one.isdigit() and len(one) <= 15):
            raise ValueError
        return int(one)

    return _each(text, number, at)


def _each(text: str | None, read: Callable[[str], T], at: str) -> frozenset[T] | None:
    found: Iterable[str] | None = words(text)
    if found is None:
        return None
    try:
        return frozenset(read(one) for one in found)
    except ValueError:
        raise InvalidInputError("A value is none of those that there are.", at=[at]) from None


def order(text: str, keys: Iterable[str]) -> MessageSort:
    """The order.

    Raises:
        InvalidInputError: there is no such column.
    """
    key = text.removeprefix("-")
    if key not in keys:
        raise InvalidInputError("There is no such order.", at=["query.sort"])
    return MessageSort(key=key, descending=text.startswith("-"))


def guard_numbers(viewer: Viewer, part: str | None, order: MessageSort) -> None:
    """Whoever sees numbers masked may look for a name, but neither for figures nor in the order of numbers.

    Raises:
        NumbersMaskedError: it would tell them of a number.
    """
    if part and any(char.isnumeric() or char in "+*#" for char in part):
        masked.refused(viewer, "search")
    if order.key in {"caller", "number", "station"}:
        masked.refused(viewer, "order")


def yes_or_no(text: str | None) -> bool | None:
    """``yes``, ``no``, or nothing."""
    return None if text is None else text == "yes"


def instants(first: str | None, last: str | None, timezone: str) -> tuple[float, float]:
    """The first instant of the first day, and the one after the last, in the project's zone. None has no end.

    Raises:
        InvalidInputError: there is no such day, or the last is before the first.
    """
    zone = ZoneInfo(timezone)
    begin = days_asked.day(first, "query.from") if first is not None else days_asked.EARLIEST
    end = days_asked.day(last, "query.to") if last is not None else days_asked.LATEST
    if end < begin:
        raise InvalidInputError("The period ends before it begins.", at=["query.from", "query.to"])
    return day_bounds(begin, zone)[0], day_bounds(end, zone)[1]


def sight_of(viewer: Viewer, store: Store) -> MessageSight:
    """Whose messages the viewer sees. Blocking.

    A box that is nobody's, and a fax of no employee's call, are the company's: administrators and analysts see them.

    Raises:
        StoreError: the directory cannot be read.
    """
    sight = viewer.sight
    if sight.departments is not None:
        directory = store.project(viewer.project_id).directory.load()
        return MessageSight(department_ids=sight.departments_within(directory) or frozenset())
    return MessageSight(employee_id=sight.employee_id)
