"""Sessions: who a cookie is, signing in and out, the CSRF token, and two expiries.

The token is 256 random bits; the store keeps only its hash, the browser keeps it in a cookie that no script can read.
"""

import base64
import hashlib
import hmac
import logging
import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from callfloor.errors import (
    ForbiddenError,
    NotFoundError,
    StoreError,
    UnauthenticatedError,
    WrongCredentialsError,
)
from callfloor.store.memberships import Membership
from callfloor.store.sessions import TOUCH_S, Session
from callfloor.store.store import Store
from callfloor.store.users import User
from callfloor.web.access import Viewer
from callfloor.web.audit import DONE, Audit, Deed
from callfloor.web.passwords import Passwords
from callfloor.web.ports import WebSettings
from callfloor.web.throttle import SignInThrottle

logger = logging.getLogger(__name__)

COOKIE = "callfloor_session"
CSRF_HEADER = "x-csrf-token"

_AGENT_LENGTH = 400  # characters of a User-Agent that are worth keeping

_TOKEN_LENGTH = len(secrets.token_urlsafe(32))


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A request with a good session."""

    session: Session
    user: User
    memberships: tuple[Membership, ...]
    csrf_token: str

    def viewer(self, project_id: int) -> Viewer:
        """The user as a viewer of a project.

        Raises:
            NotFoundError: not one of theirs; whether it exists is not told.
        """
        for membership in self.memberships:
            if membership.project_id == project_id:
                return Viewer.of(membership)
        raise NotFoundError("There is no such project.")


class Sessions:
    """Signs people in and out, and says who a cookie is."""

    def __init__(self, store: Store, settings: WebSettings, passwords: Passwords, audit: Audit) -> None:
        self._store = store
        self._settings = settings
        self._passwords = passwords
        self._audit = audit
        self._throttle = SignInThrottle()

    async def sign_in(
        self, login: str, password: str, *, now: float, address: str, user_agent: str | None, old_token: str | None
    ) -> tuple[str, Signed]:
        """Check the password and open a session; a session the browser had before is revoked. Returns the new token.

        Raises:
            ThrottledError: too many failures by this account or from this address.
            WrongCredentialsError: no such login, a wrong password or a disabled user; which, is not told.
        """
        login = login.strip()
        key = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold())
        self._throttle.begin(key, address, now)
        # No login has a control character; a NUL is more than PostgreSQL's text can even be asked for.
        plausible = not any(unicodedata.category(sign).startswith("C") for sign in login)
        found = await self._store.run(self._store.users.by_login, login) if plausible else None
        disabled = found is not None and found.user.disabled_at is not None
        stored = None if found is None or disabled else found.password_hash
        deed = Deed(at=now, user=found.user if found else None, action="sign_in", details=_where(address, user_agent))
        if not await self._passwords.check(password, stored) or found is None or stored is None:
            deed.outcome = WrongCredentialsError.error_id
            deed.details |= {"disabled": True} if disabled else {}
            self._audit.write_of_user_later(deed)
            raise WrongCredentialsError
        self._throttle.succeed(key, address)
        user = found.user
        if self._passwords.outdated(stored):
            after = await self._passwords.make(password)
            await self._store.change(self._store.users.rehash, user.id, before=stored, after=after)
        if old_token is not None:
            await self._revoke(old_token, now)
        token = secrets.token_urlsafe(32)
        session = await self._store.change(
            self._store.sessions.open,
            user.id,
            token_sha256=digest(token),
            now=now,
            expires_at=now + self._settings.session_absolute_s,
            address=address or None,
            user_agent=user_agent,
        )
        deed.outcome = DONE
        await self._audit.write_of_user(deed)
        memberships = await self._store.run(self._store.memberships.of_user, user.id)
        return token, Signed(session=session, user=user, memberships=memberships, csrf_token=csrf_of(token))

    async def sign_out(self, token: str, user: User, now: float) -> None:
        """Revoke the session of a token."""
        await self._revoke(token, now)
        await self._audit.write_of_user(Deed(at=now, user=user, action="sign_out", outcome=DONE))

    async def _revoke(self, token: str, now: float) -> None:
        if not _plausible(token):
            return
        session = await self._store.run(self._store.sessions.by_token, digest(token))
        if session is not None:
            await self._store.change(self._store.sessions.revoke, session.id, now=now)

    async def who(self, token: str | None, now: float) -> Signed:
        """The user of a session cookie.

        Raises:
            UnauthenticatedError: there is no cookie, or its session is unknown, revoked or expired.
        """
        if token is None or not _plausible(token):
            raise UnauthenticatedError
        signed = await self._store.run(self._find, token)
        if signed is None or not self.alive(signed.session, now):
            raise UnauthenticatedError
        await self.touch(signed.session, now)
        return signed

    def _find(self, token: str) -> Signed | None:
        # One visit to a reader's thread for all three.
        session = self._store.sessions.by_token(digest(token))
        if session is None:
            return None
        user = self._store.users.get(session.user_id)
        memberships = self._store.memberships.of_user(session.user_id)
        return Signed(session=session, user=user, memberships=memberships, csrf_token=csrf_of(token))

    async def touch(self, session: Session, now: float) -> None:
        """Note the use of a session, where it was not noted lately; a store that cannot write is borne."""
        if now - session.last_seen_at >= TOUCH_S:
            try:
                await self._store.change(self._store.sessions.touch, session.id, now=now)
            except StoreError as error:
                logger.warning("A session's use could not be noted", extra={"error_id": error.error_id})

    def alive(self, session: Session, now: float) -> bool:
        """Whether a session has passed neither its absolute nor its idle end."""
        return now < session.expires_at and now - session.last_seen_at < self._settings.session_idle_s

    async def of_user(self, user_id: int, now: float) -> Sequence[Session]:
        """A user's living sessions."""
        found = await self._store.run(self._store.sessions.of_user, user_id)
        return [session for session in found if self.alive(session, now)]

    async def revoke_own(self, user: User, session_id: int, now: float) -> None:
        """End one of the user's own sessions.

        Raises:
            NotFoundError: not one of theirs.
        """
        deed = Deed(at=now, user=user, action="session_revoked", subject=("session", session_id))
        if not await self._store.change(self._store.sessions.revoke, session_id, user_id=user.id, now=now):
            raise NotFoundError("There is no such session.")
        deed.outcome = DONE
        await self._audit.write_of_user(deed)

    async def living(self, session_ids: Collection[int], now: float) -> Mapping[int, Session]:
        """Those of the sessions that still hold; for the streams that stand open on them."""
        found = await self._store.run(self._store.sessions.by_ids, session_ids)
        return {key: session for key, session in found.items() if self.alive(session, now)}

    async def viewers(self, user_ids: Collection[int]) -> frozenset[Viewer]:
        """What each of the users may be now, in every project."""
        found = await self._store.run(self._store.memberships.of_users, user_ids)
        return frozenset(Viewer.of(membership) for membership in found)


def digest(token: str) -> str:
    """What the store keeps of a token: it has 256 random bits, so a plain SHA-256 cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_of(token: str) -> str:
    """The CSRF token of a session, bound to it by a keyed hash; nothing to store, nothing to guess."""
    mac = hmac.digest(token.encode(), b"callfloor csrf token", "sha256")
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def require_csrf(signed: Signed, given: str | None) -> None:
    """Raise unless the header's token is the session's.

    Raises:
        ForbiddenError: it is missing, or another session's.
    """
    if given is None or not hmac.compare_digest(given.encode(), signed.csrf_token.encode()):
        raise ForbiddenError("The request lacks the session's CSRF token.", header="X-CSRF-Token")


def _where(address: str, user_agent: str | None) -> dict[str, Any]:
    return {"address": address or None, "user_agent": user_agent[:_AGENT_LENGTH] if user_agent else None}


def _plausible(token: str) -> bool:
    return len(token) == _TOKEN_LENGTH and token.isascii()
