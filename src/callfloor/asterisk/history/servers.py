"""Servers that are only read: MySQL or MariaDB, and PostgreSQL."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pymysql
from psycopg.rows import tuple_row

from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.asterisk.mysql_tls import tls_options
from callfloor.errors import InvalidInputError

FETCHED_ROWS: Final = 5000
CONNECT_S: Final = 10
READ_S: Final = 300


class Database(Protocol):
    """One connection's questions, whatever the server."""

    def columns(self, table: str) -> set[str]:
        """Of a table; empty where there is none."""

    def indexed(self, table: str) -> set[str]:
        """The columns with which an index of the table begins."""

    def ask(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Rows of one page: see ``databases`` for how large it is."""

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
                **tls_options(parts.query),
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

    def indexed(self, table: str) -> set[str]:
        """See ``Database``."""
        query = (
            "SELECT column_name FROM information_schema.statistics "
            "WHERE table_schema = DATABASE() AND table_name = %s AND seq_in_index = 1"
        )
        return {str(row[0]).lower() for row in self.ask(query, [table])}

    def ask(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """See ``Database``."""
        # All rows of a page at once: one that is read as it comes cannot be left before its end (PyMySQL waits for it,
        # on a connection that may be gone).
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(query, list(values))
                rows = cursor.fetchall()
        except (pymysql.Error, OSError) as error:
            raise ImportSourceError(f"the connection was lost: {_told(error)}; run it again to go on") from None
        yield from rows

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

    def indexed(self, table: str) -> set[str]:
        """See ``Database``."""
        query = (
            "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0] "
            "WHERE indrelid = to_regclass(%s)"
        )
        return {str(row[0]).lower() for row in self.ask(query, [self.quoted(table)])}

    def ask(self, query: str, values: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """See ``Database``."""
        try:
            with self._connection.cursor(name="history") as cursor:
                cursor.itersize = FETCHED_ROWS
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
    local = {"host", "socket"} & set(parse_qs(parts.query))  # a Unix socket
    if parts.scheme not in OPENERS or not (parts.hostname or local):
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
