"""Clients by a part of their number: all clients' digits lie in a few pages of text, which ``DigitPage`` searches.

Three million numbers are 40 MB: looking through them in memory answers faster than an index of the database, and needs
nothing that a database might not have.
"""

from collections.abc import Collection

import numpy as np
from sqlalchemy import Connection, func, insert, select, update

from callfloor.store.blocks import Ints, digits_of
from callfloor.store.digit_page import LARGEST, DigitPage
from callfloor.store.journal_tables import client_pages, clients
from callfloor.store.scope import Scope
from callfloor.store.words import newest_client

PAGE = LARGEST
"""Clients of one page."""

GATHER_AT = 1024
"""Clients in no page, whom each search reads (3 µs each), before they are put into one, which is written as a whole."""


def clients_with(connection: Connection, scope: Scope, part: str) -> Ints:
    """The ids of the clients whose digits have ``part`` among them, ascending."""
    found: list[Ints] = []
    next_id = 1
    column = client_pages.c
    pages = select(column.first, column.count).where(scope.within(client_pages)).order_by(column.first)
    for first, count in connection.execute(pages).all():
        key = scope.project_id, "part", part, first, count
        ids: Ints | None = scope.shelf.get(key)
        if ids is None:  # the pages after the first one ask for the same
            ids = first + page_of(connection, scope, first, count).lines_with(part)
            scope.shelf.put(key, ids)
        found.append(ids)
        next_id = first + count
    newer = select(clients.c.id, clients.c.name).where(scope.within(clients), clients.c.id >= next_id)
    rest = [row.id for row in connection.execute(newer.order_by(clients.c.id)) if part in digits_of(row.name)]
    return np.concatenate([*found, np.array(rest, np.int64)])


def page_of(connection: Connection, scope: Scope, first: int, count: int) -> DigitPage:
    """A page.

    Raises:
        NoResultFound: the page is another by now.
    """
    key = scope.project_id, "clients", first, count
    page: DigitPage | None = scope.shelf.get(key)
    if page is None:
        column = client_pages.c
        asked = select(column.digits).where(scope.within(client_pages), column.first == first, column.count == count)
        page = DigitPage(bytes(connection.execute(asked).scalar_one()))
        scope.shelf.put(key, page, page.nbytes)
    return page


def blank(connection: Connection, scope: Scope, ids: Collection[int]) -> None:
    """No search finds these clients by their digits any more: their lines are empty, and stay where they are."""
    column = client_pages.c
    pages = select(column.first, column.count, column.digits).where(scope.within(client_pages))
    for first, count, digits in connection.execute(pages).all():
        theirs = [each - first for each in ids if first <= each < first + count]
        if theirs:
            lines = bytes(digits).split(b"\n")
            for place in theirs:
                lines[place] = b""
            this = scope.within(client_pages), column.first == first
            connection.execute(update(client_pages).where(*this).values(digits=b"\n".join(lines)))
    scope.shelf.forget(lambda key: key[:1] == (scope.project_id,) and key[1] in {"clients", "part"})


def gather(connection: Connection, scope: Scope) -> None:
    """Put the clients that are in no page into one, where they are many.

    Within a transaction that alone writes the project's calls.
    """
    column = client_pages.c
    pages = select(func.max(column.first + column.count)).where(scope.within(client_pages))
    if newest_client(connection, scope) - (connection.execute(pages).scalar() or 1) + 1 < GATHER_AT:
        return
    last = connection.execute(
        select(column.first, column.count, column.digits)
        .where(scope.within(client_pages))
        .order_by(column.first.desc())
        .limit(1)
    ).one_or_none()
    first, count, digits = (1, 0, b"") if last is None else (int(last[0]), int(last[1]), bytes(last[2]))
    there = last is not None
    while True:
        if count >= PAGE:
            first, count, digits, there = first + count, 0, b"", False
        names = connection.execute(
            select(clients.c.name)
            .where(scope.within(clients), clients.c.id >= first + count)
            .order_by(clients.c.id)
            .limit(PAGE - count)
        ).scalars()
        added = [f"{digits_of(name)}\n" for name in names]
        if not added:
            return
        digits += "".join(added).encode()
        count += len(added)
        if not there:
            row = {"project_id": scope.project_id, "first": first, "count": count, "digits": digits}
            connection.execute(insert(client_pages), row)
        else:
            this = scope.within(client_pages), column.first == first
            connection.execute(update(client_pages).where(*this).values(count=count, digits=digits))
        there = True
        if count < PAGE:
            return
