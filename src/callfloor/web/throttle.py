"""Sign-in throttling: pure, bounded in memory; the caller brings the instants."""

import math
from collections import OrderedDict

from callfloor.errors import ThrottledError

FREE = 5
"""Failures that cost nothing: a person mistypes."""

FIRST_S = 2.0
LONGEST_S = 15 * 60.0
"""The wait after the sixth failure, doubled by each further one, up to a quarter of an hour: 100 guesses a day."""

FORGET_S = 60 * 60.0
"""A key that has been quiet for this long after its wait is new again."""

KEYS = 10_000
"""Kept at most; the one that failed longest ago goes first, so a flood of made-up logins cannot fill the memory."""

ADDRESS_FREE = 30
"""An address stands for a whole office behind one router: more failures are free."""


class Throttle:
    """Failures by key (an account or an address), and how long each key has to wait now."""

    def __init__(self, free: int = FREE, keys: int = KEYS) -> None:
        self._free = free
        self._keys = keys
        self._failures: OrderedDict[str, tuple[int, float, float]] = OrderedDict()  # count, allowed again at, last at

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._failures)

    def wait_s(self, key: str, now: float) -> float:
        """Seconds until the key may try again; 0.0 is now. A try made while waiting changes nothing."""
        entry = self._failures.get(key)
        if entry is None:
            return 0.0
        _, allowed_at, last_at = entry
        if now - max(allowed_at, last_at) >= FORGET_S:
            del self._failures[key]
            return 0.0
        return max(0.0, allowed_at - now)

    def begin(self, key: str, now: float) -> None:
        """Count a try as failed before its outcome is known: a hundred at once are not a hundred free guesses."""
        self.wait_s(key, now)  # forgets an old entry
        count = self._failures.pop(key, (0, 0.0, 0.0))[0] + 1
        over = count - self._free
        # 2 ** 20 * FIRST_S is above LONGEST_S already; the bound keeps the power small for a patient attacker.
        wait = min(LONGEST_S, FIRST_S * 2 ** min(over - 1, 20)) if over > 0 else 0.0
        self._failures[key] = (count, now + wait, now)
        while len(self._failures) > self._keys:
            self._failures.popitem(last=False)

    def succeed(self, key: str) -> None:
        """The key proved itself: its failures are forgotten."""
        self._failures.pop(key, None)

    def undo(self, key: str) -> None:
        """Take back one try: it succeeded, but that does not clear the key (an address may hold many accounts)."""
        entry = self._failures.get(key)
        if entry is None:
            return
        count, _, last_at = entry
        if count <= 1:
            del self._failures[key]
        else:
            self._failures[key] = (count - 1, last_at, last_at)


class SignInThrottle:
    """Both rules together: by account, against guessing one; by address, against trying many."""

    def __init__(self) -> None:
        self._accounts = Throttle()
        self._addresses = Throttle(free=ADDRESS_FREE)

    def begin(self, login: str, address: str, now: float) -> None:
        """Let a try through and count it, or refuse it.

        Raises:
            ThrottledError: with ``retry_after_s`` (whole seconds) in its details.
        """
        wait = max(self._accounts.wait_s(login, now), self._addresses.wait_s(address, now))
        if wait > 0:
            raise ThrottledError(retry_after_s=math.ceil(wait))
        self._accounts.begin(login, now)
        self._addresses.begin(address, now)

    def succeed(self, login: str, address: str) -> None:
        """The password was right."""
        self._accounts.succeed(login)
        self._addresses.undo(address)

    def undo(self, login: str, address: str) -> None:
        """It was no guess: the password was right, and something is asked for yet."""
        self._accounts.undo(login)
        self._addresses.undo(address)
