"""Rows that may be there already: put in their place, or added to what is there. One statement on both databases."""

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

_Rows = Sequence[dict[str, Any]]


def put(connection: Connection, table: Table, rows: _Rows, columns: Sequence[str]) -> None:
    """Insert the rows; of one whose primary key is there, these columns take the new values."""
    if rows:
        connection.execute(_statement(connection.dialect.name, table, tuple(columns), grow=False), rows)


def add(connection: Connection, table: Table, rows: _Rows, columns: Sequence[str]) -> None:
    """Insert the rows; of one whose primary key is there, these columns grow by the new values."""
    if rows:
        connection.execute(_statement(connection.dialect.name, table, tuple(columns), grow=True), rows)


@functools.lru_cache(maxsize=64)  # to make one takes a millisecond; there are a dozen
def _statement(dialect: str, table: Table, columns: tuple[str, ...], *, grow: bool) -> Any:
    statement: Any = (sqlite if dialect == "sqlite" else postgresql).insert(table)
    new = statement.excluded
    key = [column.name for column in table.primary_key.columns]
    values = {name: table.c[name] + new[name] if grow else new[name] for name in columns}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def keep(connection: Connection, table: Table, rows: _Rows) -> None:
    """Insert the rows; one whose primary key is there stays as it is."""
    if rows:
        statement: Any = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)
        connection.execute(statement.on_conflict_do_nothing(), rows)
