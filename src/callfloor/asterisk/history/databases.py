"""Records in tables: FreePBX's ``asteriskcdrdb`` in MySQL or MariaDB, and PostgreSQL.

Nothing is ever written there. Call events are paged by their ``id`` (``eventtime`` has no index on FreePBX), call
records day by day of ``calldate`` (indexed), so that memory stays flat at any size and every question is cheap.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pymysql
import pymysql.cursors
from psycopg.rows import tuple_row

from callfloor.asterisk.history.rows import HistoryRow
from callfloor.asterisk.history.sources import CDR, CEL, QUEUE_LOG, ImportSourceError, Refused, lacking, read_row
from callfloor.asterisk.history.times import Clock
from callfloor.errors import InvalidInputError

PAGE_ROWS: Final = 5000
CONNECT_S: Final = 10
READ_S: Final = 300
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


class Database(Protocol):
    """One connection's questions, whatever the server."""

    def columns(self, table: str) -> set[str]:
        """Of a table; empty where there is none."""

    def ask(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Rows, fetched as they are used."""

    def quoted(self, name: str) -> str:
        """An identifier."""

    def close(self) -> None:
        """Leave."""


class MySql:
    """MySQL or MariaDB."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            self._connection = pymysql.connect(
                host=parts.hostname or "localhost",
                port=parts.port or 3306,
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
                database=parts.path.lstrip("/") or "asteriskcdrdb",
                unix_socket=next(iter(parse_qs(parts.query).get("socket", ())), None),
                charset="utf8mb4",
                connect_timeout=CONNECT_S,
                read_timeout=READ_S,
                local_infile=False,
                conv=pymysql.converters.conversions | {pymysql.constants.FIELD_TYPE.DATETIME: _as_text},
            )
        except (pymysql.Error, OSError, ValueError, RuntimeError) as error:
            raise ImportSourceError(f"the database cannot be reached: {_told(error)}") from None
        with self._connection.cursor() as cursor:
            cursor.execute("SET SESSION TRANSACTION READ ONLY")

    def columns(self, table: str) -> set[str]:
        """See ``Database``."""
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(f"SHOW COLUMNS FROM {self.quoted(table)}")
                return {str(row[0]).lower() for row in cursor.fetchall()}
        except pymysql.err.ProgrammingError:
            return set()
        except pymysql.Error as error:
            raise ImportSourceError(f"the table {table} cannot be read: {_told(error)}") from None

    def ask(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """See ``Database``."""
        try:
            with self._connection.cursor(pymysql.cursors.SSCursor) as cursor:
                cursor.execute(query, list(values))
                while rows := cursor.fetchmany(PAGE_ROWS):
                    yield from rows
        except (pymysql.Error, OSError) as error:
            raise ImportSourceError(f"the connection was lost: {_told(error)}; run it again to go on") from None

    def quoted(self, name: str) -> str:
        """See ``Database``."""
        return ".".join(f"`{part}`" for part in name.split("."))

    def close(self) -> None:
        """See ``Database``."""
        try:
            self._connection.close()
        except pymysql.Error:
            return


class PostgreSql:
    """PostgreSQL."""

    def __init__(self, url: str) -> None:
        try:
            self._connection = psycopg.connect(url, connect_timeout=CONNECT_S, row_factory=tuple_row)
            self._connection.read_only = True
        except psycopg.Error as error:
            raise ImportSourceError(f"the database cannot be reached: {_told(error)}") from None

    def columns(self, table: str) -> set[str]:
        """See ``Database``."""
        query = "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped"
        try:
            with self._connection.cursor() as cursor:
                return {str(row[0]).lower() for row in cursor.execute(query, [self.quoted(table)])}
        except psycopg.Error as error:
            raise ImportSourceError(f"the table {table} cannot be read: {_told(error)}") from None

    def ask(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """See ``Database``."""
        try:
            with self._connection.cursor(name="history") as cursor:
                cursor.itersize = PAGE_ROWS
                cursor.execute(query.encode(), list(values))
                yield from cursor
        except psycopg.Error as error:
            raise ImportSourceError(f"the connection was lost: {_told(error)}; run it again to go on") from None

    def quoted(self, name: str) -> str:
        """See ``Database``."""
        return ".".join(f'"{part}"' for part in name.split("."))

    def close(self) -> None:
        """See ``Database``."""
        self._connection.close()


def _as_text(value: str | bytes) -> str:
    """DATETIME as it stands: a zero date is no exception, and the zone is ours to apply."""
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value


def _told(error: Exception) -> str:
    """An error's text; of a server's the number with it. Passwords are in none of them."""
    said = " ".join(str(part) for part in error.args) or type(error).__name__
    return said.strip().splitlines()[0][:200]


OPENERS: Final[dict[str, Callable[[str], Database]]] = {
    "mysql": MySql,
    "mariadb": MySql,
    "postgresql": PostgreSql,
    "postgres": PostgreSql,
}


def checked_url(url: str) -> str:
    """The URL, where it is one of a database that can be read.

    Raises:
        InvalidInputError: it is not.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in OPENERS or not parts.hostname:
        raise InvalidInputError("give the database as mysql://user:password@host/asteriskcdrdb or postgresql://…")
    return url


def named(url: str) -> str:
    """The database without user and password, as it may be shown and kept."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


@contextmanager
def connected(url: str) -> Iterator[Database]:
    """A connection that only reads.

    Raises:
        InvalidInputError: no such URL.
        ImportSourceError: it cannot be made.
    """
    database = OPENERS[urlsplit(checked_url(url)).scheme](url)
    try:
        yield database
    finally:
        database.close()


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
                self._by_id(database, query, after) if column == "id" else self._by_day(database, query, column, after)
            )
            for place, row in pages:
                fields = dict(zip(wanted, row, strict=True))
                yield read_row(
                    self.kind, self.key, fields, place if place is not None else int(fields["id"]), self.clock
                )

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

    def _by_day(
        self, database: Database, query: str, column: str, after: int
    ) -> Iterator[tuple[int | None, tuple[Any, ...]]]:
        quoted, table = database.quoted(column), database.quoted(self._table)
        ((first, last),) = database.ask(f"SELECT MIN({quoted}), MAX({quoted}) FROM {table}", [])  # noqa: S608
        if first is None:
            return
        day = max(self._moment(first), self._began or datetime.min, _of_place(after) if after else datetime.min)  # noqa: DTZ901
        end = min(self._moment(last) + timedelta(seconds=1), self._ended or datetime.max)  # noqa: DTZ901
        while day < end:
            until = min(day + timedelta(days=1), end)
            asked = f"{query} WHERE {quoted} >= %s AND {quoted} < %s ORDER BY {quoted}"
            for row in database.ask(asked, [day.strftime(_STAMP), until.strftime(_STAMP)]):
                yield _to_place(self._moment(row[0])), row
            day = until


def _to_place(moment: datetime) -> int:
    return int(moment.strftime("%Y%m%d%H%M%S"))


def _of_place(place: int) -> datetime:
    return datetime.strptime(str(place), "%Y%m%d%H%M%S")  # noqa: DTZ007 - the PBX's local time
