"""Programs' tokens: who a bearer token is, and for how long it may go on asking."""

import hashlib
import logging
import math
import secrets
from collections import OrderedDict

from callfloor.errors import StoreError, ThrottledError, UnauthenticatedError
from callfloor.store.api_tokens import TOUCH_S, ApiToken
from callfloor.store.sessions import Session
from callfloor.store.store import Store
from callfloor.web.throttle import Throttle

logger = logging.getLogger(__name__)

PREFIX = "cf_"
"""So that a token is known for one where it should not be: in a repository, in a log."""

_LENGTH = len(PREFIX) + len(secrets.token_urlsafe(32))

GUESSES_FREE = 30
BURST = 120
PER_S = 20.0
"""Requests of one token: so many at once, so many a second on the long run."""

_KEPT = 10_000


class Tokens:
    """Says whose a bearer token is."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._guesses = Throttle(free=GUESSES_FREE)
        self._left: OrderedDict[int, tuple[float, float]] = OrderedDict()  # by token: requests left, as of when

    async def find(self, authorization: str, address: str, now: float) -> ApiToken:
        """The token of an ``Authorization`` header.

        Raises:
            UnauthenticatedError: it is none, or was revoked or has ended.
            ThrottledError: it asks too often, or this address tried too many that are none.
        """
        wait = self._guesses.wait_s(address, now)
        if wait > 0:
            raise ThrottledError(retry_after_s=math.ceil(wait))
        kind, _, token = authorization.partition(" ")
        token = token.strip()
        found = None
        if kind.lower() == "bearer" and len(token) == _LENGTH and token.startswith(PREFIX) and token.isascii():
            found = await self._store.run(self._store.api_tokens.by_token, token_digest(token))
        if found is None or not self.alive(found, now):
            self._guesses.begin(address, now)
            raise UnauthenticatedError("The token is none, was revoked or has ended.")
        self._spend(found.id, now)
        await self.touch(found, now, address)
        return found

    def alive(self, token: ApiToken, now: float) -> bool:
        """Whether its end has not come."""
        return token.expires_at is None or now < token.expires_at

    async def touch(self, token: ApiToken, now: float, address: str | None) -> None:
        """Note a use, where it was not noted lately; a store that cannot write is borne."""
        if token.last_used_at is None or now - token.last_used_at >= TOUCH_S:
            try:
                await self._store.change(self._store.api_tokens.touch, token.id, now=now, address=address or None)
            except StoreError as error:
                logger.warning("A token's use could not be noted", extra={"error_id": error.error_id})

    def _spend(self, token_id: int, now: float) -> None:
        left, at = self._left.pop(token_id, (float(BURST), now))
        left = min(float(BURST), left + max(0.0, now - at) * PER_S)
        if left < 1:
            self._left[token_id] = (left, now)
            raise ThrottledError("The token asks too often.", retry_after_s=math.ceil((1 - left) / PER_S))
        self._left[token_id] = (left - 1, now)
        while len(self._left) > _KEPT:
            self._left.popitem(last=False)


def new_token() -> str:
    """A token of 256 random bits."""
    return PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """What the store keeps of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def as_session(token: ApiToken) -> Session:
    """What stands for a session where a program asks: its id is the token's, below zero."""
    return Session(
        id=-token.id,
        user_id=token.user_id,
        created_at=token.created_at,
        last_seen_at=token.last_used_at or token.created_at,
        expires_at=math.inf if token.expires_at is None else token.expires_at,
    )
