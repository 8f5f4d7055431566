"""What a PBX was found to have, taken over into the directory: only what is new, never over what was edited here."""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection, Table, func, insert, select

from callfloor.floor.directory import Department, Directory, Employee
from callfloor.store.directory_tables import trunks
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments, employees, numbers, queues


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each were new."""

    departments: int = 0
    employees: int = 0
    accounts: int = 0
    queues: int = 0
    numbers: int = 0
    trunks: int = 0


def accept(connection: Connection, scope: Scope, proposed: Directory, kinds: Mapping[str, str]) -> Accepted:
    """Take over what is new in ``proposed``, inside a transaction that the caller has.

    An account's string is who it is: one that is known stays as it is, with whoever has it, or with nobody if it was
    freed here. A proposed employee of whose accounts one is known and taken *is* that employee and gets the unknown
    ones; of whose accounts none is known is new. So the same proposal again changes nothing. ``proposed`` numbers its
    departments and employees as it likes; departments are matched by their path of names. ``kinds`` has the kind of
    an account where it is not ``sip``.
    """
    tables = (departments, employees, accounts, queues, numbers, trunks)
    before = {table: _count(connection, scope, table) for table in tables}
    have = connection.execute(select(accounts.c.account, accounts.c.employee_id).where(scope.within(accounts)))
    taking = _Taking(
        connection=connection,
        scope=scope,
        known={row.account: row.employee_id for row in have},
        places=_Places(connection, scope, proposed.departments),
        kinds=kinds,
    )
    for person in proposed.employees:
        taking.employee(person)
    for table, column, found in (
        (queues, "name", [{"name": queue.name, "label": queue.label} for queue in proposed.queues]),
        (
            trunks,
            "name",
            [{"name": each.name, "label": each.label, "tech": None, "disabled": False} for each in proposed.trunks],
        ),
        (
            numbers,
            "number",
            [
                {
                    "number": each.number,
                    "label": each.label,
                    "source": each.source,
                    "scheme": each.scheme,
                    "e164": None,
                    "kind": "geographic",
                }
                for each in proposed.numbers
            ],
        ),
    ):
        named = set(connection.execute(select(table.c[column]).where(scope.within(table))).scalars())
        new = {row[column]: row for row in found if row[column] not in named}
        if new:
            connection.execute(insert(table), [{"project_id": scope.project_id, **row} for row in new.values()])
    grown = {table.name: _count(connection, scope, table) - count for table, count in before.items()}
    return Accepted(**grown)


class _Taking(msgspec.Struct, kw_only=True):
    """One proposal being taken over."""

    connection: Connection
    scope: Scope
    known: dict[str, int | None]  # every account of the directory, with whose it is
    places: "_Places"
    kinds: Mapping[str, str]

    def employee(self, person: Employee) -> None:
        """See ``accept``."""
        new = [account for account in dict.fromkeys(person.accounts) if account not in self.known]
        if not new:
            return
        key = next((self.known[account] for account in person.accounts if self.known.get(account) is not None), None)
        if key is None and len(new) == len(set(person.accounts)):
            made: Any = self.connection.execute(
                insert(employees),
                {
                    "project_id": self.scope.project_id,
                    "name": person.name,
                    "department_id": self.places.find(person.department_id),
                    "removed_at": None,
                },
            ).inserted_primary_key
            key = int(made[0])
        # Otherwise, with key None: their other accounts were freed here on purpose, and the new one is nobody's too.
        self.connection.execute(
            insert(accounts),
            [
                {
                    "project_id": self.scope.project_id,
                    "account": account,
                    "kind": self.kinds.get(account, "sip"),
                    "employee_id": key,
                }
                for account in new
            ],
        )
        self.known.update(dict.fromkeys(new, key))


class _Places:
    """Departments of the proposal as departments of the directory, made when the first employee needs one."""

    def __init__(self, connection: Connection, scope: Scope, proposed: tuple[Department, ...]) -> None:
        self._connection = connection
        self._scope = scope
        self._proposed = {each.id: each for each in proposed}
        self._found: dict[int, int] = {}
        self._have: dict[tuple[int | None, str], int] = {
            (row.parent_id, row.name): row.id
            for row in connection.execute(
                select(departments).where(scope.within(departments), departments.c.removed_at.is_(None))
            )
        }

    def find(self, proposed_id: int | None) -> int | None:
        """The department's key here; None for none."""
        path: list[Department] = []
        above = proposed_id
        while above is not None and above in self._proposed and self._proposed[above] not in path:
            path.insert(0, self._proposed[above])
            above = self._proposed[above].parent_id
        here: int | None = None
        for step in path:
            known = self._have.get((here, step.name))
            if known is None:
                row = {"project_id": self._scope.project_id, "name": step.name, "parent_id": here, "removed_at": None}
                made: Any = self._connection.execute(insert(departments), row).inserted_primary_key
                known = self._have[here, step.name] = int(made[0])
            here = known
        return here


def _count(connection: Connection, scope: Scope, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table).where(scope.within(table))).scalar_one()
