"""What was read of the journal's columns and need not be read again: bounded, shared by the threads that read.

Whatever lies here is never wrong: a column is kept by its block's stamp, which is another one each time the block is
written, and a word's number never changes.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np


def _room() -> int:
    """A sixteenth of the machine's memory, up to a gigabyte: 10 million calls have some 700 MB of columns."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not told on this system
        memory = 2**32
    return max(64 * 2**20, min(memory // 16, 2**30))


class Shelf:
    """Arrays by key, the longest unused ones dropped first; and each project's words."""

    def __init__(self, largest_bytes: int | None = None) -> None:
        self._lock = threading.Lock()
        self._largest = _room() if largest_bytes is None else largest_bytes
        self._bytes = 0
        self._arrays: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self.words: dict[int, dict[str, int]] = {}
        """By project; only ever added to, and only what a reading connection has seen."""
        self.heads: dict[int, Any] = {}
        """By project: what a reading connection saw of its blocks (``block_reader.Head``)."""
        self.cases: dict[int, Any] = {}
        """By project: its clients to call back (``callback_columns.Cases``)."""

    @property
    def held_bytes(self) -> int:
        """What lies here now."""
        return self._bytes

    @property
    def room_bytes(self) -> int:
        """What may lie here at most."""
        return self._largest

    def get(self, key: Hashable) -> Any | None:
        """What was put there, if it is there still."""
        with self._lock:
            found = self._arrays.get(key)
            if found is None:
                return None
            self._arrays.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, array: Any, size: int | None = None) -> None:
        """Keep it until the room is needed; ``size`` in bytes where it is no array."""
        size = (array.nbytes if isinstance(array, np.ndarray) else 0) if size is None else size
        with self._lock:
            if key in self._arrays:
                return
            self._arrays[key] = array, size + 200
            self._bytes += size + 200
            while self._bytes > self._largest:
                _, (_, dropped) = self._arrays.popitem(last=False)
                self._bytes -= dropped

    def forget(self, which: Callable[[Any], bool]) -> None:
        """Drop what lies under these keys: it was made other than by writing a block anew."""
        with self._lock:
            for key in [key for key in self._arrays if which(key)]:
                self._bytes -= self._arrays.pop(key)[1]

    def keep_head(self, project_id: int, head: Any) -> None:
        """The newest; whoever reads an older state keeps it to themselves."""
        with self._lock:
            known = self.heads.get(project_id)
            if known is None or known.revision < head.revision:
                self.heads[project_id] = head

    def keep_cases(self, project_id: int, cases: Any) -> None:
        """As ``keep_head``."""
        with self._lock:
            known = self.cases.get(project_id)
            if known is None or known.revision < cases.revision:
                self.cases[project_id] = cases

    def add_words(self, project_id: int, found: dict[str, int]) -> dict[str, int]:
        """All words of the project known by now, these included."""
        with self._lock:
            known = self.words.get(project_id, {})
            if found:
                known = self.words[project_id] = {**known, **found}
            return known
