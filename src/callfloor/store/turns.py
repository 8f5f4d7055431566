"""Whose turn it is to write, where the database has one writer at a time (SQLite).

Waiting for it here costs nothing; inside the database it polls. A process beside the one that serves asks that one.
"""

import threading
from typing import Final

WAIT_S: Final = 15.0


class Turns:
    """The turns of one process, one after the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Wait for the turn; false where it did not come in time. Whoever has it gives it back."""
        return self._lock.acquire(timeout=WAIT_S)

    def give(self) -> None:
        """It is another's turn."""
        self._lock.release()
