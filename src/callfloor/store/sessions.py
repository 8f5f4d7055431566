"""Signed-in sessions. The web room makes the token; here only its SHA-256 is ever seen or kept, so that who reads
the database cannot sign in with it.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Row, Select, delete, func, insert, or_, select, update

from callfloor.store.access_tables import api_tokens, one_time_links
from callfloor.store.instants import to_ms, to_s
from callfloor.store.scope import Scope
from callfloor.store.tables import sessions, users
from callfloor.store.texts import kept

TOUCH_S = 60.0
"""``last_seen_at`` is written at most this often: a page asks many times a second, and each write is an fsync."""

_TEXT_LENGTH = 400


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One signed-in browser."""

    id: int
    user_id: int
    created_at: float
    last_seen_at: float
    expires_at: float
    address: str | None = None
    user_agent: str | None = None
    issuer: str | None = None  # who signed the user in elsewhere; None: they did here


class Sessions:
    """Every session of the installation. Blocking: call it through ``Store.run`` and ``Store.change``.

    A session is *valid* unless it was revoked or its user is disabled. Its ends are for the caller to judge.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def open(
        self,
        user_id: int,
        *,
        token_sha256: str,
        now: float,
        expires_at: float,
        address: str | None = None,
        user_agent: str | None = None,
        issuer: str | None = None,
        id_token: str | None = None,
    ) -> Session:
        """Write a new session down; ``token_sha256`` is hex. ``id_token`` is what the issuer is told at the sign-out.

        Raises:
            ConflictError: there is no such user, or the token is in use.
        """
        values = {
            "user_id": user_id,
            "created_at": to_ms(now),
            "last_seen_at": to_ms(now),
            "expires_at": to_ms(expires_at),
            "address": _short(address),
            "user_agent": _short(user_agent),
            "issuer": issuer,
            "id_token": id_token,
        }
        with self._scope.writing() as connection:
            made: Any = connection.execute(
                insert(sessions), {**values, "token_sha256": token_sha256}
            ).inserted_primary_key
            return _session(connection.execute(select(sessions).where(sessions.c.id == made[0])).one())

    def by_token(self, token_sha256: str) -> Session | None:
        """The valid session of this token."""
        with self._scope.reading() as connection:
            row = connection.execute(_valid().where(sessions.c.token_sha256 == token_sha256)).one_or_none()
            return None if row is None else _session(row)

    def by_tokens(self, tokens_sha256: Collection[str]) -> dict[str, Session]:
        """The valid sessions of these tokens, by token."""
        with self._scope.reading() as connection:
            found = connection.execute(_valid().where(sessions.c.token_sha256.in_(sorted(set(tokens_sha256)))))
            return {row.token_sha256: _session(row) for row in found}

    def by_ids(self, session_ids: Collection[int]) -> dict[int, Session]:
        """Those of them that are valid: one query for every open stream."""
        found: dict[int, Session] = {}
        wanted = sorted(set(session_ids))
        with self._scope.reading() as connection:
            for start in range(0, len(wanted), 500):
                for row in connection.execute(_valid().where(sessions.c.id.in_(wanted[start : start + 500]))):
                    found[row.id] = _session(row)
        return found

    def of_user(self, user_id: int) -> tuple[Session, ...]:
        """The user's valid sessions, the last made first."""
        with self._scope.reading() as connection:
            found = connection.execute(
                _valid()
                .where(sessions.c.user_id == user_id)
                .order_by(sessions.c.created_at.desc(), sessions.c.id.desc())
            )
            return tuple(_session(row) for row in found)

    def newest_of(self, user_ids: Collection[int]) -> dict[int, float]:
        """When each of the users was last seen in a session that is still remembered."""
        wanted = sessions.c.user_id.in_(sorted(set(user_ids)))
        with self._scope.reading() as connection:
            newest = func.max(sessions.c.last_seen_at).label("newest")
            found = connection.execute(select(sessions.c.user_id, newest).where(wanted).group_by(sessions.c.user_id))
            return {row.user_id: to_s(row.newest) for row in found}

    def id_token(self, session_id: int) -> str | None:
        """What its issuer said of who signed in, for the sign-out there."""
        with self._scope.reading() as connection:
            return connection.execute(select(sessions.c.id_token).where(sessions.c.id == session_id)).scalar()

    def touch(self, session_id: int, *, now: float) -> bool:
        """Note that the session is in use; true if that was written: at most once a minute, whoever asks."""
        with self._scope.writing() as connection:
            written = connection.execute(
                update(sessions)
                .where(
                    sessions.c.id == session_id,
                    sessions.c.revoked_at.is_(None),
                    sessions.c.last_seen_at <= to_ms(now - TOUCH_S),
                )
                .values(last_seen_at=to_ms(now))
            )
            return written.rowcount > 0

    def touch_all(self, session_ids: Collection[int], *, now: float) -> None:
        """Note that these are in use, those of which that was not noted within a minute."""
        wanted = sorted(set(session_ids))
        with self._scope.writing() as connection:
            for start in range(0, len(wanted), 500):
                connection.execute(
                    update(sessions)
                    .where(
                        sessions.c.id.in_(wanted[start : start + 500]),
                        sessions.c.revoked_at.is_(None),
                        sessions.c.last_seen_at <= to_ms(now - TOUCH_S),
                    )
                    .values(last_seen_at=to_ms(now))
                )

    def revoke(self, session_id: int, *, now: float, user_id: int | None = None) -> bool:
        """End a session (of this user, if given). False if there is none, it is another's, or it was ended."""
        wanted = [sessions.c.id == session_id, sessions.c.revoked_at.is_(None)]
        if user_id is not None:
            wanted.append(sessions.c.user_id == user_id)
        with self._scope.writing() as connection:
            ended = connection.execute(update(sessions).where(*wanted).values(revoked_at=to_ms(now)))
            return ended.rowcount > 0

    def revoke_all(self, user_id: int, *, now: float, keep: int | None = None) -> int:
        """End every session of the user but ``keep``; how many."""
        wanted = [sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None)]
        if keep is not None:
            wanted.append(sessions.c.id != keep)
        with self._scope.writing() as connection:
            return connection.execute(update(sessions).where(*wanted).values(revoked_at=to_ms(now))).rowcount

    def sweep(self, *, before: float) -> int:
        """Forget sessions, links and tokens that were over or revoked before this instant; how many sessions."""
        with self._scope.writing() as connection:
            connection.execute(delete(one_time_links).where(one_time_links.c.expires_at < to_ms(before)))
            connection.execute(delete(api_tokens).where(api_tokens.c.revoked_at < to_ms(before)))
            over = or_(sessions.c.expires_at < to_ms(before), sessions.c.revoked_at < to_ms(before))
            return connection.execute(delete(sessions).where(over)).rowcount


def _valid() -> Select[Any]:
    return (
        select(sessions)
        .join_from(sessions, users, users.c.id == sessions.c.user_id)
        .where(sessions.c.revoked_at.is_(None), users.c.disabled_at.is_(None))
    )


def _short(text: str | None) -> str | None:
    return None if text is None else kept(text)[:_TEXT_LENGTH]


def _session(row: Row[Any]) -> Session:
    return Session(
        id=row.id,
        user_id=row.user_id,
        created_at=to_s(row.created_at),
        last_seen_at=to_s(row.last_seen_at),
        expires_at=to_s(row.expires_at),
        address=row.address,
        user_agent=row.user_agent,
        issuer=row.issuer,
    )
