"""What the host took from this machine: a processor had work to do, and was given to another guest.

Linux counts it for each processor (``steal`` in proc(5), by hundredths of a second). What one of a few tries took in
all is at least known of such a machine; what it would take on one's own is what is left without the theft. Both are
told beside each figure. On a machine that nobody steals from this changes nothing.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

_STAT: Final = Path("/proc/stat")
_TICKS_A_SECOND: Final = 100  # USER_HZ, whatever the kernel's own
_CALM: Final = 0.01
"""So little of the processors' time taken is none."""


def stolen_s() -> tuple[float, ...]:
    """Seconds stolen since the machine's start, of each processor; nothing where the system does not count them."""
    try:
        lines = _STAT.read_text(encoding="ascii").splitlines()
    except OSError:
        return ()
    rows = [line.split() for line in lines if line.startswith("cpu") and line[3:4].isdigit()]
    return tuple(int(row[8]) / _TICKS_A_SECOND for row in rows if len(row) > 8)


def taken_between(before: Sequence[float], after: Sequence[float]) -> float:
    """The most that was stolen of one processor: one request is at work on one at a time."""
    return max((late - early for early, late in zip(before, after, strict=True)), default=0.0)


def share_between(before: Sequence[float], after: Sequence[float], lasted_s: float) -> float:
    """Of all processors' time."""
    if not before or lasted_s <= 0:
        return 0.0
    return (sum(after) - sum(before)) / (len(before) * lasted_s)


def without_theft(taken_s: float, cpu_s: float, stolen: float) -> float:
    """What a try would have taken here without the theft, never less than the work it did."""
    return max(taken_s - stolen, min(taken_s, cpu_s))


@dataclass(frozen=True, slots=True)
class Tries:
    """The same question some times, each time of something else."""

    own_ms: list[float]  # ascending, without what was stolen
    taken_ms: list[float]  # ascending, all of it
    cpu_ms: float  # of this process, on average

    @property
    def median_ms(self) -> float:
        """Without what was stolen."""
        return statistics.median(self.own_ms)

    @property
    def worst_ms(self) -> float:
        """Without what was stolen."""
        return self.own_ms[-1]

    def within_ms(self, share: float) -> float:
        """So many of them are within this, without what was stolen."""
        return self.own_ms[int(len(self.own_ms) * share)]

    @property
    def stolen(self) -> str:
        """What a reader has to know beside the worst; empty where nothing was stolen."""
        if self.taken_ms == self.own_ms:
            return ""
        return f"{self.taken_ms[-1]:.0f} ms with what the host took"


def tried(times: int, ask: Callable[[], object]) -> Tries:
    """Ask so many times."""
    own, taken = [], []
    begun_cpu = time.process_time()
    for _ in range(times):
        before, begun, cpu = stolen_s(), time.perf_counter(), time.process_time()
        ask()
        took, worked = time.perf_counter() - begun, time.process_time() - cpu
        own.append(without_theft(took, worked, taken_between(before, stolen_s())) * 1000)
        taken.append(took * 1000)
    return Tries(sorted(own), sorted(taken), (time.process_time() - begun_cpu) / times * 1000)


def calmest(wanted: int, most: int, measure: Callable[[], T]) -> list[tuple[float, T]]:
    """So many runs on a machine of its own, or the calmest of ``most``; each with the share that was stolen."""
    runs: list[tuple[float, T]] = []
    for _ in range(most):
        before, begun = stolen_s(), time.perf_counter()
        found = measure()
        runs.append((share_between(before, stolen_s(), time.perf_counter() - begun), found))
        if sum(share <= _CALM for share, _ in runs) >= wanted:
            break
    return sorted(runs, key=lambda run: run[0])[:wanted]
