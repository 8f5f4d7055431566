"""Where rows come from: what every source is, and what it says of a row that it had to leave out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from callfloor.asterisk.history.rows import HistoryRow, Reader
from callfloor.asterisk.history.times import Clock, RefusedRowError
from callfloor.errors import CallfloorError

CEL: Final = "cel"
CDR: Final = "cdr"
QUEUE_LOG: Final = "queue_log"
REQUIRED: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    CEL: (("eventtype",), ("eventtime",), ("uniqueid",), ("channame", "channel")),
    CDR: (("calldate", "start"), ("uniqueid",), ("channel",), ("disposition",), ("duration", "end")),
    QUEUE_LOG: (("time",), ("callid",), ("queuename",), ("event",)),
}
"""Columns without which there is nothing to import; of each group one."""


class ImportSourceError(CallfloorError):
    """The source cannot be read."""

    error_id = "import_source"


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A row, or a call, that could not be taken over, and why."""

    source: str
    place: int
    reason: str


class Source(Protocol):
    """Rows of one kind, in order of time."""

    @property
    def kind(self) -> str:
        """``cel``, ``cdr`` or ``queue_log``."""

    @property
    def key(self) -> str:
        """What names it from one run to the next; no secret in it."""

    @property
    def clock(self) -> Clock:
        """Which reads its times."""

    def size(self, after: int) -> int:
        """About how many steps are left from a place on (0: the beginning)."""

    def steps(self, after: int, place: int) -> int:
        """How many steps lie between two places (0: the beginning), in the unit of ``size``."""

    def place_at(self, at: float) -> int:
        """A place from which on all rows are that were written at this instant or later.

        Raises:
            ImportSourceError: as ``rows``.
        """

    def rows(self, after: int) -> Iterator[HistoryRow | Refused | None]:
        """The rows from a place on, that place included; None for one that tells nothing.

        Raises:
            ImportSourceError: it cannot be read, or is not what it was said to be.
        """


def lacking(kind: str, columns: Mapping[str, object] | set[str]) -> str:
    """Which columns a source of this kind lacks; empty where it has all that are needed."""
    return ", ".join("/".join(group) for group in REQUIRED[kind] if not any(name in columns for name in group))


def read_row(make: Reader, key: str, record: Sequence[Any], place: int, clock: Clock) -> HistoryRow | Refused | None:
    """A row of a source, or why it was left out."""
    try:
        return make(record, place, clock)
    except RefusedRowError as error:
        return Refused(source=key, place=place, reason=str(error))
