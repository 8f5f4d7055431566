"""Rows of the directory, read and changed inside a transaction that the caller has."""

from typing import Any

from sqlalchemy import Connection, Row, Select, Table, insert, select, update

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store.scope import Scope
from callfloor.store.tables import accounts, departments
from callfloor.store.texts import can_be_kept

NAME_LENGTH = 200


def checked_name(text: str) -> str:
    """The name without spaces around it.

    Raises:
        InvalidInputError: it is empty or over 200 characters.
    """
    text = text.strip()
    if not 1 <= len(text) <= NAME_LENGTH or not can_be_kept(text):
        raise InvalidInputError(f"a name has 1 to {NAME_LENGTH} characters")
    return text


def key_of(made: Any) -> int:
    """The number that the database gave to what was inserted."""
    return int(made.inserted_primary_key[0])


def present(scope: Scope, table: Table) -> Select[Any]:
    """Departments or employees that are there now, by name."""
    return select(table).where(scope.within(table), table.c.removed_at.is_(None)).order_by(table.c.name, table.c.id)


def row_of(connection: Connection, scope: Scope, table: Table, key: int) -> Row[Any]:
    """A department or an employee that is there now.

    Raises:
        NotFoundError: there is none of this number.
    """
    row = connection.execute(present(scope, table).where(table.c.id == key)).one_or_none()
    if row is None:
        raise NotFoundError
    return row


def set_row(connection: Connection, scope: Scope, table: Table, key: int, **values: Any) -> None:
    """Change a department or an employee."""
    connection.execute(update(table).where(scope.within(table), table.c.id == key).values(**values))


def require_free_name(
    connection: Connection, scope: Scope, name: str, parent_id: int | None, *, except_id: int = 0
) -> None:
    """Raises ConflictError where the department's parent has one of this name."""
    beside = departments.c.parent_id.is_(None) if parent_id is None else departments.c.parent_id == parent_id
    taken = present(scope, departments).where(beside, departments.c.name == name, departments.c.id != except_id)
    if connection.execute(taken).first() is not None:
        raise ConflictError("There is a department of this name.")


def require_no_loop(connection: Connection, scope: Scope, department_id: int, parent_id: int | None) -> None:
    """Raises ConflictError where the department would be within itself; NotFoundError where there is no such parent."""
    above = parent_id
    while above is not None:
        if above == department_id:
            raise ConflictError("A department cannot be within itself.")
        above = row_of(connection, scope, departments, above).parent_id


def link(connection: Connection, scope: Scope, account: str, employee_id: int, kind: str) -> None:
    """Give an account, known or new, to an employee; a known one keeps its kind.

    Raises:
        ConflictError: it is another employee's.
    """
    account = checked_name(account)
    this = scope.within(accounts), accounts.c.account == account
    known = connection.execute(select(accounts).where(*this)).one_or_none()
    if known is None:
        row = {"project_id": scope.project_id, "account": account, "kind": kind, "employee_id": employee_id}
        connection.execute(insert(accounts), row)
    elif known.employee_id not in {None, employee_id}:
        raise ConflictError("The account is another employee's.", account=account, employee_id=known.employee_id)
    else:
        connection.execute(update(accounts).where(*this).values(employee_id=employee_id))


def accounts_of(connection: Connection, scope: Scope, employee_id: int) -> tuple[Row[Any], ...]:
    """An employee's accounts, by name."""
    theirs = select(accounts).where(scope.within(accounts), accounts.c.employee_id == employee_id)
    return tuple(connection.execute(theirs.order_by(accounts.c.account)))
