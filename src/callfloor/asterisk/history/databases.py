"""Records in tables: FreePBX's ``asteriskcdrdb`` in MySQL or MariaDB, and PostgreSQL.

Nothing is ever written there. Call events are paged by their ``id`` (``eventtime`` has no index on FreePBX), call
records hour by hour of ``calldate`` (indexed), so that memory stays flat at any size and every question is cheap.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from callfloor.asterisk.history.rows import HistoryRow, reader
from callfloor.asterisk.history.servers import Database, checked_url, connected, named
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, ImportSourceError, Refused, lacking, read_row
from callfloor.asterisk.history.times import Clock, RefusedRowError
from callfloor.errors import InvalidInputError

PAGE_ROWS: Final = 5000
NEAR_ROWS: Final = 200
WINDOW: Final = timedelta(hours=1)
COLUMNS: Final = {
    CEL: (
        *("id", "eventtype", "eventtime", "userdeftype", "cid_num", "exten", "context", "channame", "appname"),
        *("appdata", "uniqueid", "linkedid", "peer", "extra", "eventextra"),
    ),
    CDR: (
        *("calldate", "start", "answer", "end", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp"),
        *("lastdata", "duration", "billsec", "disposition", "uniqueid", "linkedid", "sequence", "did"),
        *("recordingfile", "cnum", "outbound_cnum"),
    ),
    QUEUE_LOG: ("id", "time", "callid", "queuename", "agent", "event", "data", *(f"data{n}" for n in range(1, 6))),
}
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,63}(\.[A-Za-z_][A-Za-z0-9_$]{0,63})?")
_STAMP: Final = "%Y-%m-%d %H:%M:%S"


class Table:
    """One table as a source; a connection of its own for each reading."""

    def __init__(
        self,
        url: str,
        kind: str,
        clock: Clock,
        *,
        table: str | None = None,
        began: datetime | None = None,
        ended: datetime | None = None,
    ) -> None:
        """``began`` and ``ended`` are local times of the PBX: rows from the one and before the other."""
        self._url = checked_url(url)
        self._table = table or kind
        if not _NAME.fullmatch(self._table):
            raise InvalidInputError("a table's name is made of letters, digits and _")
        self.kind = kind
        self.clock = clock
        self._began, self._ended = began, ended
        self._first = 0  # the place of the first row
        self.key = f"{kind} {named(url)} {self._table} {began or ''} {ended or ''}".strip()

    def is_there(self) -> bool:
        """Is there such a table?"""
        with connected(self._url) as database:
            return bool(database.columns(self._table))

    def size(self, after: int) -> int:
        """Seconds of the period for call records, ids for others."""
        with connected(self._url) as database:
            column = self._pages_by(database.columns(self._table))
            quoted, table = database.quoted(column), database.quoted(self._table)
            (row,) = database.ask(f"SELECT MIN({quoted}), MAX({quoted}) FROM {table}", [])  # noqa: S608
            if row[0] is None:
                return 0
            if column == "id":
                self._first = int(row[0])
                return max(0, int(row[1]) - max(after, int(row[0])))
            first, last = self._moment(row[0]), self._moment(row[1])
            self._first = _to_place(first)
            if after:
                first = max(first, _of_place(after))
            return max(0, round((last - first).total_seconds()))

    def steps(self, after: int, place: int) -> int:
        """In the unit of ``size``, which is asked before."""
        after = max(after, self._first)
        if self.kind == CDR and place and after:
            return round((_of_place(place) - _of_place(after)).total_seconds())
        return place - after

    def place_at(self, at: float) -> int:
        """See ``Source``: by a search over ids, for time has no index; call records by their hour."""
        at = self.clock.surely_before(at)
        with connected(self._url) as database:
            there = database.columns(self._table)
            if not there:
                raise ImportSourceError(f"there is no table {self._table}")
            if self._pages_by(there) != "id":
                return _to_place(self.clock.local(at))
            table, time = database.quoted(self._table), database.quoted("eventtime" if self.kind == CEL else "time")
            ((low, high),) = database.ask(f"SELECT MIN(id), MAX(id) FROM {table}", [])  # noqa: S608
            if low is None:
                return 0
            low, high = int(low), int(high) + 1
            nearest = f"SELECT id, {time} FROM {table} WHERE id >= %s ORDER BY id LIMIT 1"  # noqa: S608
            while high - low > NEAR_ROWS:
                middle = (low + high) // 2
                found = next(iter(list(database.ask(nearest, [middle]))), None)
                if found is None or self._at(found[1]) >= at:
                    high = middle
                else:
                    low = max(int(found[0]), middle)
            return low

    def _at(self, value: object) -> float:
        try:
            return self.clock.again().read(value, None)
        except RefusedRowError:
            return 0.0

    @staticmethod
    def _moment(value: object) -> datetime:
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        try:
            return datetime.fromisoformat(str(value)[:19])
        except ValueError:
            return datetime(1970, 1, 1)  # noqa: DTZ001 - a zero date

    def _pages_by(self, columns: set[str]) -> str:
        if missing := lacking(self.kind, columns):
            raise ImportSourceError(f"the table {self._table} lacks: {missing}")
        if self.kind == CDR:
            return "calldate" if "calldate" in columns else "start"
        return "id" if "id" in columns else "eventtime" if self.kind == CEL else "time"

    def rows(self, after: int) -> Iterator[HistoryRow | Refused | None]:
        """See ``Source``."""
        with connected(self._url) as database:
            there = database.columns(self._table)
            if not there:
                raise ImportSourceError(f"there is no table {self._table}")
            column = self._pages_by(there)
            wanted = [name for name in COLUMNS[self.kind] if name in there]
            chosen = ", ".join(database.quoted(name) for name in wanted)
            query = f"SELECT {chosen} FROM {database.quoted(self._table)}"  # noqa: S608 - quoted above
            pages = (
                self._by_id(database, query, after) if column == "id" else self._by_hour(database, query, column, after)
            )
            make, number = reader(self.kind, wanted), wanted.index("id") if "id" in wanted else 0
            for place, row in pages:
                yield read_row(make, self.key, row, place if place is not None else int(row[number]), self.clock)

    def _by_id(self, database: Database, query: str, after: int) -> Iterator[tuple[int | None, tuple[Any, ...]]]:
        time = database.quoted("eventtime" if self.kind == CEL else "time")
        period, values = self._period(time)
        last = after - 1
        while True:
            found = 0
            for row in database.ask(f"{query} WHERE id > %s{period} ORDER BY id LIMIT {PAGE_ROWS}", [last, *values]):
                found, last = found + 1, int(row[0])
                yield None, row
            if found < PAGE_ROWS:
                return

    def _period(self, column: str) -> tuple[str, list[object]]:
        said, values = "", list[object]()
        for sign, moment in ((">=", self._began), ("<", self._ended)):
            if moment is not None:
                said += f" AND {column} {sign} %s"
                values.append(moment.strftime(_STAMP))
        return said, values

    def _by_hour(
        self, database: Database, query: str, column: str, after: int
    ) -> Iterator[tuple[int | None, tuple[Any, ...]]]:
        quoted, table = database.quoted(column), database.quoted(self._table)
        ((first, last),) = database.ask(f"SELECT MIN({quoted}), MAX({quoted}) FROM {table}", [])  # noqa: S608
        if first is None:
            return
        moment = max(self._moment(first), self._began or datetime.min, _of_place(after) if after else datetime.min)  # noqa: DTZ901
        end = min(self._moment(last) + timedelta(seconds=1), self._ended or datetime.max)  # noqa: DTZ901
        while moment < end:
            until = min(moment + WINDOW, end)
            asked = f"{query} WHERE {quoted} >= %s AND {quoted} < %s ORDER BY {quoted}"
            found = False
            for row in database.ask(asked, [moment.strftime(_STAMP), until.strftime(_STAMP)]):
                found = True
                yield _to_place(self._moment(row[0])), row
            moment = until
            if not found:  # nights and years without calls are passed over at once
                later = f"SELECT MIN({quoted}) FROM {table} WHERE {quoted} >= %s"  # noqa: S608
                ((first,),) = database.ask(later, [moment.strftime(_STAMP)])
                if first is None:
                    return
                moment = max(moment, self._moment(first))


def _to_place(moment: datetime) -> int:
    return int(moment.strftime("%Y%m%d%H%M%S"))


def _of_place(place: int) -> datetime:
    return datetime.strptime(str(place), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the PBX's local time
