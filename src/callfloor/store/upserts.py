"""Rows that may be there already: put in their place, or added to what is there. One statement on both databases."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_Rows = Sequence[dict[str, Any]]


def put(connection: Connection, table: Table, rows: _Rows, columns: Collection[str]) -> None:
    """Insert the rows; of one whose primary key is there, these columns take the new values."""
    if rows:
        statement = _insert(connection, table)
        new = {name: statement.excluded[name] for name in columns}
        connection.execute(statement.on_conflict_do_update(index_elements=_key(table), set_=new), rows)


def add(connection: Connection, table: Table, rows: _Rows, columns: Collection[str]) -> None:
    """Insert the rows; of one whose primary key is there, these columns grow by the new values."""
    if rows:
        statement = _insert(connection, table)
        grown = {name: table.c[name] + statement.excluded[name] for name in columns}
        connection.execute(statement.on_conflict_do_update(index_elements=_key(table), set_=grown), rows)


def _insert(connection: Connection, table: Table) -> Any:
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]
