"""The company's side of the telephone lines in one project: business numbers and queues."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Table, delete, insert, select, update

from callfloor.errors import NotFoundError
from callfloor.floor.directory import BusinessNumber, Queue
from callfloor.store.directory_rows import checked_name
from callfloor.store.scope import Scope
from callfloor.store.tables import numbers, queues
from callfloor.store.texts import can_be_kept


class OwnNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the company with all that is known of it."""

    number: str  # as the PBX has it
    e164: str | None
    label: str | None
    source: str | None  # the advertising source
    scheme: str | None  # the inbound route's name
    kind: str  # geographic | toll_free | internal | mobile


class Lines:
    """Numbers and queues; ``DirectoryStore.load`` reads them too. Blocking: call it through ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def numbers(self) -> tuple[OwnNumber, ...]:
        """The company's numbers, by number."""
        with self._scope.reading() as connection:
            found = select(numbers).where(self._scope.within(numbers)).order_by(numbers.c.number)
            return tuple(_own(row) for row in connection.execute(found))

    def find_number(self, number: str) -> OwnNumber | None:
        """One of the company's numbers; None where it is not."""
        if not can_be_kept(number):
            return None
        with self._scope.reading() as connection:
            found = select(numbers).where(self._scope.within(numbers), numbers.c.number == number)
            row = connection.execute(found).one_or_none()
            return None if row is None else _own(row)

    def put_number(
        self,
        number: str,
        *,
        e164: str | None = None,
        label: str | None = None,
        source: str | None = None,
        scheme: str | None = None,
        kind: str = "geographic",
    ) -> BusinessNumber:
        """A business number, made or changed.

        Raises:
            InvalidInputError: the number is empty or over 200 characters.
        """
        number = checked_name(number)
        values = {"e164": e164, "label": label, "source": source, "scheme": scheme, "kind": kind}
        self._put(numbers, "number", number, values)
        return BusinessNumber(number=number, label=label, source=source, scheme=scheme)

    def remove_number(self, number: str) -> None:
        """It is the company's no more.

        Raises:
            NotFoundError: there is no such number.
        """
        self._drop(numbers, numbers.c.number == number)

    def put_queue(self, name: str, *, label: str | None = None) -> Queue:
        """A queue by the PBX's name, made or called otherwise.

        Raises:
            InvalidInputError: the name is empty or over 200 characters.
        """
        name = checked_name(name)
        self._put(queues, "name", name, {"label": label})
        return Queue(name=name, label=label)

    def remove_queue(self, name: str) -> None:
        """It is gone from the PBX; its calls stay.

        Raises:
            NotFoundError: there is no such queue.
        """
        self._drop(queues, queues.c.name == name)

    def _put(self, table: Table, column: str, wanted: str, values: dict[str, str | None]) -> None:
        with self._scope.editing() as connection:
            this = update(table).where(self._scope.within(table), table.c[column] == wanted)
            if connection.execute(this.values(**values)).rowcount == 0:
                row = {"project_id": self._scope.project_id, column: wanted, **values}
                connection.execute(insert(table), row)

    def _drop(self, table: Table, which: ColumnElement[bool]) -> None:
        with self._scope.editing() as connection:
            if connection.execute(delete(table).where(self._scope.within(table), which)).rowcount == 0:
                raise NotFoundError


def _own(row: Row[Any]) -> OwnNumber:
    return OwnNumber(
        number=row.number, e164=row.e164, label=row.label, source=row.source, scheme=row.scheme, kind=row.kind
    )
