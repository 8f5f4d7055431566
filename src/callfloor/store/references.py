"""SQLite's foreign keys after a migration, which runs without them: none may point at nothing.

Asked of what the migration's statements may have loosened alone: over a whole file of ten million calls it takes
minutes.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from callfloor.errors import StoreDamagedError

_NAME = r'\s+(?:IF\s+EXISTS\s+)?"?(\w+)"?'
_GONE = re.compile(rf"\b(?:DROP\s+TABLE|DELETE\s+FROM|RENAME\s+TO){_NAME}", re.IGNORECASE)
"""Rows may be gone that others point at. A table is rebuilt by dropping it and giving its copy its name."""
_WRITTEN = re.compile(rf"\b(?:INSERT\s+INTO|UPDATE){_NAME}", re.IGNORECASE)
"""Rows may point elsewhere."""


@contextmanager
def heard(connection: Connection) -> Iterator[list[str]]:
    """The statements that are executed inside."""
    statements: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(connection, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", hear)


def to_check(connection: Connection, statements: Iterable[str]) -> list[str]:
    """The tables of which a row may point at nothing after these statements."""
    gone: set[str] = set()
    written: set[str] = set()
    for statement in statements:
        gone.update(_GONE.findall(statement))
        written.update(_WRITTEN.findall(statement))
    if not gone and not written:
        return []
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    pointing = {
        table
        for table in tables
        if gone & {row[2] for row in connection.exec_driver_sql(f'PRAGMA foreign_key_list("{table}")')}
    }
    return sorted((pointing | gone | written) & set(tables))


def check(connection: Connection, statements: Iterable[str]) -> None:
    """See that these statements left no row that points at nothing.

    Raises:
        StoreDamagedError: they did.
    """
    for table in to_check(connection, statements):
        if connection.exec_driver_sql(f'PRAGMA foreign_key_check("{table}")').first() is not None:
            raise StoreDamagedError("after the migration a row points at nothing; the migration was undone")
