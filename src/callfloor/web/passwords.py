"""Passwords: argon2id, in a thread, at a cost that is the same whether the login exists or not."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from callfloor.errors import WeakPasswordError
from callfloor.web.password_strength import MAX_LENGTH, refuse_weak

_THREADS = 2
"""Hashes made at one time: each takes 64 MiB for some 50 ms, and the live stream shares the processor."""

# RFC 9106, section 4: the second recommended option (64 MiB, 3 passes), with 1 lane, since it runs in one thread.
_hasher = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1, hash_len=32, salt_len=16, type=Type.ID)


class Passwords:
    """Makes and checks password hashes without holding up the event loop."""

    def __init__(self, hasher: PasswordHasher = _hasher) -> None:
        self._hasher = hasher
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="argon2")
        self._nobody: str | None = None

    async def choose(self, password: str, *about: str) -> str:
        """The hash of a password that a person chooses; ``about`` is what others know of them: login, name.

        Raises:
            WeakPasswordError: it is too short, too long, or too easy to guess.
        """
        refuse_weak(password, *about)
        return await self.make(password)

    async def make(self, password: str) -> str:
        """The hash to store, whatever the password is worth.

        Raises:
            WeakPasswordError: the password is too long to be hashed.
        """
        if len(password) > MAX_LENGTH:
            raise WeakPasswordError(f"A password has up to {MAX_LENGTH} characters.", why="long")
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def check(self, password: str, stored: str | None) -> bool:
        """Whether the password is the hash's. With ``stored`` None (no such login) it works as long, for False."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._check, password, stored)

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made at another cost than today's, and should be made anew at this sign-in."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False)

    def _check(self, password: str, stored: str | None) -> bool:
        if self._nobody is None:
            self._nobody = self._hasher.hash("nobody has this password")
        try:
            self._hasher.verify(self._nobody if stored is None else stored, password[: MAX_LENGTH + 1])
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


def hash_now(password: str) -> str:
    """The hash of a password that whoever runs the installation chose; blocking, and without a rule on its length."""
    return _hasher.hash(password)
