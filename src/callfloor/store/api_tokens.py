"""Tokens by which programs ask the API in a user's name, in one project. Only the SHA-256 of a token is kept."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Row, Select, insert, select, update

from callfloor.errors import ConflictError
from callfloor.store.access_tables import api_tokens
from callfloor.store.instants import to_ms, to_ms_or_none, to_s, to_s_or_none
from callfloor.store.scope import Scope
from callfloor.store.tables import memberships, users
from callfloor.store.texts import kept

TOUCH_S = 60.0
"""``last_used_at`` is written at most this often."""

MOST = 50
"""Living tokens a user may have."""


class ApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A program's token; what it may do is its scopes' part of what its user may do."""

    id: int
    user_id: int
    project_id: int
    name: str
    scopes: tuple[str, ...]
    created_at: float
    expires_at: float | None
    last_used_at: float | None
    last_address: str | None


class ApiTokens:
    """Every token of the installation. Blocking: call it through ``Store.run`` and ``Store.change``.

    A token is *valid* unless it was revoked, its user is disabled, or left its project. Its end is for the caller.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def make(
        self,
        user_id: int,
        project_id: int,
        *,
        name: str,
        token_sha256: str,
        scopes: Collection[str],
        now: float,
        expires_at: float | None,
    ) -> ApiToken:
        """Write a token down.

        Raises:
            ConflictError: the user has too many, or there is no such user or project.
        """
        with self._scope.writing() as connection:
            mine = select(api_tokens.c.id).where(api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None))
            if len(connection.execute(mine).all()) >= MOST:
                raise ConflictError(f"There are {MOST} tokens already: revoke one that is not used.")
            row = {
                "user_id": user_id,
                "project_id": project_id,
                "name": kept(name),
                "token_sha256": token_sha256,
                "scopes": " ".join(sorted(set(scopes))),
                "created_at": to_ms(now),
                "expires_at": to_ms_or_none(expires_at),
            }
            made: Any = connection.execute(insert(api_tokens), row).inserted_primary_key
            return _token(connection.execute(select(api_tokens).where(api_tokens.c.id == made[0])).one())

    def by_token(self, token_sha256: str) -> ApiToken | None:
        """The valid token of this hash."""
        with self._scope.reading() as connection:
            row = connection.execute(_valid().where(api_tokens.c.token_sha256 == token_sha256)).one_or_none()
            return None if row is None else _token(row)

    def by_ids(self, token_ids: Collection[int]) -> dict[int, ApiToken]:
        """Those of them that are valid."""
        with self._scope.reading() as connection:
            found = connection.execute(_valid().where(api_tokens.c.id.in_(sorted(set(token_ids)))))
            return {row.id: _token(row) for row in found}

    def of_user(self, user_id: int) -> tuple[ApiToken, ...]:
        """The user's tokens that were not revoked, the last made first; those that have ended too."""
        with self._scope.reading() as connection:
            found = select(api_tokens).where(api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None))
            return tuple(_token(row) for row in connection.execute(found.order_by(api_tokens.c.id.desc())))

    def touch(self, token_id: int, *, now: float, address: str | None) -> None:
        """Note a use; it is written at most once a minute, whoever asks."""
        with self._scope.writing() as connection:
            long_ago = api_tokens.c.last_used_at.is_(None) | (api_tokens.c.last_used_at <= to_ms(now - TOUCH_S))
            connection.execute(
                update(api_tokens)
                .where(api_tokens.c.id == token_id, long_ago)
                .values(last_used_at=to_ms(now), last_address=None if address is None else kept(address)[:100])
            )

    def revoke(self, token_id: int, *, user_id: int, now: float) -> ApiToken | None:
        """End one of the user's tokens; None if it is none of theirs, or was ended."""
        mine = api_tokens.c.id == token_id, api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None)
        with self._scope.writing() as connection:
            row = connection.execute(select(api_tokens).where(*mine)).one_or_none()
            if row is None:
                return None
            connection.execute(update(api_tokens).where(*mine).values(revoked_at=to_ms(now)))
            return _token(row)


def _valid() -> Select[Any]:
    theirs = (memberships.c.user_id == api_tokens.c.user_id) & (memberships.c.project_id == api_tokens.c.project_id)
    return (
        select(api_tokens)
        .join_from(api_tokens, users, users.c.id == api_tokens.c.user_id)
        .join(memberships, theirs)
        .where(api_tokens.c.revoked_at.is_(None), users.c.disabled_at.is_(None))
    )


def _token(row: Row[Any]) -> ApiToken:
    return ApiToken(
        id=row.id,
        user_id=row.user_id,
        project_id=row.project_id,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        created_at=to_s(row.created_at),
        expires_at=to_s_or_none(row.expires_at),
        last_used_at=to_s_or_none(row.last_used_at),
        last_address=row.last_address,
    )
