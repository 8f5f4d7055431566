"""One-time links, by which a user sets a password without having one: an invitation, or a forgotten password.

Only the SHA-256 of a link's token is kept, so that who reads the database cannot use it.
"""

from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Row, delete, insert, select, update

from callfloor.errors import LinkSpentError
from callfloor.store.access_tables import one_time_links
from callfloor.store.instants import to_ms, to_s
from callfloor.store.scope import Scope
from callfloor.store.tables import users
from callfloor.store.users import User, end_sessions, find_user, to_user


class Purpose(StrEnum):
    """What a link was made for."""

    INVITATION = "invitation"
    RESET = "reset"


class OneTimeLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link that can still be used, and whose it is."""

    user: User
    purpose: Purpose
    expires_at: float


class OneTimeLinks:
    """Every link of the installation. Blocking: call it through ``Store.run`` and ``Store.change``."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def make(self, user_id: int, purpose: Purpose, *, token_sha256: str, now: float, expires_at: float) -> None:
        """Write a link down; the user's earlier ones can be used no more.

        Raises:
            NotFoundError: there is no such user.
        """
        with self._scope.writing() as connection:
            find_user(connection, user_id)
            connection.execute(delete(one_time_links).where(one_time_links.c.user_id == user_id))
            row = {
                "user_id": user_id,
                "purpose": purpose.value,
                "token_sha256": token_sha256,
                "made_at": to_ms(now),
                "expires_at": to_ms(expires_at),
            }
            connection.execute(insert(one_time_links), row)

    def find(self, token_sha256: str, *, now: float) -> OneTimeLink | None:
        """The link of a token, if it can still be used."""
        with self._scope.reading() as connection:
            row = _usable(connection, token_sha256, now)
            return None if row is None else _link(row)

    def spend(self, token_sha256: str, *, password_hash: str, now: float) -> OneTimeLink:
        """Set the user's password by a link: the link is used up and every session ends, all in one transaction.

        Raises:
            LinkSpentError: it was used, has expired or never was.
        """
        with self._scope.writing() as connection:
            row = _usable(connection, token_sha256, now)
            mine = one_time_links.c.token_sha256 == token_sha256, one_time_links.c.used_at.is_(None)
            spent = connection.execute(update(one_time_links).where(*mine).values(used_at=to_ms(now)))
            if row is None or spent.rowcount == 0:
                raise LinkSpentError
            connection.execute(
                update(users)
                .where(users.c.id == row.user_id)
                .values(password_hash=password_hash, password_given_at=None)
            )
            end_sessions(connection, row.user_id, now)
            return _link(row)


def _usable(connection: Any, token_sha256: str, now: float) -> Row[Any] | None:
    found: Row[Any] | None = connection.execute(
        select(
            users,
            one_time_links.c.user_id,
            one_time_links.c.purpose,
            one_time_links.c.expires_at,
        )
        .join_from(one_time_links, users, users.c.id == one_time_links.c.user_id)
        .where(
            one_time_links.c.token_sha256 == token_sha256,
            one_time_links.c.used_at.is_(None),
            one_time_links.c.expires_at > to_ms(now),
            users.c.disabled_at.is_(None),
        )
    ).one_or_none()
    return found


def _link(row: Row[Any]) -> OneTimeLink:
    return OneTimeLink(user=to_user(row), purpose=Purpose(row.purpose), expires_at=to_s(row.expires_at))
