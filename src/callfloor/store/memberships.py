"""Who may enter which project, and as what."""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, exists, func, insert, select, update

from callfloor.store.access_tables import second_factors
from callfloor.store.administrators import keep_another
from callfloor.store.instants import to_s_or_none
from callfloor.store.projects import find_project
from callfloor.store.rules import masked_roles_in
from callfloor.store.scope import Scope
from callfloor.store.tables import membership_departments, memberships, projects, users
from callfloor.store.users import User, find_user, to_user


class Role(StrEnum):
    """What a user may do in a project (AC-1)."""

    ADMINISTRATOR = "administrator"
    ANALYST = "analyst"
    SUPERVISOR = "supervisor"  # of the membership's departments
    EMPLOYEE = "employee"  # of themself: the membership's employee


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """One user's place in one project."""

    user_id: int
    project_id: int
    project_name: str
    timezone: str
    country: str
    language: str
    role: Role
    employee_id: int | None = None
    department_ids: tuple[int, ...] = ()
    second_factor_required: bool = False  # by the project, of this role
    mask: bytes | None = None  # the project's key to masked numbers; None: the role sees clients' numbers whole
    archived_at: float | None = None  # the project rests since then

    @property
    def shut(self) -> bool:
        """The project rests, and the role does not look into what rests."""
        return self.archived_at is not None and self.role is not Role.ADMINISTRATOR


class Memberships:
    """Every membership of the installation. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def of_user(self, user_id: int) -> tuple[Membership, ...]:
        """Where this user may enter, in the order the projects were made."""
        return self.of_users((user_id,))

    def of_users(self, user_ids: Collection[int]) -> tuple[Membership, ...]:
        """Where each of these users may enter, in the order the projects were made."""
        wanted = sorted(set(user_ids))
        with self._scope.reading() as connection:
            found = connection.execute(
                select(
                    memberships,
                    projects.c.name,
                    projects.c.timezone,
                    projects.c.country,
                    projects.c.language,
                    projects.c.second_factor_roles,
                    projects.c.settings,
                    projects.c.masking_key,
                    projects.c.archived_at,
                )
                .join_from(memberships, projects, memberships.c.project_id == projects.c.id)
                .where(memberships.c.user_id.in_(wanted))
                .order_by(projects.c.id)
            ).all()
            overseen: dict[tuple[int, int], list[int]] = {}
            for row in connection.execute(
                select(membership_departments)
                .where(membership_departments.c.user_id.in_(wanted))
                .order_by(membership_departments.c.department_id)
            ):
                overseen.setdefault((row.user_id, row.project_id), []).append(row.department_id)
            return tuple(
                Membership(
                    user_id=row.user_id,
                    project_id=row.project_id,
                    project_name=row.name,
                    timezone=row.timezone,
                    country=row.country,
                    language=row.language,
                    role=Role(row.role),
                    employee_id=row.employee_id,
                    department_ids=tuple(overseen.get((row.user_id, row.project_id), ())),
                    second_factor_required=row.role in (row.second_factor_roles or "").split(),
                    mask=bytes.fromhex(row.masking_key) if row.role in masked_roles_in(row.settings) else None,
                    archived_at=to_s_or_none(row.archived_at),
                )
                for row in found
            )

    def users_of(self, project_id: int) -> tuple[User, ...]:
        """Who may enter the project, by login."""
        with self._scope.reading() as connection:
            return tuple(
                to_user(row)
                for row in connection.execute(
                    select(users)
                    .join_from(users, memberships, memberships.c.user_id == users.c.id)
                    .where(memberships.c.project_id == project_id)
                    .order_by(users.c.login_key)
                )
            )

    def grant(
        self,
        user_id: int,
        project_id: int,
        role: Role,
        *,
        employee_id: int | None = None,
        department_ids: Collection[int] = (),
    ) -> None:
        """Let the user into the project in this role, in place of any role before.

        Raises:
            NotFoundError: there is no such user or project.
            ConflictError: the employee or a department is not this project's.
            LastAdministratorError: the user is the project's last one, and would be it no more.
        """
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            find_project(connection, project_id)
            if role is not Role.ADMINISTRATOR:
                keep_another(connection, user_id, project_id)
            insert_membership(
                connection, user_id, project_id, role, employee_id=employee_id, department_ids=department_ids
            )

    def withdraw(self, user_id: int, project_id: int) -> None:
        """The user may no longer enter the project; nothing happens if they could not.

        Raises:
            LastAdministratorError: the user is the project's last one.
        """
        with self._scope.writing() as connection:
            withdraw_place(connection, user_id, project_id)

    def lacking_second_factor(self, user_ids: Collection[int]) -> frozenset[int]:
        """Those of the users of whom a project requires a second factor that they do not have."""
        with self._scope.reading() as connection:
            found = connection.execute(
                select(memberships.c.user_id, memberships.c.role, projects.c.second_factor_roles)
                .join_from(memberships, projects, memberships.c.project_id == projects.c.id)
                .where(
                    memberships.c.user_id.in_(sorted(set(user_ids))),
                    projects.c.second_factor_roles.is_not(None),
                    ~exists().where(
                        second_factors.c.user_id == memberships.c.user_id, second_factors.c.confirmed_at.is_not(None)
                    ),
                )
            )
            return frozenset(row.user_id for row in found if row.role in row.second_factor_roles.split())

    def second_factor_roles(self, project_id: int) -> tuple[Role, ...]:
        """Of which roles the project requires a second factor.

        Raises:
            NotFoundError: there is no such project.
        """
        with self._scope.reading() as connection:
            find_project(connection, project_id)
            wanted = select(projects.c.second_factor_roles).where(projects.c.id == project_id)
            return tuple(Role(each) for each in (connection.execute(wanted).scalar() or "").split())

    def require_second_factor(self, project_id: int, roles: Collection[Role]) -> None:
        """Of these roles, from now on.

        Raises:
            NotFoundError: there is no such project.
        """
        with self._scope.writing() as connection:
            find_project(connection, project_id)
            names = " ".join(role.value for role in Role if role in roles) or None
            connection.execute(update(projects).where(projects.c.id == project_id).values(second_factor_roles=names))


def insert_membership(
    connection: Connection,
    user_id: int,
    project_id: int,
    role: Role,
    *,
    employee_id: int | None = None,
    department_ids: Collection[int] = (),
) -> None:
    """Let a user into a project, inside a transaction that the caller has."""
    connection.execute(_place(user_id, project_id))
    place = {"user_id": user_id, "project_id": project_id}
    connection.execute(insert(memberships), {**place, "role": role.value, "employee_id": employee_id})
    if department_ids:
        connection.execute(
            insert(membership_departments), [{**place, "department_id": each} for each in sorted(set(department_ids))]
        )


def withdraw_place(connection: Connection, user_id: int, project_id: int) -> None:
    """As ``Memberships.withdraw``, inside a transaction that the caller has."""
    keep_another(connection, user_id, project_id)
    connection.execute(_place(user_id, project_id))


def has_administrator(connection: Connection) -> bool:
    """Whether anybody who may sign in administers any project."""
    found = connection.execute(
        select(func.count())
        .select_from(memberships)
        .join(users, users.c.id == memberships.c.user_id)
        .where(memberships.c.role == Role.ADMINISTRATOR.value, users.c.disabled_at.is_(None))
    )
    return bool(found.scalar_one())


def _place(user_id: int, project_id: int) -> Any:
    return delete(memberships).where(memberships.c.user_id == user_id, memberships.c.project_id == project_id)
