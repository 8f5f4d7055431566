"""Every project keeps an administrator: whoever is the last one can be neither lowered, nor removed, nor disabled."""

from sqlalchemy import Connection, func, select

from callfloor.errors import LastAdministratorError
from callfloor.store.tables import memberships, projects, users

ADMINISTRATOR = "administrator"


def keep_another(connection: Connection, user_id: int, project_id: int | None = None) -> None:
    """Raise if a project (this one, or any) would have no administrator without the user; inside a transaction.

    Raises:
        LastAdministratorError: they are the only one who may sign in.
    """
    mine = (
        select(memberships.c.project_id)
        .join_from(memberships, users, users.c.id == memberships.c.user_id)
        .where(memberships.c.user_id == user_id, memberships.c.role == ADMINISTRATOR, users.c.disabled_at.is_(None))
    )
    if project_id is not None:
        mine = mine.where(memberships.c.project_id == project_id)
    administered = sorted(connection.execute(mine).scalars())
    # One at a time in a project: two administrators who lower each other in one moment are not both obeyed.
    connection.execute(
        select(projects.c.id).where(projects.c.id.in_(administered)).order_by(projects.c.id).with_for_update()
    ).all()
    for one in administered:
        others = connection.execute(
            select(func.count())
            .select_from(memberships)
            .join(users, users.c.id == memberships.c.user_id)
            .where(
                memberships.c.project_id == one,
                memberships.c.user_id != user_id,
                memberships.c.role == ADMINISTRATOR,
                users.c.disabled_at.is_(None),
            )
        ).scalar_one()
        if others == 0:
            raise LastAdministratorError
