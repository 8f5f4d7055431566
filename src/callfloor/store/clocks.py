"""A project's clocks on arrays of instants: days, weekdays and hours as its zone has them."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, select

from callfloor.floor.days import day_bounds, day_of
from callfloor.store.blocks import Ints
from callfloor.store.scope import Scope
from callfloor.store.tables import projects

_EPOCH: Final = date(1970, 1, 1)
_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
_QUARTER_MS: Final = 900_000
_FEW_DAYS: Final = 60


class Clock:
    """A zone's days and hours, on arrays of instants."""

    def __init__(self, timezone: str) -> None:
        self.name = timezone
        self._zone = ZoneInfo(timezone)

    def days(self, ms: Ints) -> Ints:
        """The day of each instant, as days since 1970."""
        if not len(ms):
            return ms
        day, last = (day_of(int(at) / 1000, self._zone) for at in (ms.min(), ms.max()))
        begins = []
        first = day
        while day <= last:
            begins.append(round(day_bounds(day, self._zone)[0] * 1000))
            day += timedelta(days=1)
        place = np.searchsorted(np.array(begins, np.int64), ms, side="right") - 1
        return np.asarray(place + (first - _EPOCH).days)

    def hours(self, ms: Ints) -> Ints:
        """The hour that the clocks showed at each instant."""
        if not len(ms):
            return ms
        offset_ms = self._one_offset_ms(int(ms.min()), int(ms.max()))
        if offset_ms is not None:
            return np.asarray((ms + offset_ms) // _HOUR_MS % 24)
        quarters = ms // _QUARTER_MS  # every offset of today's zones is a multiple of a quarter of an hour
        present, of = np.unique(quarters, return_inverse=True)
        hours = [datetime.fromtimestamp(int(each) * _QUARTER_MS / 1000, self._zone).hour for each in present]
        return np.array(hours, np.int64)[of]

    def weekdays(self, ms: Ints) -> Ints:
        """The weekday of each instant's day; 0 is Monday."""
        return np.asarray((self.days(ms) + _EPOCH.weekday()) % 7)

    def _one_offset_ms(self, first: int, last: int) -> int | None:
        """By how much the clocks differ from UTC from one instant to another; None where that changes, or is long."""
        if last - first > _FEW_DAYS * _DAY_MS:
            return None
        asked = {*range(first, last, _DAY_MS), last}  # no zone changes its clocks twice within a day
        offsets = {datetime.fromtimestamp(at / 1000, self._zone).utcoffset() for at in asked}
        (offset,) = offsets if len(offsets) == 1 else (None,)
        return None if offset is None else round(offset.total_seconds() * 1000)


def clock_of(connection: Connection, scope: Scope) -> Clock:
    """The project's zone; UTC where this machine does not know it."""
    zone = connection.execute(select(projects.c.timezone).where(projects.c.id == scope.project_id)).scalar()
    try:
        return Clock(zone or "UTC")
    except (KeyError, ValueError, OSError):
        return Clock("UTC")
