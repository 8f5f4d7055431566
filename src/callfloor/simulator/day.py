"""The day: how many calls it has at which hour."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

HOURS = (0, 0, 0, 0, 0, 0, 0.02, 0.08, 0.35, 0.9, 1.25, 1.3, 1.1, 0.8, 1.1, 1.2, 1.1, 0.85, 0.45, 0.2, 0.08, 0.03, 0, 0)
"""A working day's pace by the hour; the mean from 9 to 18 is about 1."""

WEEKDAYS = (1.08, 1.0, 1.0, 1.0, 0.95, 0.16, 0.07)
CALLS_PER_DAY_AND_EMPLOYEE = 8.2  # by the profile: about 330 a working day with 40 people
CALLS_PER_MINUTE_AND_EMPLOYEE = 0.25  # lively: about 15 calls at once with 40 people


class Pace:
    """How many calls begin in a minute at an instant."""

    def __init__(self, *, per_minute: float | None, employees: int, timezone: str, lively: bool) -> None:
        self._per_minute = per_minute
        self._zone = ZoneInfo(timezone)
        self._lively = lively
        self._employees = employees

    def at(self, now: float) -> float:
        """Calls per minute. A fixed pace, or the day's, or a lively day's that never sleeps."""
        if self._per_minute is not None:
            return self._per_minute
        if self._lively:
            # a slow swell of a fifth up and down over a quarter of an hour, so that the counters move
            return self._employees * CALLS_PER_MINUTE_AND_EMPLOYEE * (1 + 0.2 * math.sin(now / 140))
        local = datetime.fromtimestamp(now, UTC).astimezone(self._zone)
        hour = HOURS[local.hour] + (HOURS[(local.hour + 1) % 24] - HOURS[local.hour]) * local.minute / 60
        return self._employees * CALLS_PER_DAY_AND_EMPLOYEE / 60 * hour * WEEKDAYS[local.weekday()] / sum(HOURS)
