"""The days of a project's zone, in milliseconds: which day an instant lies in, and a stretch cut into days."""

import functools
from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from callfloor.floor.days import day_bounds, day_of

LAST_MS = 221_845_392_000_000
"""The year 9000: what says it is later is no instant of ours, and is in no day."""


class ProjectDays:
    """The days of one zone. May be used by several threads."""

    def __init__(self, timezone: str) -> None:
        """Of an IANA name.

        Raises:
            KeyError, ValueError, OSError: there is no such zone on this machine.
        """
        self.timezone = timezone
        self._zone = ZoneInfo(timezone)
        self._bounds: dict[date, tuple[int, int]] = {}
        self._last = (0, 0)  # most instants asked for lie in the day asked for before

    def of(self, at_ms: int) -> tuple[int, int]:
        """The day of an instant: its first, and the next day's first. From 1970 to ``LAST_MS``."""
        last = self._last
        if not last[0] <= at_ms < last[1]:
            day = day_of(at_ms / 1000, self._zone)
            found = self._bounds.get(day)
            if found is None:
                begins_at, ends_at = day_bounds(day, self._zone)
                found = self._bounds[day] = round(begins_at * 1000), round(ends_at * 1000)
            self._last = last = found
        return last

    def cut(self, began_ms: int, ended_ms: int) -> Iterator[tuple[int, int]]:
        """Each day that a stretch touches, by its first instant, with the stretch's milliseconds in it."""
        while began_ms < ended_ms:
            begins, ends = self.of(began_ms)
            yield begins, min(ends, ended_ms) - began_ms
            began_ms = ends

    def has(self, begins_ms: int, ends_ms: int) -> bool:
        """Whether this is one of the days."""
        return 0 <= begins_ms <= LAST_MS and self.of(begins_ms) == (begins_ms, ends_ms)


@functools.lru_cache(maxsize=32)
def days_of(timezone: str) -> ProjectDays | None:
    """The days of a zone; None where this machine does not know it."""
    try:
        return ProjectDays(timezone)
    except (KeyError, ValueError, OSError):
        return None
