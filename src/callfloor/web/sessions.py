"""Sessions: who a cookie is, signing in and out, the CSRF token, and two expiries.

The token is 256 random bits; the store keeps only its hash, the browser keeps it in a cookie that no script can read.
"""

import logging
import secrets
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from starlette.requests import HTTPConnection

from callfloor.errors import (
    CodeRequiredError,
    NotFoundError,
    StoreError,
    UnauthenticatedError,
    WrongCodeError,
    WrongCredentialsError,
    WrongPasswordError,
)
from callfloor.store.memberships import Membership
from callfloor.store.sessions import TOUCH_S, Session
from callfloor.store.store import Store
from callfloor.store.users import User
from callfloor.web.access import Viewer
from callfloor.web.access_ports import Secrets
from callfloor.web.audit import DONE, Audit, Deed, acting_token
from callfloor.web.passwords import Passwords
from callfloor.web.ports import WebSettings
from callfloor.web.second_factor import SecondFactors
from callfloor.web.signed import Pending, Signed, csrf_of, digest
from callfloor.web.throttle import SignInThrottle
from callfloor.web.together import Together
from callfloor.web.tokens import Tokens, as_session

__all__ = ["COOKIE", "CSRF_HEADER", "Sessions", "Signed"]

logger = logging.getLogger(__name__)

COOKIE = "callfloor_session"
CSRF_HEADER = "x-csrf-token"

_AGENT_LENGTH = 400  # characters of a User-Agent that are worth keeping

_TOKEN_LENGTH = len(secrets.token_urlsafe(32))


class Sessions:
    """Signs people in and out, and says who a cookie is."""

    def __init__(
        self, store: Store, settings: WebSettings, passwords: Passwords, audit: Audit, secrets_: Secrets
    ) -> None:
        self._store = store
        self._settings = settings
        self._passwords = passwords
        self._audit = audit
        self._throttle = SignInThrottle()
        self.second_factors = SecondFactors(store, secrets_)
        self.tokens = Tokens(store)
        self._watching: Together[str, Signed] = Together(self._find_all)

    async def sign_in(
        self,
        login: str,
        password: str,
        *,
        code: str | None = None,
        now: float,
        address: str,
        user_agent: str | None,
        old_token: str | None,
    ) -> tuple[str, Signed]:
        """Check the password, and the second factor where there is one, and open a session. Returns the new token.

        A session the browser had before is revoked.

        Raises:
            ThrottledError: too many failures by this account or from this address.
            WrongCredentialsError: no such login, a wrong password or a disabled user; which, is not told.
            CodeRequiredError: the password is right, and a code is needed.
            WrongCodeError: the password is right, and the code is not.
        """
        login = login.strip()
        key = account_key(login)
        self._throttle.begin(key, address, now)
        # No login has a control character; a NUL is more than PostgreSQL's text can even be asked for.
        plausible = not any(unicodedata.category(sign).startswith("C") for sign in login)
        found = await self._store.run(self._store.users.by_login, login) if plausible else None
        disabled = found is not None and found.user.disabled_at is not None
        stored = None if found is None or disabled else found.password_hash
        deed = Deed(at=now, user=found.user if found else None, action="sign_in", details=where(address, user_agent))
        if not await self._passwords.check(password, stored) or found is None or stored is None:
            deed.outcome = WrongCredentialsError.error_id
            deed.details |= {"disabled": True} if disabled else {}
            self._audit.write_of_user_later(deed)
            raise WrongCredentialsError
        user = found.user
        factor = await self.second_factors.find(user.id)
        if factor is not None:
            if code is None:
                self._throttle.undo(key, address)  # half way, and no guess
                raise CodeRequiredError
            try:
                deed.details["second_factor"] = await self.second_factors.take(factor, code, now)
            except WrongCodeError as error:
                deed.outcome = error.error_id
                self._audit.write_of_user_later(deed)
                raise
        self._throttle.succeed(key, address)
        if self._passwords.outdated(stored):
            after = await self._passwords.make(password)
            await self._store.change(self._store.users.rehash, user.id, before=stored, after=after)
        return await self.open(user, deed, old_token=old_token)

    async def open(
        self, user: User, deed: Deed, *, old_token: str | None, issuer: str | None = None, id_token: str | None = None
    ) -> tuple[str, Signed]:
        """Open a session for a user who proved who they are. Returns its token; the deed is written as done."""
        now = deed.at
        if old_token is not None:
            await self._revoke(old_token, now)
        token = secrets.token_urlsafe(32)
        session = await self._store.change(
            self._store.sessions.open,
            user.id,
            token_sha256=digest(token),
            now=now,
            expires_at=now + self._settings.session_absolute_s,
            address=deed.details.get("address"),
            user_agent=deed.details.get("user_agent"),
            issuer=issuer,
            id_token=id_token,
        )
        deed.outcome = DONE
        await self._audit.write_of_user(deed)
        return token, await self._store.run(self._signed, session, token)

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

    async def who_asks(self, request: HTTPConnection, now: float) -> Signed:
        """The user of a request or of a stream: by its bearer token, or else by its session's cookie.

        Raises:
            UnauthenticatedError: it has neither, or it is unknown, revoked or expired.
            ThrottledError: a token asks too often, or too many wrong ones came from there.
        """
        authorization = request.headers.get("authorization")
        if authorization is None:
            return await self.who(request.cookies.get(COOKIE), now)
        token = await self.tokens.find(authorization, request.client.host if request.client else "", now)
        user = await self._store.run(self._store.users.get, token.user_id)
        theirs = await self._store.run(self._store.memberships.of_user, user.id)
        acting_token.set(token.id)
        session = as_session(token)
        return Signed(
            session=session,
            user=user,
            memberships=tuple(each for each in theirs if each.project_id == token.project_id),
            csrf_token="",
            pending=await self._store.run(self._pending, user, theirs, session),
            scopes=token.scopes,
        )

    async def who_watches(self, request: HTTPConnection, now: float) -> Signed:
        """As ``who_asks``, for a stream: whoever comes in the same moment is looked up together.

        That its session is in use is noted by who watches over open streams.
        """
        token = request.cookies.get(COOKIE)
        if token is None or "authorization" in request.headers:
            return await self.who_asks(request, now)
        signed = await self._watching.get(token) if _plausible(token) else None
        if signed is None or not self.alive(signed.session, now):
            raise UnauthenticatedError
        return signed

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
        session = self._store.sessions.by_token(digest(token))
        return None if session is None else self._signed(session, token)

    async def _find_all(self, tokens: Sequence[str]) -> Mapping[str, Signed]:
        return await self._store.run(self._found_all, tokens)

    def _found_all(self, tokens: Sequence[str]) -> dict[str, Signed]:
        digests = {token: digest(token) for token in tokens}
        found = self._store.sessions.by_tokens(digests.values())
        theirs = {session.user_id for session in found.values()}
        users = self._store.users.of_ids(theirs)
        places: dict[int, list[Membership]] = {user_id: [] for user_id in theirs}
        for membership in self._store.memberships.of_users(theirs):
            places[membership.user_id].append(membership)
        lacking = self._store.memberships.lacking_second_factor(theirs)
        return {
            token: Signed(
                session=session,
                user=user,
                memberships=tuple(places[user.id]),
                csrf_token=csrf_of(token),
                pending=_pending(user, session, lacks_factor=user.id in lacking),
            )
            for token, key in digests.items()
            if (session := found.get(key)) is not None and (user := users.get(session.user_id)) is not None
        }

    def _signed(self, session: Session, token: str) -> Signed:
        # One visit to a reader's thread for all of it.
        user = self._store.users.get(session.user_id)
        memberships = self._store.memberships.of_user(session.user_id)
        return Signed(
            session=session,
            user=user,
            memberships=memberships,
            csrf_token=csrf_of(token),
            pending=self._pending(user, memberships, session),
        )

    def _pending(self, user: User, memberships: Sequence[Membership], session: Session) -> tuple[Pending, ...]:
        required = any(membership.second_factor_required for membership in memberships)
        lacks = required and bool(self._store.memberships.lacking_second_factor((user.id,)))
        return _pending(user, session, lacks_factor=lacks)

    async def touch_all(self, sessions: Collection[Session], now: float) -> None:
        """As ``touch``, of many."""
        long_ago = [each.id for each in sessions if each.id > 0 and now - each.last_seen_at >= TOUCH_S]
        if long_ago:
            try:
                await self._store.change(self._store.sessions.touch_all, long_ago, now=now)
            except StoreError as error:
                logger.warning("The use of sessions could not be noted", extra={"error_id": error.error_id})

    async def touch(self, session: Session, now: float) -> None:
        """Note the use of a session, where it was not noted lately; a store that cannot write is borne."""
        if session.id > 0 and now - session.last_seen_at >= TOUCH_S:
            try:
                await self._store.change(self._store.sessions.touch, session.id, now=now)
            except StoreError as error:
                logger.warning("A session's use could not be noted", extra={"error_id": error.error_id})

    async def prove(self, user: User, password: str, address: str, now: float) -> None:
        """Whoever holds this session knows the user's password; guesses are counted as sign-ins are.

        Raises:
            WrongPasswordError: they do not, or the user has none.
            ThrottledError: too many failures.
        """
        key = account_key(user.login)
        self._throttle.begin(key, address, now)
        stored = await self._store.run(self._store.users.password_hash, user.id)
        if not await self._passwords.check(password, stored):
            raise WrongPasswordError
        self._throttle.undo(key, address)

    def alive(self, session: Session, now: float) -> bool:
        """Whether a session has passed neither its absolute nor its idle end."""
        return now < session.expires_at and now - session.last_seen_at < self._settings.session_idle_s

    async def of_user(self, user_id: int, now: float) -> Sequence[Session]:
        """A user's living sessions."""
        found = await self._store.run(self._store.sessions.of_user, user_id)
        return [session for session in found if self.alive(session, now)]

    async def revoke_all(self, user_id: int, now: float) -> int:
        """End every session of a user; how many."""
        return await self._store.change(self._store.sessions.revoke_all, user_id, now=now)

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
        """Those of the sessions and tokens that still hold; for the streams that stand open on them."""
        found = await self._store.run(self._store.sessions.by_ids, [each for each in session_ids if each > 0])
        living = {key: session for key, session in found.items() if self.alive(session, now)}
        token_ids = [-each for each in session_ids if each < 0]
        if token_ids:
            tokens = await self._store.run(self._store.api_tokens.by_ids, token_ids)
            living |= {-key: as_session(token) for key, token in tokens.items() if self.tokens.alive(token, now)}
        here = {session.user_id for session in living.values() if session.issuer is None}
        lacking = await self._store.run(self._store.memberships.lacking_second_factor, here)
        return {key: session for key, session in living.items() if session.issuer or session.user_id not in lacking}

    async def viewers(self, user_ids: Collection[int]) -> frozenset[Viewer]:
        """What each of the users may be now, in every project."""
        found = await self._store.run(self._store.memberships.of_users, user_ids)
        return frozenset(Viewer.of(membership) for membership in found)


def _pending(user: User, session: Session, *, lacks_factor: bool) -> tuple[Pending, ...]:
    if session.issuer is not None:  # passwords and factors are that issuer's matter
        return ()
    found = [Pending.PASSWORD] if user.password_given_at is not None else []
    return (*found, Pending.SECOND_FACTOR) if lacks_factor else tuple(found)


def account_key(login: str) -> str:
    """One form of a login, however it is spelled: what failures are counted by."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login.strip()).casefold())


def where(address: str, user_agent: str | None) -> dict[str, Any]:
    """From where somebody asks, for the audit."""
    return {"address": address or None, "user_agent": user_agent[:_AGENT_LENGTH] if user_agent else None}


def _plausible(token: str) -> bool:
    return len(token) == _TOKEN_LENGTH and token.isascii()
