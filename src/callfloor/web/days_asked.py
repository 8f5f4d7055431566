"""The days a request asks for: text to dates of the project's zone, within limits."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query

from callfloor.errors import InvalidInputError

MOST_DAYS = 400
"""A year and a month: the longest period that a profile is made of at once."""

EARLIEST = date(1970, 1, 2)
LATEST = date(2099, 12, 31)
"""Beyond these no call of ours can be, in any zone."""

_FORMAT = {"format": "date"}
_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"

FirstDay = Annotated[
    str, Query(alias="from", pattern=_PATTERN, json_schema_extra=_FORMAT, description="The first day, YYYY-MM-DD.")
]
LastDay = Annotated[
    str, Query(alias="to", pattern=_PATTERN, json_schema_extra=_FORMAT, description="The last day, inclusive.")
]
OneDay = Annotated[str, Path(pattern=_PATTERN, json_schema_extra=_FORMAT, description="A day, YYYY-MM-DD.")]


def day(text: str, at: str) -> date:
    """A day.

    Raises:
        InvalidInputError: there is no such day, or it is before 1970 or after 2099. ``at`` is the parameter's place.
    """
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise InvalidInputError("There is no such day.", at=[at]) from None
    if not EARLIEST <= found <= LATEST:
        raise InvalidInputError("The day is out of range.", at=[at], earliest=str(EARLIEST), latest=str(LATEST))
    return found


def period(first: str, last: str) -> tuple[date, date]:
    """A period of days, both ends inclusive.

    Raises:
        InvalidInputError: a day is wrong, the last is before the first, or there are more than ``MOST_DAYS``.
    """
    begin, end = day(first, "query.from"), day(last, "query.to")
    if end < begin:
        raise InvalidInputError("The period ends before it begins.", at=["query.from", "query.to"])
    if (end - begin).days >= MOST_DAYS:
        raise InvalidInputError(
            f"A period has {MOST_DAYS} days at most.", at=["query.from", "query.to"], most_days=MOST_DAYS
        )
    return begin, end
