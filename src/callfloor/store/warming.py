"""After a start: the newest of the journal's columns go onto the shelf before anybody asks for them.

Read from the database when first asked for, a column of two years takes a tenth of a second, of PostgreSQL a quarter.
"""

from collections.abc import Iterator

from sqlalchemy import select

from callfloor.store.block_reader import BlockRef, head_of, read_columns
from callfloor.store.blocks import COLUMNS, unpack
from callfloor.store.client_search import page_of
from callfloor.store.heads import look
from callfloor.store.journal_tables import client_pages
from callfloor.store.scope import Scope

_SHARE = 0.8
"""Of the shelf's room: some is left for what is asked for first."""

_AT_ONCE = 8


def warming(scope: Scope) -> Iterator[int]:
    """Put the columns there, the newest blocks first, and the clients' numbers; yields how many bytes the shelf holds.

    In short transactions, some 20 ms each, so that it can be ended between two. Ends where the room does.
    """
    most = scope.shelf.room_bytes * _SHARE
    with scope.reading() as connection:
        refs = head_of(connection, scope, look(connection, scope)[0]).refs[::-1]
        column = client_pages.c
        pages = connection.execute(
            select(column.first, column.count).where(scope.within(client_pages)).order_by(column.first)
        ).all()
    for first, count in pages:
        with scope.reading() as connection:
            page_of(connection, scope, first, count)
        yield scope.shelf.held_bytes
        if scope.shelf.held_bytes > most:
            return
    for start in range(0, len(refs), _AT_ONCE):
        some: list[BlockRef] = refs[start : start + _AT_ONCE]
        with scope.reading() as connection:
            read_columns(connection, scope, some, COLUMNS, unpack)
        yield scope.shelf.held_bytes
        if scope.shelf.held_bytes > most:
            return
