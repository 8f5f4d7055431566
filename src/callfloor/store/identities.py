"""Who a user is at another issuer: sign-in by OpenID Connect finds its user by issuer and subject."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from callfloor.errors import ConflictError
from callfloor.store.access_tables import identities
from callfloor.store.instants import to_ms, to_s
from callfloor.store.memberships import Role, insert_membership
from callfloor.store.scope import Scope
from callfloor.store.tables import memberships, users
from callfloor.store.users import User, insert_user, to_user


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """One user at one issuer."""

    id: int
    issuer: str
    subject: str
    user_id: int
    email: str | None
    linked_at: float
    used_at: float


class Identities:
    """Every identity of the installation. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def user_of(self, issuer: str, subject: str) -> User | None:
        """Whose it is, disabled or not."""
        with self._scope.reading() as connection:
            row = connection.execute(
                select(users)
                .join_from(identities, users, users.c.id == identities.c.user_id)
                .where(identities.c.issuer == issuer, identities.c.subject == subject)
            ).one_or_none()
            return None if row is None else to_user(row)

    def by_email(self, email: str) -> tuple[User, ...]:
        """The users with this address who may sign in."""
        with self._scope.reading() as connection:
            same = func.lower(users.c.email) == email.lower()
            return tuple(
                to_user(r) for r in connection.execute(select(users).where(same, users.c.disabled_at.is_(None)))
            )

    def of_user(self, user_id: int) -> tuple[Identity, ...]:
        """Where else this user signs in."""
        return self.of_users((user_id,))

    def of_users(self, user_ids: Collection[int]) -> tuple[Identity, ...]:
        """Where else these users sign in, the oldest first."""
        with self._scope.reading() as connection:
            found = connection.execute(
                select(identities).where(identities.c.user_id.in_(sorted(set(user_ids)))).order_by(identities.c.id)
            )
            return tuple(
                Identity(
                    id=row.id,
                    issuer=row.issuer,
                    subject=row.subject,
                    user_id=row.user_id,
                    email=row.email,
                    linked_at=to_s(row.linked_at),
                    used_at=to_s(row.used_at),
                )
                for row in found
            )

    def link(self, user_id: int, issuer: str, subject: str, *, email: str | None, now: float) -> None:
        """From now on this subject is this user.

        Raises:
            ConflictError: the subject is somebody's already, or the user is another of this issuer's.
        """
        with self._scope.writing() as connection:
            _link(connection, user_id, issuer, subject, email, now)

    def used(self, issuer: str, subject: str, *, email: str | None, now: float) -> None:
        """Note a sign-in."""
        with self._scope.writing() as connection:
            connection.execute(
                update(identities)
                .where(identities.c.issuer == issuer, identities.c.subject == subject)
                .values(used_at=to_ms(now), email=email)
            )

    def unlink(self, user_id: int) -> int:
        """The user signs in nowhere else any more; of how many places."""
        with self._scope.writing() as connection:
            return connection.execute(delete(identities).where(identities.c.user_id == user_id)).rowcount

    def make_user(
        self,
        login: str,
        *,
        name: str,
        email: str | None,
        locale: str,
        issuer: str,
        subject: str,
        places: Sequence[tuple[int, Role]],
        now: float,
    ) -> User:
        """A new user for a subject, in these projects, all in one transaction.

        Raises:
            ConflictError: the login or the subject is somebody's already, or there is no such project.
            InvalidInputError: this can be no login.
        """
        with self._scope.writing() as connection:
            user = insert_user(
                connection, login, name=name, password_hash=None, now=now, locale=locale, theme="system", email=email
            )
            _link(connection, user.id, issuer, subject, email, now)
            for project_id, role in places:
                insert_membership(connection, user.id, project_id, role)
            theirs = memberships.c.user_id == user.id
            connection.execute(update(memberships).where(theirs).values(issuer=issuer))
            return user


def _link(connection: Connection, user_id: int, issuer: str, subject: str, email: str | None, now: float) -> None:
    theirs = select(identities.c.id).where(identities.c.user_id == user_id, identities.c.issuer == issuer)
    if connection.execute(theirs).first() is not None:
        raise ConflictError("This user signs in there as somebody else already.")
    row: dict[str, Any] = {
        "issuer": issuer,
        "subject": subject,
        "user_id": user_id,
        "email": email,
        "linked_at": to_ms(now),
        "used_at": to_ms(now),
    }
    connection.execute(insert(identities), row)
