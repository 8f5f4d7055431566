"""Edits of the directory by people: each refused where what it changes is no longer what they saw.

Every method takes ``seen``, the revision of what the editor looked at (None: whoever does not mind), and returns what
was and what is, for the audit. Blocking: call it through ``Store.run`` and ``Store.change``.
"""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store.directory_entries import (
    AccountEntry,
    EmployeeEntry,
    Entries,
    department_entry,
    employee_entry,
    load_entries,
    require_revision,
)
from callfloor.store.directory_rows import (
    checked_name,
    key_of,
    link,
    present,
    require_free_name,
    require_no_loop,
    row_of,
    set_row,
)
from callfloor.store.instants import to_ms
from callfloor.store.memberships import withdraw_place
from callfloor.store.merging import merge_department
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments, employees
from callfloor.store.users import shut_out


class Edited(msgspec.Struct, frozen=True, kw_only=True):
    """What was, and what is; None where there was or is nothing."""

    before: Any
    after: Any


class DirectoryEdits:
    """One project's directory, changed piece by piece."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def entries(self) -> Entries:
        """All of it."""
        with self._scope.reading() as connection:
            return load_entries(connection, self._scope)

    # --- employees ------------------------------------------------------------------------------------------------

    def put_employee(
        self,
        employee_id: int | None,
        *,
        name: str,
        department_id: int | None,
        theirs: Sequence[AccountEntry],
        seen: str | None = None,
    ) -> Edited:
        """Make an employee, or have them be this; accounts that are not named become nobody's.

        Raises:
            NotFoundError: there is no such employee, or they left; or no such department.
            ConflictError: an account is another employee's.
            InvalidInputError: a name is empty or too long, or an account is named twice.
        """
        name = checked_name(name)
        wanted = {checked_name(each.account): each.kind for each in theirs}
        if len(wanted) < len(theirs):
            raise InvalidInputError("An account is named twice.", at="accounts")
        scope = self._scope
        with scope.editing() as connection:
            before = None
            if department_id is not None:
                row_of(connection, scope, departments, department_id)
            if employee_id is None:
                row = {"name": name, "department_id": department_id, "removed_at": None}
                key = key_of(connection.execute(insert(employees), {"project_id": scope.project_id, **row}))
            else:
                key = employee_id
                before = self._working(connection, key, seen)
                set_row(connection, scope, employees, key, name=name, department_id=department_id)
            self._give(connection, key, wanted)
            return Edited(before=before, after=employee_entry(connection, scope, key))

    def leave(
        self,
        employee_id: int,
        *,
        now: float,
        seen: str | None = None,
        disable: Collection[int] = (),
        withdraw: Collection[int] = (),
    ) -> Edited:
        """They leave: kept in history, with their photo; their accounts are nobody's.

        At once their users among ``disable`` can sign in no more, and those among ``withdraw`` enter this project no
        more: all of it, or nothing.

        Raises:
            NotFoundError: there is no such employee or user, or they left already.
            LastAdministratorError: a project would have no administrator without one of the users.
        """
        scope = self._scope
        with scope.editing() as connection:
            before = self._working(connection, employee_id, seen)
            for user_id in disable:
                shut_out(connection, user_id, now)
            for user_id in withdraw:
                withdraw_place(connection, user_id, scope.project_id)
            set_row(connection, scope, employees, employee_id, removed_at=to_ms(now))
            self._give(connection, employee_id, {})
            return Edited(before=before, after=employee_entry(connection, scope, employee_id))

    def come_back(self, employee_id: int, *, theirs: Sequence[AccountEntry] = ()) -> Edited:
        """They work here again, with those of these accounts that nobody has meanwhile.

        Raises:
            NotFoundError: there never was such an employee.
            ConflictError: they work here.
        """
        scope = self._scope
        with scope.editing() as connection:
            before = employee_entry(connection, scope, employee_id)
            if before.left_at is None:
                raise ConflictError("They work here already.")
            values: dict[str, Any] = {"removed_at": None}
            here = select(departments.c.removed_at).where(
                scope.within(departments), departments.c.id == before.department_id
            )
            if before.department_id is not None and connection.execute(here).scalar() is not None:
                values["department_id"] = None  # it was removed meanwhile
            set_row(connection, scope, employees, employee_id, **values)
            taken = select(accounts.c.account).where(scope.within(accounts), accounts.c.employee_id.is_not(None))
            others = set(connection.execute(taken).scalars())
            self._give(connection, employee_id, {a.account: a.kind for a in theirs if a.account not in others})
            return Edited(before=before, after=employee_entry(connection, scope, employee_id))

    def _working(self, connection: Connection, employee_id: int, seen: str | None) -> EmployeeEntry:
        entry = employee_entry(connection, self._scope, employee_id)
        require_revision(entry, seen)
        if entry.left_at is not None:
            raise NotFoundError("They have left.")
        return entry

    def _give(self, connection: Connection, employee_id: int, wanted: dict[str, str]) -> None:
        scope = self._scope
        of = update(accounts).where(scope.within(accounts), accounts.c.employee_id == employee_id)
        connection.execute(of.where(accounts.c.account.not_in(list(wanted))).values(employee_id=None))
        for account, kind in wanted.items():
            link(connection, scope, account, employee_id, kind)
            connection.execute(
                update(accounts).where(scope.within(accounts), accounts.c.account == account).values(kind=kind)
            )

    # --- departments ----------------------------------------------------------------------------------------------

    def put_department(
        self, department_id: int | None, *, name: str, parent_id: int | None, seen: str | None = None
    ) -> Edited:
        """Make a department, or have it be this.

        Raises:
            NotFoundError: there is no such department or parent.
            ConflictError: the name is taken there, or the department would be within itself.
            InvalidInputError: the name is empty or too long.
        """
        name, scope = checked_name(name), self._scope
        with scope.editing() as connection:
            before = None
            if parent_id is not None:
                row_of(connection, scope, departments, parent_id)
            if department_id is None:
                require_free_name(connection, scope, name, parent_id)
                row = {"project_id": scope.project_id, "name": name, "parent_id": parent_id, "removed_at": None}
                key = key_of(connection.execute(insert(departments), row))
            else:
                key = department_id
                before = department_entry(connection, scope, key)
                require_revision(before, seen)
                require_no_loop(connection, scope, key, parent_id)
                require_free_name(connection, scope, name, parent_id, except_id=key)
                set_row(connection, scope, departments, key, name=name, parent_id=parent_id)
            return Edited(before=before, after=department_entry(connection, scope, key))

    def merge_department(
        self, department_id: int, into_id: int | None, *, now: float, seen: str | None = None
    ) -> Edited:
        """Everyone and everything of it goes into another (None: to no department), and it is no more.

        Departments within it go along; one that has a namesake there is merged with it. Supervisors of it oversee the
        other. Calls of its time keep its name.

        Raises:
            NotFoundError: there is no such department, or none of the other's number.
            ConflictError: the other is the same one, or within it.
        """
        scope = self._scope
        with scope.editing() as connection:
            before = department_entry(connection, scope, department_id)
            require_revision(before, seen)
            after = None if into_id is None else department_entry(connection, scope, into_id)
            require_no_loop(connection, scope, department_id, into_id)
            merge_department(connection, scope, department_id, into_id, removed_at=to_ms(now), removing=False)
            return Edited(before=before, after=after)

    def remove_department(self, department_id: int, *, now: float, seen: str | None = None) -> Edited:
        """Its employees, queues and the departments within it move up to its parent; calls of its time keep its name.

        Raises:
            NotFoundError: there is no such department.
            ConflictError: one within it has a name that its parent has too.
        """
        scope = self._scope
        with scope.editing() as connection:
            before = department_entry(connection, scope, department_id)
            require_revision(before, seen)
            for row in connection.execute(
                present(scope, departments).where(departments.c.parent_id == department_id)
            ).all():
                require_free_name(connection, scope, row.name, before.parent_id, except_id=row.id)
            up = before.parent_id
            merge_department(connection, scope, department_id, up, removed_at=to_ms(now), removing=True)
            return Edited(before=before, after=None)
