"""A user and their place in a project, made and changed together: all of it in one transaction, or nothing."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import update

from callfloor.errors import NotFoundError
from callfloor.store.administrators import keep_another
from callfloor.store.instants import to_ms
from callfloor.store.memberships import Role, insert_membership
from callfloor.store.scope import Scope
from callfloor.store.tables import memberships, users
from callfloor.store.users import User, find_user, insert_user, rename_user, to_user


class UserPlace(msgspec.Struct, frozen=True, kw_only=True):
    """As what a user is in a project."""

    role: Role
    employee_id: int | None = None
    department_ids: tuple[int, ...] = ()


class ProjectUsers:
    """Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def add(
        self,
        project_id: int,
        place: UserPlace,
        *,
        login: str,
        name: str,
        email: str | None,
        locale: str,
        password_hash: str | None,
        given: bool,
        now: float,
    ) -> User:
        """Make a user of a project. ``given``: the password is somebody else's choice, and is to be changed.

        Raises:
            ConflictError: another has this login; or the employee or a department is not the project's.
            InvalidInputError: this can be no login.
        """
        with self._scope.writing() as connection:
            user = insert_user(
                connection,
                login,
                name=name,
                password_hash=password_hash,
                now=now,
                locale=locale,
                theme="system",
                email=email,
            )
            if given:
                connection.execute(update(users).where(users.c.id == user.id).values(password_given_at=to_ms(now)))
            _put(connection, user.id, project_id, place)
            return to_user(find_user(connection, user.id))

    def change(
        self,
        user_id: int,
        project_id: int,
        *,
        place: UserPlace | None = None,
        login: str | None = None,
        name: str | None = None,
        email: Collection[str | None] = (),
    ) -> User:
        """Change what is given; ``email`` is one address or None in a tuple, empty where it stays.

        Raises:
            NotFoundError: there is no such user in the project.
            ConflictError, InvalidInputError: as ``add``.
            LastAdministratorError: the project would have no administrator.
        """
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            this = memberships.c.user_id == user_id, memberships.c.project_id == project_id
            if connection.execute(memberships.select().where(*this)).first() is None:
                raise NotFoundError("there is no such user")
            if place is not None:
                if place.role is not Role.ADMINISTRATOR:
                    keep_another(connection, user_id, project_id)
                _put(connection, user_id, project_id, place)
            if login is not None:
                rename_user(connection, user_id, login)
            values: dict[str, Any] = {} if name is None else {"name": name}
            for address in email:
                values["email"] = address
            if values:
                connection.execute(update(users).where(users.c.id == user_id).values(**values))
            return to_user(find_user(connection, user_id))


def _put(connection: Any, user_id: int, project_id: int, place: UserPlace) -> None:
    insert_membership(
        connection,
        user_id,
        project_id,
        place.role,
        employee_id=place.employee_id,
        department_ids=place.department_ids,
    )
