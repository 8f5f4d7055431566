"""What the machine took of the time, and not the product: work was ready to go on, and nothing was free to do it.

Linux counts it (pressure stall information, Documentation/accounting/psi.rst): the microseconds in which at least one
task waited for a processor, for the disk, or for memory. A limit on how soon something is seen is a limit on what is
left of the time without them. A product that waits where it need not, or is busy for too long itself, is not excused:
the one core that it keeps busy is no pressure as long as there is another for the rest.
"""

import threading
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PRESSURE: Final = tuple(Path("/proc/pressure") / name for name in ("cpu", "io", "memory"))
EVERY_S: Final = 0.02
KEPT_S: Final = 120.0
UNEVEN_S: Final = 0.005  # so late is a timer that nothing holds up


def stalled_s() -> float:
    """Seconds since the machine's start in which something waited; 0 where the system does not count them."""
    total_us = 0
    for file in PRESSURE:
        try:
            line = file.read_text(encoding="ascii").partition("\n")[0]
        except OSError:
            continue
        total_us += int(line.rpartition("total=")[2])
    return total_us / 1e6


class Stalls:
    """The count as it was at each instant of the last ``KEPT_S``."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque(maxlen=int(KEPT_S / EVERY_S))  # UTC epoch second, count
        self._counted = PRESSURE[0].exists()
        self._late_s = 0.0
        self.look()

    def look(self, late_s: float = 0.0) -> None:
        """Notes the count as it is now; ``late_s`` is how late this look is, which counts where the system does not."""
        self._late_s += late_s
        self._seen.append((time.time(), stalled_s() if self._counted else self._late_s))

    def between(self, since: float, at: float) -> float:
        """Seconds of stalls from one instant to another, both UTC epoch seconds; never more than lie between them."""
        self.look()
        seen = list(self._seen)
        instants = [when for when, _ in seen]
        before = seen[max(0, bisect_right(instants, since) - 1)]
        after = seen[min(len(seen) - 1, bisect_right(instants, at))]
        return max(0.0, min(at - since, after[1] - before[1]))


@contextmanager
def watched_stalls() -> Iterator[Stalls]:
    """The machine's stalls, looked at all the while."""
    stalls, over = Stalls(), threading.Event()

    def watch() -> None:
        due = time.monotonic() + EVERY_S
        while not over.wait(EVERY_S):
            now = time.monotonic()
            stalls.look(max(0.0, now - due - UNEVEN_S))
            due = now + EVERY_S

    watching = threading.Thread(target=watch, name="stalls", daemon=True)
    watching.start()
    try:
        yield stalls
    finally:
        over.set()
        watching.join()
