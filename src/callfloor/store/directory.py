"""Who is who in one project: departments, employees, accounts, numbers, queues. Read whole, edited piece by piece.

What is removed stays in its table with ``removed_at``: finished calls go on naming it.
"""

from collections.abc import Collection

from sqlalchemy import Connection, insert, select, update

from callfloor.errors import NotFoundError
from callfloor.floor.directory import BusinessNumber, Department, Directory, Employee, Queue, Trunk
from callfloor.store.directory_rows import (
    accounts_of,
    checked_name,
    key_of,
    link,
    present,
    require_free_name,
    require_no_loop,
    row_of,
    set_row,
)
from callfloor.store.directory_tables import employee_photos, queue_departments, trunks
from callfloor.store.instants import to_ms
from callfloor.store.proposals import Accepted, accept
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments, employees, numbers, queues


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
            photos = {
                row.employee_id: row.digest
                for row in connection.execute(
                    select(employee_photos.c.employee_id, employee_photos.c.digest).where(scope.within(employee_photos))
                )
            }
            of_queue = {
                row.queue: row.department_id
                for row in connection.execute(select(queue_departments).where(scope.within(queue_departments)))
            }
            return Directory(
                departments=tuple(
                    Department(id=row.id, name=row.name, parent_id=row.parent_id)
                    for row in connection.execute(present(self._scope, departments))
                ),
                employees=tuple(
                    Employee(
                        id=row.id,
                        name=row.name,
                        department_id=row.department_id,
                        accounts=tuple(by_employee.get(row.id, ())),
                        photo=photos.get(row.id),
                    )
                    for row in connection.execute(present(self._scope, employees))
                ),
                queues=tuple(
                    Queue(name=row.name, label=row.label, department_id=of_queue.get(row.name))
                    for row in connection.execute(select(queues).where(scope.within(queues)).order_by(queues.c.name))
                ),
                numbers=tuple(
                    BusinessNumber(number=row.number, label=row.label, source=row.source, scheme=row.scheme)
                    for row in connection.execute(
                        select(numbers).where(scope.within(numbers)).order_by(numbers.c.number)
                    )
                ),
                trunks=tuple(
                    Trunk(name=row.name, label=row.label)
                    for row in connection.execute(select(trunks).where(scope.within(trunks)).order_by(trunks.c.name))
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
                row_of(connection, self._scope, departments, parent_id)
            require_free_name(connection, self._scope, name, parent_id)
            made = connection.execute(
                insert(departments),
                {"project_id": self._scope.project_id, "name": name, "parent_id": parent_id, "removed_at": None},
            )
            return Department(id=key_of(made), name=name, parent_id=parent_id)

    def change_department(self, department_id: int, *, name: str, parent_id: int | None) -> Department:
        """Its name and its place from now on.

        Raises:
            NotFoundError, InvalidInputError: as above.
            ConflictError: the name is taken there, or the department would be within itself.
        """
        name = checked_name(name)
        with self._scope.editing() as connection:
            row_of(connection, self._scope, departments, department_id)
            require_no_loop(connection, self._scope, department_id, parent_id)
            require_free_name(connection, self._scope, name, parent_id, except_id=department_id)
            set_row(connection, self._scope, departments, department_id, name=name, parent_id=parent_id)
            return Department(id=department_id, name=name, parent_id=parent_id)

    def remove_department(self, department_id: int, *, now: float) -> None:
        """Its employees and the departments within it move up to its parent; calls of its time keep its name.

        Raises:
            NotFoundError: there is no such department.
            ConflictError: one within it has a name that its parent has too.
        """
        with self._scope.editing() as connection:
            parent_id = row_of(connection, self._scope, departments, department_id).parent_id
            set_row(connection, self._scope, departments, department_id, removed_at=to_ms(now))
            within = departments.c.parent_id == department_id
            for row in connection.execute(present(self._scope, departments).where(within)).all():
                require_free_name(connection, self._scope, row.name, parent_id, except_id=row.id)
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
                row_of(connection, self._scope, departments, department_id)
            made = connection.execute(
                insert(employees),
                {
                    "project_id": self._scope.project_id,
                    "name": name,
                    "department_id": department_id,
                    "removed_at": None,
                },
            )
            key = key_of(made)
            for account in account_names:
                link(connection, self._scope, account, key, kind)
            return self._employee(connection, key)

    def change_employee(self, employee_id: int, *, name: str, department_id: int | None) -> Employee:
        """Their name and department from now on; calls written before keep the department of their time.

        Raises:
            NotFoundError: there is no such employee or department.
            InvalidInputError: the name is empty or over 200 characters.
        """
        name = checked_name(name)
        with self._scope.editing() as connection:
            row_of(connection, self._scope, employees, employee_id)
            if department_id is not None:
                row_of(connection, self._scope, departments, department_id)
            set_row(connection, self._scope, employees, employee_id, name=name, department_id=department_id)
            return self._employee(connection, employee_id)

    def remove_employee(self, employee_id: int, *, now: float) -> None:
        """They leave: their accounts stay, free (so that discovery does not bring them back); so do their calls.

        Raises:
            NotFoundError: there is no such employee.
        """
        with self._scope.editing() as connection:
            row_of(connection, self._scope, employees, employee_id)
            set_row(connection, self._scope, employees, employee_id, removed_at=to_ms(now))
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
            row_of(connection, self._scope, employees, employee_id)
            link(connection, self._scope, account, employee_id, kind)
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

    def _employee(self, connection: Connection, key: int) -> Employee:
        row = row_of(connection, self._scope, employees, key)
        theirs = tuple(each.account for each in accounts_of(connection, self._scope, key))
        return Employee(id=key, name=row.name, department_id=row.department_id, accounts=theirs)
