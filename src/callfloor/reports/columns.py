"""What a document's table is made of: columns, and how a row of the store fills them. Values stay raw; writers write.

A value is None where there is nothing to say. By kind: an instant is UTC epoch seconds; a duration is seconds; a share
is 0–1; a count is a whole number; money is a decimal number as text; a text is a text.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, Final

import msgspec

from callfloor.errors import InvalidInputError
from callfloor.reports.words import words
from callfloor.store.journal_rows import JournalRow, Totals


class Kind(StrEnum):
    """How a value is written."""

    TEXT = "text"
    INSTANT = "instant"
    DURATION = "duration"
    COUNT = "count"
    SHARE = "share"
    MONEY = "money"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a document."""

    key: str
    title: str
    kind: Kind
    width: int  # in characters, of a sheet; in a page's table a share of the width


Take = Callable[[Any], Any]
"""A row's value for one column."""

Chunk = Sequence[Sequence[Any]]
"""Some rows, column by column: for each column of the document the raw values of as many rows as every other has.

By columns, because a loop over rows and cells in Python is too slow for millions of rows; ``map`` over a column is not.
"""

_CALLS: Final[dict[str, tuple[Kind, int]]] = {
    "started": (Kind.INSTANT, 19),
    "type": (Kind.TEXT, 12),
    "client": (Kind.TEXT, 18),
    "number": (Kind.TEXT, 18),
    "label": (Kind.TEXT, 18),
    "source": (Kind.TEXT, 16),
    "scheme": (Kind.TEXT, 16),
    "route": (Kind.TEXT, 30),
    "queue": (Kind.TEXT, 16),
    "employee": (Kind.TEXT, 24),
    "department": (Kind.TEXT, 18),
    "waiting": (Kind.DURATION, 10),
    "ringing": (Kind.DURATION, 10),
    "talk": (Kind.DURATION, 10),
    "hold": (Kind.DURATION, 10),
    "duration": (Kind.DURATION, 10),
    "result": (Kind.TEXT, 18),
    "hung_up_by": (Kind.TEXT, 14),
    "marks": (Kind.TEXT, 20),
    "tags": (Kind.TEXT, 18),
    "notes": (Kind.COUNT, 8),
    "recorded": (Kind.TEXT, 9),
    "cost": (Kind.MONEY, 10),
    "currency": (Kind.TEXT, 8),
    "answered": (Kind.INSTANT, 19),
    "ended": (Kind.INSTANT, 19),
    "repaired": (Kind.TEXT, 11),
    "call_id": (Kind.TEXT, 28),
}

CALL_KEYS: Final = tuple(_CALLS)
"""Every column that a document of calls can have, by the journal's names."""

USUAL_CALL_KEYS: Final = (
    "started", "type", "client", "number", "source", "queue", "employee", "department",
    "waiting", "talk", "duration", "result", "hung_up_by", "marks",
)  # fmt: skip
"""The columns of a document of calls where none are chosen."""

TOTALS_KEYS: Final = (
    "calls", "received", "missed", "abandoned", "outbound", "callback", "internal", "unique", "repeat", "target",
    "successful", "spam", "talk", "average_talk", "average_waiting", "answered_ratio", "conversion",
)  # fmt: skip
"""Every column that a document of totals can have."""

_TOTALS_KINDS: Final = {
    "talk": (Kind.DURATION, 12),
    "average_talk": (Kind.DURATION, 12),
    "average_waiting": (Kind.DURATION, 12),
    "answered_ratio": (Kind.SHARE, 11),
    "conversion": (Kind.SHARE, 11),
}


def call_columns(keys: Sequence[str], language: str) -> tuple[Column, ...]:
    """The columns of a document of calls, in the order given; the usual ones where none are.

    Raises:
        InvalidInputError: there is no such column, or one comes twice.
    """
    return tuple(_column(key, *_CALLS[key], language) for key in _known(keys or USUAL_CALL_KEYS, _CALLS))


def totals_columns(keys: Sequence[str], language: str) -> tuple[Column, ...]:
    """The columns of a document of totals, without the one that names the groups; all where none are given.

    Raises:
        InvalidInputError: there is no such column, or one comes twice.
    """
    known = _known(keys or TOTALS_KEYS, dict.fromkeys(TOTALS_KEYS))
    return tuple(_column(key, *_TOTALS_KINDS.get(key, (Kind.COUNT, 11)), language) for key in known)


def _known(keys: Sequence[str], known: Any) -> Sequence[str]:
    if len(set(keys)) != len(keys) or any(key not in known for key in keys):
        raise InvalidInputError("a column is not known, or comes twice", columns=[*known])
    return keys


def _column(key: str, kind: Kind, width: int, language: str) -> Column:
    return Column(key=key, title=words(language)[f"column.{key}"], kind=kind, width=width)


def call_takers(columns: Sequence[Column], language: str) -> list[Take]:
    """For each column, what takes its value from a ``JournalRow``."""
    said = words(language)
    types = {name: said[f"type.{name}"] for name in ("inbound", "outbound", "internal", "callback")}
    parties = {name: said[f"party.{name}"] for name in ("client", "employee", "external", "system")}
    marks = {key.removeprefix("mark."): word for key, word in said.items() if key.startswith("mark.")}
    yes, hidden = said["yes"], said["hidden"]

    def result(row: JournalRow) -> str:
        if row.abandoned_in is not None:
            return said[f"result.abandoned_{row.abandoned_in}"]
        return said[f"result.{row.result}"]

    def client(row: JournalRow) -> str:
        return row.client_e164 or row.client_number or hidden

    def names(row: JournalRow) -> str | None:
        return ", ".join(dict.fromkeys(p.employee_name or p.account for p in row.people)) or None

    def departments(row: JournalRow) -> str | None:
        return ", ".join(dict.fromkeys(p.department_name for p in row.people if p.department_name)) or None

    takers: dict[str, Take] = {
        "started": lambda row: row.started_at,
        "answered": lambda row: row.answered_at,
        "ended": lambda row: row.ended_at,
        "type": lambda row: types[row.type],
        "client": client,
        "number": lambda row: row.business_number,
        "label": lambda row: row.number_label,
        "source": lambda row: row.source,
        "scheme": lambda row: row.scheme,
        "route": lambda row: " → ".join(row.route) or None,
        "queue": lambda row: ", ".join(dict.fromkeys(row.queues)) or None,
        "employee": names,
        "department": departments,
        "waiting": lambda row: row.waiting_s,
        "ringing": lambda row: row.ringing_s,
        "talk": lambda row: row.talk_s,
        "hold": lambda row: row.hold_s,
        "duration": lambda row: row.duration_s,
        "result": result,
        "hung_up_by": lambda row: parties.get(row.hung_up_by or ""),
        "marks": lambda row: ", ".join([marks[mark] for mark in row.marks]) or None,
        "tags": lambda row: ", ".join(row.tags) or None,
        "notes": lambda row: row.notes or None,
        "recorded": lambda row: yes if row.recorded else None,
        "cost": lambda row: row.cost,
        "currency": lambda row: row.currency,
        "repaired": lambda row: yes if row.repaired else None,
        "call_id": lambda row: row.call_id,
    }
    return [takers[column.key] for column in columns]


def totals_takers(columns: Sequence[Column]) -> list[Take]:
    """For each column, what takes its value from a ``Totals``."""
    own = {"talk": "talk_s", "average_talk": "average_talk_s", "average_waiting": "average_waiting_s"}

    def taker(field: str) -> Take:
        return lambda totals: getattr(totals, field)

    fields = [own.get(column.key, column.key) for column in columns]
    for field in fields:
        assert field in Totals.__struct_fields__, field  # noqa: S101 - a column that no total has is our mistake
    return [taker(field) for field in fields]
