"""A department goes into another, with all that is in it; or is removed, and what was in it moves up."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select, update

from callfloor.store.directory_rows import present, set_row
from callfloor.store.directory_tables import queue_departments
from callfloor.store.scope import Scope
from callfloor.store.tables import departments, employees, membership_departments


def merge_department(
    connection: Connection, scope: Scope, department_id: int, into_id: int | None, *, removed_at: int, removing: bool
) -> None:
    """Inside a transaction; the other must not be within this one. ``into_id`` None: what is in it is in none.

    Supervisors of it oversee the other from now on. Where it is merely removed (``removing``), they oversee what was
    within it, and no more than that: nobody sees more because something was removed.
    """
    below = connection.execute(present(scope, departments).where(departments.c.parent_id == department_id)).all()
    beside = departments.c.parent_id.is_(None) if into_id is None else departments.c.parent_id == into_id
    there = {
        row.name: row.id
        for row in connection.execute(present(scope, departments).where(beside, departments.c.id != department_id))
    }
    set_row(connection, scope, departments, department_id, removed_at=removed_at)
    for row in below:
        if row.name in there and not removing:
            merge_department(connection, scope, row.id, there[row.name], removed_at=removed_at, removing=False)
        else:
            set_row(connection, scope, departments, row.id, parent_id=into_id)
    connection.execute(
        update(employees)
        .where(scope.within(employees), employees.c.department_id == department_id, employees.c.removed_at.is_(None))
        .values(department_id=into_id)
    )
    _move_queues(connection, scope, department_id, into_id)
    heirs = [row.id for row in below] if removing else [] if into_id is None else [into_id]
    _move_overseers(connection, scope, department_id, heirs)


def _move_queues(connection: Connection, scope: Scope, department_id: int, into_id: int | None) -> None:
    theirs = scope.within(queue_departments), queue_departments.c.department_id == department_id
    if into_id is None:
        connection.execute(delete(queue_departments).where(*theirs))
    else:
        connection.execute(update(queue_departments).where(*theirs).values(department_id=into_id))


def _move_overseers(connection: Connection, scope: Scope, department_id: int, heirs: Iterable[int]) -> None:
    table = membership_departments
    here = table.c.project_id == scope.project_id
    every = connection.execute(select(table.c.user_id, table.c.department_id).where(here)).all()
    have = {(row.user_id, row.department_id) for row in every}
    new = {(user, heir) for user, of in have if of == department_id for heir in heirs} - have
    connection.execute(delete(table).where(here, table.c.department_id == department_id))
    if new:
        rows = [{"project_id": scope.project_id, "user_id": user, "department_id": heir} for user, heir in sorted(new)]
        connection.execute(insert(table), rows)
