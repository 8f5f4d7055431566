"""The clock by which facts get their instants: the wall's, and it says so when the wall's was set.

Between two looks the wall's clock and the monotonic one go on alike, but for the fractions of a per mille by which the
network's time slews. A difference beyond that is a step: somebody set the clock, or the network's time put right at
once what had drifted for long. Whoever follows durations must hear of it before the next instant is told.
"""

import logging
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

STEP_S: Final = 0.5
"""Less than this is slewing, and is followed without a word (never backwards)."""
_FOR_SUSPENDED: Final = getattr(time, "CLOCK_BOOTTIME", None)


def elapsed() -> float:
    """Seconds that have passed since some moment, those in which the machine slept among them where that is known."""
    return time.monotonic() if _FOR_SUSPENDED is None else time.clock_gettime(_FOR_SUSPENDED)


class SteadyClock:
    """UTC epoch seconds that run backwards only after ``on_step`` was told of it.

    Args:
        on_step: called with the new instant and the step in seconds, before an instant of the new time is given.
        wall: epoch seconds.
        elapsed: seconds that nobody can set.
    """

    def __init__(
        self,
        on_step: Callable[[float, float], None],
        *,
        wall: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = elapsed,
    ) -> None:
        self._on_step, self._wall, self._elapsed = on_step, wall, elapsed
        self._latest, self._at = wall(), elapsed()

    def __call__(self) -> float:
        """The instant now."""
        wall, at = self._wall(), self._elapsed()
        by_s = wall - (self._latest + at - self._at)
        self._at = at
        if abs(by_s) > STEP_S:
            self._latest = wall
            log.warning("the clock was set", extra={"by_s": round(by_s, 3)})
            self._on_step(wall, by_s)
        else:
            self._latest = max(self._latest, wall)
        return self._latest
