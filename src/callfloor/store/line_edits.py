"""Edits of queues, numbers, trunks and routes by people; see ``directory_edits``."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, delete, insert, update

from callfloor.errors import NotFoundError, StaleEditError
from callfloor.store.directory_edits import Edited
from callfloor.store.directory_entries import (
    Entry,
    number_entry,
    queue_entry,
    require_revision,
    route_entry,
    trunk_entry,
)
from callfloor.store.directory_rows import checked_name, row_of
from callfloor.store.directory_tables import outbound_routes, queue_departments, trunks
from callfloor.store.scope import Scope
from callfloor.store.tables import departments, numbers, queues
from callfloor.store.upserts import put


class LineEdits:
    """One project's queues, numbers, trunks and outbound routes, changed piece by piece."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def put_queue(self, name: str, *, label: str | None, department_id: int | None, seen: str | None = None) -> Edited:
        """A queue by the PBX's name: what people call it, and whose it is.

        Raises:
            NotFoundError: there is no such department.
            InvalidInputError: the name is empty or too long.
            StaleEditError: it is not as it was seen; or it was to be a new one, and there is one.
        """
        name, scope = checked_name(name), self._scope
        with scope.editing() as connection:
            if department_id is not None:
                row_of(connection, scope, departments, department_id)
            before = _found(queue_entry, connection, scope, name)
            _require_seen(before, seen)
            if before is None:
                connection.execute(insert(queues), {"project_id": scope.project_id, "name": name, "label": label})
            else:
                these = scope.within(queues), queues.c.name == name
                connection.execute(update(queues).where(*these).values(label=label))
            these = scope.within(queue_departments), queue_departments.c.queue == name
            connection.execute(delete(queue_departments).where(*these))
            if department_id is not None:
                row = {"project_id": scope.project_id, "queue": name, "department_id": department_id}
                connection.execute(insert(queue_departments), row)
            return Edited(before=before, after=queue_entry(connection, scope, name))

    def remove_queue(self, name: str, *, seen: str | None = None) -> Edited:
        """It is gone; its calls stay. Raises NotFoundError where there is none."""
        return self._remove(queue_entry, queues.c.name, name, seen)

    def put_number(
        self,
        number: str,
        *,
        e164: str | None,
        label: str | None,
        source: str | None,
        scheme: str | None,
        kind: str,
        seen: str | None = None,
    ) -> Edited:
        """A number of the company's, made or changed; one that has its E.164 form keeps it.

        Raises:
            InvalidInputError: the number is empty or too long.
            StaleEditError: it is not as it was seen; or it was to be a new one, and there is one.
        """
        number, scope = checked_name(number), self._scope
        with scope.editing() as connection:
            before = _found(number_entry, connection, scope, number)
            _require_seen(before, seen)
            values = {"label": label, "source": source, "scheme": scheme, "kind": kind}
            if before is None:
                row = {"project_id": scope.project_id, "number": number, "e164": e164, **values}
                connection.execute(insert(numbers), row)
            else:
                these = scope.within(numbers), numbers.c.number == number
                connection.execute(update(numbers).where(*these).values(e164=before.e164 or e164, **values))
            return Edited(before=before, after=number_entry(connection, scope, number))

    def remove_number(self, number: str, *, seen: str | None = None) -> Edited:
        """It is the company's no more; its calls stay. Raises NotFoundError where there is none."""
        return self._remove(number_entry, numbers.c.number, number, seen)

    def put_trunk(
        self, name: str, *, label: str | None, tech: str | None = None, disabled: bool = False, seen: str | None = None
    ) -> Edited:
        """A line to a carrier by the name that calls know it by: what people call it, and what the PBX says of it.

        Raises:
            InvalidInputError: the name is empty or too long.
            StaleEditError: it is not as it was seen; or it was to be a new one, and there is one.
        """
        name, scope = checked_name(name), self._scope
        with scope.editing() as connection:
            before = _found(trunk_entry, connection, scope, name)
            _require_seen(before, seen)
            row = {"project_id": scope.project_id, "name": name, "label": label, "tech": tech, "disabled": disabled}
            put(connection, trunks, [row], ("label", "tech", "disabled"))
            return Edited(before=before, after=trunk_entry(connection, scope, name))

    def remove_trunk(self, name: str, *, seen: str | None = None) -> Edited:
        """It is gone; its calls and tariffs stay. Raises NotFoundError where there is none."""
        return self._remove(trunk_entry, trunks.c.name, name, seen)

    def put_route(
        self,
        name: str,
        *,
        label: str | None,
        position: int | None = None,
        patterns: Sequence[str] = (),
        lines: Sequence[str] = (),
        seen: str | None = None,
    ) -> Edited:
        """An outbound route by the PBX's key; ``lines`` are its trunks in the order they are tried.

        Raises:
            InvalidInputError: the key is empty or too long.
            StaleEditError: it is not as it was seen; or it was to be a new one, and there is one.
        """
        name, scope = checked_name(name), self._scope
        with scope.editing() as connection:
            before = _found(route_entry, connection, scope, name)
            _require_seen(before, seen)
            row = route_row(scope, name, label=label, position=position, patterns=patterns, lines=lines)
            put(connection, outbound_routes, [row], ("label", "position", "patterns", "trunks"))
            return Edited(before=before, after=route_entry(connection, scope, name))

    def remove_route(self, name: str, *, seen: str | None = None) -> Edited:
        """It is gone from the directory. Raises NotFoundError where there is none."""
        return self._remove(route_entry, outbound_routes.c.name, name, seen)

    def _remove(
        self, find: Callable[[Connection, Scope, str], Entry], named: Column[str], name: str, seen: str | None
    ) -> Edited:
        scope, table = self._scope, named.table
        with scope.editing() as connection:
            before = find(connection, scope, name)
            require_revision(before, seen)
            connection.execute(delete(table).where(scope.within(table), named == name))
            return Edited(before=before, after=None)


_E = TypeVar("_E")


def _found(find: Callable[[Connection, Scope, str], _E], connection: Connection, scope: Scope, name: str) -> _E | None:
    try:
        return find(connection, scope, name)
    except NotFoundError:
        return None


def route_row(
    scope: Scope, name: str, *, label: str | None, position: int | None, patterns: Iterable[str], lines: Iterable[str]
) -> dict[str, Any]:
    """A route as its table has it."""
    return {
        "project_id": scope.project_id,
        "name": name,
        "label": label,
        "position": position,
        "patterns": "\n".join(patterns),
        "trunks": "\n".join(lines),
    }


NEW = "new"
"""``seen`` of something that is to be made: there must be none of this name."""


def _require_seen(before: Entry | None, seen: str | None) -> None:
    if before is None:
        if seen not in {None, NEW}:
            raise StaleEditError(now=None)
        return
    require_revision(before, seen)
