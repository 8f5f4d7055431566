"""Who is who in one project: departments, employees, accounts, numbers, queues. Read whole, edited piece by piece.

What is removed stays in its table with ``removed_at``: finished calls go on naming it.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select, update

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.floor.directory import BusinessNumber, Department, Directory, Employee, Queue
from callfloor.store.instants import to_ms
from callfloor.store.proposals import Accepted, accept
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments, employees, numbers, queues
from callfloor.store.texts import can_be_kept

_NAME_LENGTH = 200


class DirectoryStore:
    """One project's directory. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def load(self) -> Directory:
        """All of it, in one moment's state; each kind by name."""
        scope = self._scope
        with scope.reading() as connection:
            by_employee: dict[int, list[str]] = {}
            for row in connection.execute(
                select(accounts.c.account, accounts.c.employee_id)
                .where(scope.within(accounts), accounts.c.employee_id.is_not(None))
                .order_by(accounts.c.account)
            ):
                by_employee.setdefault(row.employee_id, []).append(row.account)
            return Directory(
                departments=tuple(
                    Department(id=row.id, name=row.name, parent_id=row.parent_id)
                    for row in connection.execute(self._present(departments))
                ),
                employees=tuple(
                    Employee(
                        id=row.id,
                        name=row.name,
                        department_id=row.department_id,
                        accounts=tuple(by_employee.get(row.id, ())),
                    )
                    for row in connection.execute(self._present(employees))
                ),
                queues=tuple(
                    Queue(name=row.name, label=row.label)
                    for row in connection.execute(select(queues).where(scope.within(queues)).order_by(queues.c.name))
                ),
                numbers=tuple(
                    BusinessNumber(number=row.number, label=row.label, source=row.source, scheme=row.scheme)
                    for row in connection.execute(
                        select(numbers).where(scope.within(numbers)).order_by(numbers.c.number)
                    )
                ),
            )

    def accept(self, proposed: Directory, *, kinds: dict[str, str] | None = None) -> Accepted:
        """Take over what a PBX was found to have and this directory does not; see ``proposals.accept``.

        Raises:
            StoreError: the database refused; nothing was taken over.
        """
        with self._scope.editing() as connection:
            return accept(connection, self._scope, proposed, kinds or {})

    # --- departments --------------------------------------------------------------------------------------------

    def add_department(self, name: str, *, parent_id: int | None = None) -> Department:
        """A new department, perhaps within another.

        Raises:
            NotFoundError: there is no such parent.
            ConflictError: its parent has one of this name.
            InvalidInputError: the name is empty or over 200 characters.
        """
        name = checked_name(name)
        with self._scope.editing() as connection:
            if parent_id is not None:
                self._row(connection, departments, parent_id)
            self._free(connection, name, parent_id)
            made = connection.execute(
                insert(departments),
                {"project_id": self._scope.project_id, "name": name, "parent_id": parent_id, "removed_at": None},
            )
            return Department(id=_key(made), name=name, parent_id=parent_id)

    def change_department(self, department_id: int, *, name: str, parent_id: int | None) -> Department:
        """Its name and its place from now on.

        Raises:
            NotFoundError, InvalidInputError: as above.
            ConflictError: the name is taken there, or the department would be within itself.
        """
        name = checked_name(name)
        with self._scope.editing() as connection:
            self._row(connection, departments, department_id)
            above = parent_id
            while above is not None:
                if above == department_id:
                    raise ConflictError("a department cannot be within itself")
                above = self._row(connection, departments, above).parent_id
            self._free(connection, name, parent_id, except_id=department_id)
            self._set(connection, departments, department_id, name=name, parent_id=parent_id)
            return Department(id=department_id, name=name, parent_id=parent_id)

    def remove_department(self, department_id: int, *, now: float) -> None:
        """Its employees and the departments within it move up to its parent; calls of its time keep its name.

        Raises:
            NotFoundError: there is no such department.
            ConflictError: one within it has a name that its parent has too.
        """
        with self._scope.editing() as connection:
            parent_id = self._row(connection, departments, department_id).parent_id
            self._set(connection, departments, department_id, removed_at=to_ms(now))
            within = departments.c.parent_id == department_id
            for row in connection.execute(self._present(departments).where(within)).all():
                self._free(connection, row.name, parent_id, except_id=row.id)
            for table, column in ((departments, "parent_id"), (employees, "department_id")):
                connection.execute(
                    update(table)
                    .where(self._scope.within(table), table.c[column] == department_id)
                    .values(**{column: parent_id})
                )

    # --- employees and accounts ---------------------------------------------------------------------------------

    def add_employee(
        self, name: str, *, department_id: int | None = None, account_names: Collection[str] = (), kind: str = "sip"
    ) -> Employee:
        """A new employee with these accounts; one known and free is taken, an unknown one made.

        Raises:
            NotFoundError: there is no such department.
            ConflictError: an account is another employee's.
            InvalidInputError: a name is empty or over 200 characters.
        """
        name = checked_name(name)
        with self._scope.editing() as connection:
            if department_id is not None:
                self._row(connection, departments, department_id)
            made = connection.execute(
                insert(employees),
                {
                    "project_id": self._scope.project_id,
                    "name": name,
                    "department_id": department_id,
                    "removed_at": None,
                },
            )
            key = _key(made)
            for account in account_names:
                self._link(connection, account, key, kind)
            return self._employee(connection, key)

    def change_employee(self, employee_id: int, *, name: str, department_id: int | None) -> Employee:
        """Their name and department from now on; calls written before keep the department of their time.

        Raises:
            NotFoundError: there is no such employee or department.
            InvalidInputError: the name is empty or over 200 characters.
        """
        name = checked_name(name)
        with self._scope.editing() as connection:
            self._row(connection, employees, employee_id)
            if department_id is not None:
                self._row(connection, departments, department_id)
            self._set(connection, employees, employee_id, name=name, department_id=department_id)
            return self._employee(connection, employee_id)

    def remove_employee(self, employee_id: int, *, now: float) -> None:
        """They leave: their accounts stay, free (so that discovery does not bring them back); so do their calls.

        Raises:
            NotFoundError: there is no such employee.
        """
        with self._scope.editing() as connection:
            self._row(connection, employees, employee_id)
            self._set(connection, employees, employee_id, removed_at=to_ms(now))
            connection.execute(
                update(accounts)
                .where(self._scope.within(accounts), accounts.c.employee_id == employee_id)
                .values(employee_id=None)
            )

    def link_account(self, account: str, employee_id: int, *, kind: str = "sip") -> Employee:
        """Give an account, known or new, to an employee.

        Raises:
            NotFoundError: there is no such employee.
            ConflictError: the account is another employee's.
        """
        with self._scope.editing() as connection:
            self._row(connection, employees, employee_id)
            self._link(connection, account, employee_id, kind)
            return self._employee(connection, employee_id)

    def unlink_account(self, account: str) -> None:
        """The account is nobody's from now on.

        Raises:
            NotFoundError: there is no such account.
        """
        with self._scope.editing() as connection:
            freed = connection.execute(
                update(accounts)
                .where(self._scope.within(accounts), accounts.c.account == account)
                .values(employee_id=None)
            )
            if freed.rowcount == 0:
                raise NotFoundError

    def free_accounts(self) -> tuple[str, ...]:
        """Known accounts that are nobody's, by name."""
        with self._scope.reading() as connection:
            return tuple(
                connection.execute(
                    select(accounts.c.account)
                    .where(self._scope.within(accounts), accounts.c.employee_id.is_(None))
                    .order_by(accounts.c.account)
                ).scalars()
            )

    # --- within -------------------------------------------------------------------------------------------------

    def _present(self, table: Table) -> Any:
        return (
            select(table)
            .where(self._scope.within(table), table.c.removed_at.is_(None))
            .order_by(table.c.name, table.c.id)
        )

    def _row(self, connection: Connection, table: Table, key: int) -> Row[Any]:
        row = connection.execute(self._present(table).where(table.c.id == key)).one_or_none()
        if row is None:
            raise NotFoundError
        return row

    def _set(self, connection: Connection, table: Table, key: int, **values: Any) -> None:
        connection.execute(update(table).where(self._scope.within(table), table.c.id == key).values(**values))

    def _free(self, connection: Connection, name: str, parent_id: int | None, *, except_id: int = 0) -> None:
        beside = departments.c.parent_id.is_(None) if parent_id is None else departments.c.parent_id == parent_id
        taken = self._present(departments).where(beside, departments.c.name == name, departments.c.id != except_id)
        if connection.execute(taken).first() is not None:
            raise ConflictError("there is a department of this name")

    def _employee(self, connection: Connection, key: int) -> Employee:
        row = self._row(connection, employees, key)
        theirs: Sequence[str] = (
            connection.execute(
                select(accounts.c.account)
                .where(self._scope.within(accounts), accounts.c.employee_id == key)
                .order_by(accounts.c.account)
            )
            .scalars()
            .all()
        )
        return Employee(id=key, name=row.name, department_id=row.department_id, accounts=tuple(theirs))

    def _link(self, connection: Connection, account: str, employee_id: int, kind: str) -> None:
        account = checked_name(account)
        this = self._scope.within(accounts), accounts.c.account == account
        known = connection.execute(select(accounts).where(*this)).one_or_none()
        if known is None:
            connection.execute(
                insert(accounts),
                {
                    "project_id": self._scope.project_id,
                    "account": account,
                    "kind": kind,
                    "employee_id": employee_id,
                },
            )
        elif known.employee_id not in {None, employee_id}:
            raise ConflictError("the account is another employee's")
        else:
            connection.execute(update(accounts).where(*this).values(employee_id=employee_id))


def checked_name(text: str) -> str:
    """The name without spaces around it.

    Raises:
        InvalidInputError: it is empty or over 200 characters.
    """
    text = text.strip()
    if not 1 <= len(text) <= _NAME_LENGTH or not can_be_kept(text):
        raise InvalidInputError(f"a name has 1 to {_NAME_LENGTH} characters")
    return text


def _key(made: Any) -> int:
    return int(made.inserted_primary_key[0])
