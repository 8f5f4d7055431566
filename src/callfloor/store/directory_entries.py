"""The directory as its editors see it: every piece with its revision, by which an edit of something older is refused.

A revision is a digest of what a piece is. So it needs no counter, and holds whoever changed it: a person here, the
command line, an import, discovery. What was changed and changed back is the same again.
"""

import hashlib
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, select

from callfloor.errors import NotFoundError, StaleEditError
from callfloor.store.directory_rows import accounts_of, present, row_of
from callfloor.store.directory_tables import employee_photos, outbound_routes, queue_departments, trunks
from callfloor.store.instants import to_s
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments, employees, numbers, queues

_encode = msgspec.msgpack.Encoder().encode


class AccountEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An account of an employee's, or nobody's."""

    account: str  # as the PBX names the endpoint, or a whole telephone number
    kind: str  # sip | webrtc | analogue | mobile


class DepartmentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A department."""

    id: int
    name: str
    parent_id: int | None
    revision: str = ""


class EmployeeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An employee, working or left."""

    id: int
    name: str
    department_id: int | None
    accounts: tuple[AccountEntry, ...]
    left_at: float | None  # null: they work here
    photo: str | None
    revision: str = ""


class QueueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A queue by the PBX's name, with what people call it."""

    name: str
    label: str | None
    department_id: int | None
    revision: str = ""


class NumberEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the company's."""

    number: str
    e164: str | None
    label: str | None
    source: str | None
    scheme: str | None
    kind: str  # geographic | toll_free | internal | mobile
    revision: str = ""


class TrunkEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A line to a carrier, by the name that calls and tariffs know it by."""

    name: str
    label: str | None  # what people call it
    tech: str | None  # pjsip | sip | iax2 | dahdi; null: nobody knows
    disabled: bool
    revision: str = ""


class RouteEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An outbound route of the PBX: by what is dialled it chooses the trunks."""

    name: str  # the PBX's key of it
    label: str | None  # what people call it
    position: int | None  # the PBX asks them in this order, from 1
    patterns: tuple[str, ...]  # as Asterisk writes them
    trunks: tuple[str, ...]  # in the order they are tried
    revision: str = ""


_E = TypeVar("_E", DepartmentEntry, EmployeeEntry, QueueEntry, NumberEntry, TrunkEntry, RouteEntry)
Entry = DepartmentEntry | EmployeeEntry | QueueEntry | NumberEntry | TrunkEntry | RouteEntry


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """The whole directory, each kind by name; ``revision`` is that of all of it."""

    departments: tuple[DepartmentEntry, ...]
    employees: tuple[EmployeeEntry, ...]
    left: tuple[EmployeeEntry, ...]  # those who left, the latest first
    queues: tuple[QueueEntry, ...]
    numbers: tuple[NumberEntry, ...]
    trunks: tuple[TrunkEntry, ...]
    routes: tuple[RouteEntry, ...]  # in the PBX's order
    free_accounts: tuple[AccountEntry, ...]  # known, and nobody's
    revision: str


def revision_of(what: Any) -> str:
    """What tells two states of something apart."""
    return hashlib.sha256(_encode(what)).hexdigest()[:16]


def _sealed(entry: _E) -> _E:
    return msgspec.structs.replace(entry, revision=revision_of(entry))


def require_revision(entry: Entry, seen: str | None) -> None:
    """Raises StaleEditError where it is not what the editor saw; ``seen`` None is whoever does not mind."""
    if seen is not None and seen != entry.revision:
        raise StaleEditError(now=msgspec.to_builtins(entry))


def load_entries(connection: Connection, scope: Scope) -> Entries:
    """All of it, in one moment's state."""
    theirs: dict[int | None, list[AccountEntry]] = {}
    for row in connection.execute(select(accounts).where(scope.within(accounts)).order_by(accounts.c.account)):
        theirs.setdefault(row.employee_id, []).append(AccountEntry(account=row.account, kind=row.kind))
    digests = select(employee_photos.c.employee_id, employee_photos.c.digest).where(scope.within(employee_photos))
    photos: dict[int, str] = {row.employee_id: row.digest for row in connection.execute(digests)}
    of_queue = {
        row.queue: row.department_id
        for row in connection.execute(select(queue_departments).where(scope.within(queue_departments)))
    }
    people: list[EmployeeEntry] = [
        _sealed(_employee(row, theirs.get(row.id, ()), photos.get(row.id)))
        for row in connection.execute(
            select(employees).where(scope.within(employees)).order_by(employees.c.name, employees.c.id)
        )
    ]
    found: dict[str, Any] = {
        "departments": tuple(_sealed(_department(row)) for row in connection.execute(present(scope, departments))),
        "employees": tuple(each for each in people if each.left_at is None),
        "left": tuple(sorted((p for p in people if p.left_at is not None), key=lambda p: -(p.left_at or 0))),
        "queues": tuple(
            _sealed(QueueEntry(name=row.name, label=row.label, department_id=of_queue.get(row.name)))
            for row in connection.execute(select(queues).where(scope.within(queues)).order_by(queues.c.name))
        ),
        "numbers": tuple(
            _sealed(_number(row))
            for row in connection.execute(select(numbers).where(scope.within(numbers)).order_by(numbers.c.number))
        ),
        "trunks": tuple(_sealed(each) for each in load_trunks(connection, scope)),
        "routes": tuple(_sealed(each) for each in load_routes(connection, scope)),
        "free_accounts": tuple(theirs.get(None, ())),
    }
    return Entries(**found, revision=revision_of(found))


def department_entry(connection: Connection, scope: Scope, key: int) -> DepartmentEntry:
    """Raises NotFoundError where there is none, or it was removed."""
    return _sealed(_department(row_of(connection, scope, departments, key)))


def employee_entry(connection: Connection, scope: Scope, key: int) -> EmployeeEntry:
    """An employee, working or left. Raises NotFoundError where there never was one."""
    row = connection.execute(select(employees).where(scope.within(employees), employees.c.id == key)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such employee.")
    theirs = [AccountEntry(account=each.account, kind=each.kind) for each in accounts_of(connection, scope, key)]
    digest = select(employee_photos.c.digest).where(scope.within(employee_photos), employee_photos.c.employee_id == key)
    return _sealed(_employee(row, theirs, connection.execute(digest).scalar()))


def queue_entry(connection: Connection, scope: Scope, name: str) -> QueueEntry:
    """Raises NotFoundError where there is none."""
    row = connection.execute(select(queues).where(scope.within(queues), queues.c.name == name)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such queue.")
    theirs = select(queue_departments.c.department_id).where(
        scope.within(queue_departments), queue_departments.c.queue == name
    )
    return _sealed(QueueEntry(name=name, label=row.label, department_id=connection.execute(theirs).scalar()))


def number_entry(connection: Connection, scope: Scope, number: str) -> NumberEntry:
    """Raises NotFoundError where there is none."""
    row = connection.execute(select(numbers).where(scope.within(numbers), numbers.c.number == number)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such number.")
    return _sealed(_number(row))


def trunk_entry(connection: Connection, scope: Scope, name: str) -> TrunkEntry:
    """Raises NotFoundError where there is none."""
    row = connection.execute(select(trunks).where(scope.within(trunks), trunks.c.name == name)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such trunk.")
    return _sealed(_trunk(row))


def route_entry(connection: Connection, scope: Scope, name: str) -> RouteEntry:
    """Raises NotFoundError where there is none."""
    these = scope.within(outbound_routes), outbound_routes.c.name == name
    row = connection.execute(select(outbound_routes).where(*these)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such route.")
    return _sealed(_route(row))


def load_trunks(connection: Connection, scope: Scope) -> list[TrunkEntry]:
    """All lines to carriers, by name."""
    return [
        _trunk(row) for row in connection.execute(select(trunks).where(scope.within(trunks)).order_by(trunks.c.name))
    ]


def load_routes(connection: Connection, scope: Scope) -> list[RouteEntry]:
    """All outbound routes as the PBX asks them; those of which nobody knows when come last, by name."""
    rows = connection.execute(select(outbound_routes).where(scope.within(outbound_routes)))
    found = [_route(row) for row in rows]
    return sorted(found, key=lambda each: (each.position is None, each.position, each.name))


def _trunk(row: Any) -> TrunkEntry:
    return TrunkEntry(name=row.name, label=row.label, tech=row.tech, disabled=row.disabled)


def _route(row: Any) -> RouteEntry:
    return RouteEntry(
        name=row.name,
        label=row.label,
        position=row.position,
        patterns=tuple(row.patterns.split("\n")) if row.patterns else (),
        trunks=tuple(row.trunks.split("\n")) if row.trunks else (),
    )


def _department(row: Any) -> DepartmentEntry:
    return DepartmentEntry(id=row.id, name=row.name, parent_id=row.parent_id)


def _employee(row: Any, theirs: Any, photo: str | None) -> EmployeeEntry:
    return EmployeeEntry(
        id=row.id,
        name=row.name,
        department_id=row.department_id,
        accounts=tuple(theirs),
        left_at=None if row.removed_at is None else to_s(row.removed_at),
        photo=photo,
    )


def _number(row: Any) -> NumberEntry:
    names = ("number", "e164", "label", "source", "scheme", "kind")
    return NumberEntry(**{name: getattr(row, name) for name in names})
