"""Many rows in a statement: inserted, put in the place of others, added to them, or kept as they were.

One statement takes hundreds of rows. Row by row the driver lets go of Python's lock and waits to have it again, while
others read: five times as long. The statements are text, so rows are held to the project here, before they are sent.
"""

import functools
from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql

from callfloor.store.boundary import OPTION, check_rows

_Rows = Sequence[dict[str, Any]]

_SIZES = (256, 64, 16, 4, 1)
"""Rows of one statement on SQLite, where it stays prepared; 256 of 32 columns are 8,192 of 32,766 values."""

_AT_ONCE = 5_000
_encode = msgspec.json.Encoder().encode


def insert_all(connection: Connection, table: Table, rows: _Rows) -> None:
    """Insert the rows, which have the same columns."""
    _send(connection, table, rows, "")


def put(connection: Connection, table: Table, rows: _Rows, columns: Sequence[str]) -> None:
    """Insert the rows; of one whose primary key is there, these columns take the new values."""
    key = [column.name for column in table.primary_key.columns]
    last = {tuple(row[name] for name in key): row for row in rows}  # PostgreSQL puts a row once a statement
    sets = ", ".join(f'"{name}" = excluded."{name}"' for name in columns)
    _send(connection, table, list(last.values()), f" ON CONFLICT ({_quoted(key)}) DO UPDATE SET {sets}")


def add(connection: Connection, table: Table, rows: _Rows, columns: Sequence[str]) -> None:
    """Insert the rows, no two of one key; of one whose primary key is there, these columns grow by the new values."""
    key = [column.name for column in table.primary_key.columns]
    sets = ", ".join(f'"{name}" = {table.name}."{name}" + excluded."{name}"' for name in columns)
    _send(connection, table, rows, f" ON CONFLICT ({_quoted(key)}) DO UPDATE SET {sets}")


def keep(connection: Connection, table: Table, rows: _Rows) -> None:
    """Insert the rows; one whose primary key is there stays as it is."""
    _send(connection, table, rows, " ON CONFLICT DO NOTHING")


def _send(connection: Connection, table: Table, rows: _Rows, end: str) -> None:
    if not rows:
        return
    check_rows(table, rows, connection.get_execution_options().get(OPTION))
    names = tuple(rows[0])
    if connection.dialect.name != "sqlite":
        statement = _from_json(table, names, end)
        for start in range(0, len(rows), _AT_ONCE):
            connection.exec_driver_sql(statement, (_encode(rows[start : start + _AT_ONCE]).decode(),))
        return
    take, start = itemgetter(*names), 0
    for size in _SIZES:
        while len(rows) - start >= size:
            some = rows[start : start + size]
            connection.exec_driver_sql(_values(table, names, size, end), tuple(chain.from_iterable(map(take, some))))
            start += size


@functools.lru_cache(maxsize=256)
def _values(table: Table, names: tuple[str, ...], size: int, end: str) -> str:
    row = f"({','.join('?' * len(names))})"
    return f"INSERT INTO {table.name} ({_quoted(names)}) VALUES {','.join([row] * size)}{end}"  # noqa: S608 - our own names


@functools.lru_cache(maxsize=64)
def _from_json(table: Table, names: tuple[str, ...], end: str) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = ", ".join(f'"{name}" {table.c[name].type.compile(dialect)}' for name in names)
    rows = f"json_to_recordset(%s::json) AS given ({types})"
    return f"INSERT INTO {table.name} ({_quoted(names)}) SELECT {_quoted(names)} FROM {rows}{end}"  # noqa: S608 - our own names


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
