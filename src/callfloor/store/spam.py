"""The project's list of numbers whose calls are spam. Bound to one project."""

import msgspec
import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, delete, select

from callfloor.errors import InvalidInputError, NotFoundError
from callfloor.store.heads import turn_head
from callfloor.store.instants import to_ms, to_s
from callfloor.store.journal_tables import clients, spam_numbers
from callfloor.store.scope import Scope
from callfloor.store.texts import can_be_kept
from callfloor.store.upserts import put

SOURCES = ("list", "pbx", "hand")
"""Written into the list here; found in the PBX's blacklist; marked at a call."""

LONGEST = 64


class SpamNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the list."""

    number: str  # E.164; as the PBX gives it where that is not known
    source: str  # list | pbx | hand
    by: str | None
    at: float


class Spam:
    """One project's list. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def numbers(self) -> tuple[SpamNumber, ...]:
        """All of them, by number."""
        with self._scope.reading() as connection:
            found = connection.execute(
                select(spam_numbers).where(self._scope.within(spam_numbers)).order_by(spam_numbers.c.number)
            )
            return tuple(SpamNumber(number=row.number, source=row.source, by=row.by, at=to_s(row.at)) for row in found)

    def put(self, number: str, source: str, by: str | None, at: float) -> None:
        """This number's calls are spam, those there are among them.

        Raises:
            InvalidInputError: the number is empty or over 64 characters, or there is no such source.
        """
        number = number.strip()
        if not 1 <= len(number) <= LONGEST or not can_be_kept(number):
            raise InvalidInputError(f"a number has 1 to {LONGEST} characters")
        if source not in SOURCES:
            raise InvalidInputError("a number of the list is from the list, the PBX, or marked by hand")
        with self._scope.writing() as connection:
            row = {"project_id": self._scope.project_id, "number": number, "source": source, "by": by, "at": to_ms(at)}
            put(connection, spam_numbers, [row], ["source", "by", "at"])
            turn_head(connection, self._scope)

    def remove(self, number: str) -> None:
        """They are no spam any more.

        Raises:
            NotFoundError: it is not in the list.
        """
        if not can_be_kept(number):
            raise NotFoundError
        with self._scope.writing() as connection:
            this = self._scope.within(spam_numbers), spam_numbers.c.number == number
            if not connection.execute(delete(spam_numbers).where(*this)).rowcount:
                raise NotFoundError
            turn_head(connection, self._scope)

    def is_spam(self, number: str) -> bool:
        """Whether a number is in the list."""
        with self._scope.reading() as connection:
            return is_spam(connection, self._scope, number)


def is_spam(connection: Connection, scope: Scope, number: str) -> bool:
    """Whether a number is in the list."""
    if not can_be_kept(number):
        return False
    this = scope.within(spam_numbers), spam_numbers.c.number == number
    return connection.execute(select(spam_numbers.c.number).where(*this)).first() is not None


def spam_clients(connection: Connection, scope: Scope) -> NDArray[np.int64]:
    """The ids of the clients whose numbers are in the list, ascending."""
    found = connection.execute(
        select(clients.c.id)
        .join_from(spam_numbers, clients, scope.within(clients) & (clients.c.name == spam_numbers.c.number))
        .where(scope.within(spam_numbers))
        .order_by(clients.c.id)
    ).scalars()
    return np.array(found.all(), np.int64)
