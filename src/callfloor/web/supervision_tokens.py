"""One-time tokens that open a supervision's line: 256 random bits, for one session of supervision and one signed-in
session, taken once, within a minute.

REST mints one when a supervision starts and whenever its page asks for a fresh one; the WebSocket takes it.
The session cookie alone must not open audio: a token in the address shows that this very page asked for it just now.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable

TOKEN_S = 60.0
"""From minting to taking. The page opens its line at once; a minute forgives a slow phone."""

MOST = 1000
"""Tokens that wait at once; over it the oldest is forgotten. A supervision has one at a time."""


class LineTokens:
    """Tokens that wait to be taken. Only hashes are kept, and a new token of a supervision replaces the one before."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives the UTC epoch second."""
        self._clock = clock
        self._waiting: dict[str, tuple[bytes, int, float]] = {}  # supervision id: digest, session id, until

    def mint(self, supervision_id: str, session_id: int) -> str:
        """A new token for the line of a supervision, to be used in the signed-in session of that id."""
        now = self._clock()
        for key in [key for key, (_, _, until) in self._waiting.items() if until <= now]:
            del self._waiting[key]
        self._waiting.pop(supervision_id, None)
        while len(self._waiting) >= MOST:
            del self._waiting[next(iter(self._waiting))]
        token = secrets.token_urlsafe(32)
        self._waiting[supervision_id] = (_digest(token), session_id, now + TOKEN_S)
        return token

    def take(self, supervision_id: str, session_id: int, token: str) -> bool:
        """Whether the token opens this line in this session, now; it never does again.

        A wrong guess does not take it away: whoever guesses could else keep the page out.
        """
        waiting = self._waiting.get(supervision_id)
        if waiting is None:
            return False
        digest, owner, until = waiting
        if not hmac.compare_digest(digest, _digest(token)) or owner != session_id:
            return False
        del self._waiting[supervision_id]
        return self._clock() < until

    def forget(self, supervision_id: str) -> None:
        """The supervision has ended: its token opens nothing."""
        self._waiting.pop(supervision_id, None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
