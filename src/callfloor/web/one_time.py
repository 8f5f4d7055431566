"""One-time links: who gets one, what stands in it, and the password that is set by it.

The token stands behind the ``#`` of the address: browsers send that part to nobody, so it is in no log and no referrer.
"""

import asyncio
import logging
import math
import secrets

from callfloor.errors import CallfloorError, LinkSpentError, MailNotSetUpError, NoAddressError, ThrottledError
from callfloor.store.one_time_links import OneTimeLink, Purpose
from callfloor.store.store import Store
from callfloor.store.users import User
from callfloor.web.access_ports import AccountLetters
from callfloor.web.audit import DONE, Audit, Deed
from callfloor.web.passwords import Passwords
from callfloor.web.signed import digest
from callfloor.web.throttle import Throttle

logger = logging.getLogger(__name__)

INVITATION_S = 7 * 86_400.0
RESET_S = 3600.0
LETTERS_FREE = 3
"""Letters of a forgotten password an account gets before it has to wait: nobody's mailbox is filled by a stranger."""

ASKED_FREE = 20
"""Requests that an address has free."""


class OneTime:
    """Makes links and lets them be used, once."""

    def __init__(
        self, store: Store, passwords: Passwords, audit: Audit, letters: AccountLetters | None, public_url: str | None
    ) -> None:
        self._store, self._passwords, self._audit = store, passwords, audit
        self._letters = letters if public_url is not None else None
        self._public_url = public_url
        self._accounts = Throttle(free=LETTERS_FREE)
        self._addresses = Throttle(free=ASKED_FREE)
        self._later: set[asyncio.Task[None]] = set()

    @property
    def can_write(self) -> bool:
        """Whether letters with links can be sent: there is a mail server, and it is known where the page is."""
        return self._letters is not None

    async def make(self, user: User, purpose: Purpose, base: str, now: float) -> tuple[str, float]:
        """A new link and its end; earlier ones of the user's can be used no more. ``base`` is where the page is."""
        token = secrets.token_urlsafe(32)
        expires_at = now + (INVITATION_S if purpose is Purpose.INVITATION else RESET_S)
        await self._store.change(
            self._store.one_time_links.make,
            user.id,
            purpose,
            token_sha256=digest(token),
            now=now,
            expires_at=expires_at,
        )
        return f"{base.rstrip('/')}/welcome#{token}", expires_at

    async def write_to(self, user: User, purpose: Purpose, now: float) -> float:
        """Send the user a link; returns its end.

        Raises:
            MailNotSetUpError: no letters can be sent from here.
            NoAddressError: the user has no mail address.
            ReportError: the mail server refused, or could not be reached.
        """
        if self._letters is None or self._public_url is None:
            raise MailNotSetUpError
        if user.email is None:
            raise NoAddressError
        link, expires_at = await self.make(user, purpose, self._public_url, now)
        await self._letters.send_link(
            to=user.email,
            name=user.name or user.login,
            login=user.login,
            link=link,
            invitation=purpose is Purpose.INVITATION,
            expires_at=expires_at,
            language=user.locale,
        )
        return expires_at

    def forgotten(self, login: str, address: str, now: float) -> None:
        """Somebody forgot their password. Whether there is such a user shows neither in the answer nor in its time.

        Raises:
            ThrottledError: too many requests came from this address.
        """
        wait = self._addresses.wait_s(address, now)
        if wait > 0:
            raise ThrottledError(retry_after_s=math.ceil(wait))
        self._addresses.begin(address, now)
        task = asyncio.get_running_loop().create_task(self._forgotten(login.strip(), address, now), name="forgotten")
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _forgotten(self, login: str, address: str, now: float) -> None:
        try:
            secret = await self._store.run(self._store.users.by_login, login)
            found: tuple[User, ...] = () if secret is None else (secret.user,)
            if not found and "@" in login:
                found = await self._store.run(self._store.identities.by_email, login)
            if len(found) != 1 or found[0].disabled_at is not None or found[0].email is None:
                return  # nobody; or an address that several users share: an administrator helps them
            user = found[0]
            key = str(user.id)
            if self._accounts.wait_s(key, now) > 0:
                return
            self._accounts.begin(key, now)
            deed = Deed(at=now, user=user, action="forgot_password", details={"address": address or None})
            try:
                await self.write_to(user, Purpose.RESET, now)
                deed.outcome = DONE
            except CallfloorError as error:
                deed.outcome = error.error_id
                raise
            finally:
                await self._audit.write_of_user(deed)
        except CallfloorError as error:
            logger.warning("A letter for a forgotten password was not sent", extra={"error_id": error.error_id})

    async def find(self, token: str, now: float) -> OneTimeLink:
        """Whose link it is.

        Raises:
            LinkSpentError: it was used, has expired, or never was.
        """
        found = await self._store.run(self._store.one_time_links.find, digest(token), now=now)
        if found is None:
            raise LinkSpentError
        return found

    async def spend(self, token: str, password: str, now: float) -> OneTimeLink:
        """Set the password by a link.

        Raises:
            LinkSpentError: it was used, has expired, or never was.
            WeakPasswordError: the password is too easy to guess; the link can be used again.
        """
        found = await self.find(token, now)
        user = found.user
        hashed = await self._passwords.choose(password, user.login, user.name, user.email or "")
        spent = await self._store.change(self._store.one_time_links.spend, digest(token), password_hash=hashed, now=now)
        deed = Deed(at=now, user=user, action="set_password", subject=("user", user.id), outcome=DONE)
        deed.details = {"by": str(found.purpose)}
        await self._audit.write_of_user(deed)
        return spent

    async def close(self) -> None:
        """Wait for the letters that are on their way."""
        await asyncio.gather(*self._later)
