"""A user's places that follow what an issuer says of them: given, changed and taken back at each sign-in.

A place that somebody gave by hand, or has changed by hand since, is not followed: it has no issuer.
"""

from collections.abc import Mapping

import msgspec
from sqlalchemy import select, update

from callfloor.errors import LastAdministratorError
from callfloor.store.administrators import keep_another
from callfloor.store.memberships import Role, insert_membership
from callfloor.store.scope import Scope
from callfloor.store.tables import membership_departments, memberships, projects


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one place."""

    project_id: int
    before: Role | None  # None: they could not enter
    after: Role | None  # None: they may enter no more
    kept: bool = False  # it stays as it was: the project would have no administrator


class FollowedPlaces:
    """Blocking: call it through ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def follow(self, user_id: int, issuer: str, wanted: Mapping[int, Role]) -> tuple[Followed, ...]:
        """Make the user's places by this issuer these; those given by hand stay, and count instead of these."""
        told: list[Followed] = []
        with self._scope.writing() as connection:
            have = {
                row.project_id: row
                for row in connection.execute(select(memberships).where(memberships.c.user_id == user_id))
            }
            theirs = {project_id for project_id, row in have.items() if row.issuer == issuer}
            known = set(connection.execute(select(projects.c.id).where(projects.c.removing_at.is_(None))).scalars())
            for project_id in sorted((theirs | wanted.keys()) & known):
                row, role = have.get(project_id), wanted.get(project_id)
                before = None if row is None else Role(row.role)
                if (row is not None and project_id not in theirs) or before is role:
                    continue
                if before is Role.ADMINISTRATOR:
                    try:
                        keep_another(connection, user_id, project_id)
                    except LastAdministratorError:
                        told.append(Followed(project_id=project_id, before=before, after=role, kept=True))
                        continue
                this = memberships.c.user_id == user_id, memberships.c.project_id == project_id
                if role is None:
                    connection.execute(memberships.delete().where(*this))
                else:
                    overseen = select(membership_departments.c.department_id).where(
                        membership_departments.c.user_id == user_id, membership_departments.c.project_id == project_id
                    )
                    insert_membership(
                        connection,
                        user_id,
                        project_id,
                        role,
                        employee_id=None if row is None else row.employee_id,
                        department_ids=connection.execute(overseen).scalars().all() if role is Role.SUPERVISOR else (),
                    )
                    connection.execute(update(memberships).where(*this).values(issuer=issuer))
                told.append(Followed(project_id=project_id, before=before, after=role))
        return tuple(told)
