"""The long part of a migration: what goes over every row, in pieces that each are a transaction of their own.

A revision that has such a part defines ``rows(connection)`` and ``carry(connection, place, most)`` beside ``upgrade``.
Its tables are changed, and the version is marked, together with a line in a table of ours that says how far the rows
are; with the last piece the table goes. Killed in between, the next start goes on where the last piece ended.
"""

from collections.abc import Callable

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

PIECE_ROWS = 50_000
"""A second or two of work: what is done again at most, and how long a stop is waited for."""

_TABLE = sa.table("upgrade_work", *(sa.column(name) for name in ("revision", "place", "done", "of")))

Rows = Callable[[Connection], int]
Carry = Callable[[Connection, str, int], tuple[str | None, int]]
"""Does the piece that begins at a place, at first ``""``: the next place, None at the end, and how many rows it had."""


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """A revision whose rows are not all carried over."""

    revision: str
    place: str
    done: int
    of: int


def unfinished(connection: Connection) -> Unfinished | None:
    """What an upgrade that was cut short has left to do; None almost always."""
    if not sa.inspect(connection).has_table(_TABLE.name):
        return None
    found = connection.execute(sa.select(_TABLE)).one_or_none()
    if found is None:
        return None
    return Unfinished(revision=found.revision, place=found.place, done=found.done, of=found.of)


def begin(connection: Connection, revision: str, rows: int) -> None:
    """The tables are as the revision has them; its rows are to be carried over from now on."""
    connection.execute(
        sa.text(
            "CREATE TABLE upgrade_work (revision TEXT NOT NULL, place TEXT NOT NULL, done BIGINT NOT NULL,"
            ' "of" BIGINT NOT NULL)'
        )
    )
    connection.execute(sa.insert(_TABLE).values(revision=revision, place="", done=0, of=rows))


def carry_on(connection: Connection, work: Unfinished, carry: Carry, most: int) -> Unfinished | None:
    """Do one piece; what is left after it, None where that was the last."""
    place, rows = carry(connection, work.place, most)
    if place is None:
        connection.execute(sa.text("DROP TABLE upgrade_work"))
        return None
    left = msgspec.structs.replace(work, place=place, done=work.done + rows)
    connection.execute(sa.update(_TABLE).values(place=left.place, done=left.done))
    return left
