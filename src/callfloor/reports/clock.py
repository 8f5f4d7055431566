"""Instants in a project's zone, quickly: a quarter of an hour's offset and a day's date are looked up once.

Every offset of today's zones is a whole number of minutes, and changes on a quarter of an hour.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

EPOCH_DAY = 25569
"""A spreadsheet's day number of 1970-01-01."""

DAY_S = 86_400
QUARTER_S = 900
_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440))
_SECONDS = tuple(f"{second:02d}" for second in range(60))
_KNOWN_MOST = 100_000


class _Offsets(dict[int, int]):
    """Quarters of an hour since 1970 to how far a zone's clock is ahead, in seconds."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, quarter: int) -> int:
        if len(self) >= _KNOWN_MOST:
            self.clear()
        offset = datetime.fromtimestamp(quarter * QUARTER_S, self._zone).utcoffset()
        found = self[quarter] = 0 if offset is None else round(offset.total_seconds())
        return found


class _Days(dict[int, str]):
    """Days of the local clock since 1970 to their dates."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._form = form

    def __missing__(self, day: int) -> str:
        if len(self) >= _KNOWN_MOST:
            self.clear()
        found = self[day] = datetime.fromtimestamp(day * DAY_S, UTC).strftime(self._form)
        return found


class Clock:
    """A zone's clock. Not for several threads at once."""

    def __init__(self, zone: ZoneInfo, form: str = "%Y-%m-%d ") -> None:
        """``form`` is of an instant's text up to its hour, as ``strftime`` has it."""
        self.zone = zone
        self._offsets = _Offsets(zone)
        self._days = _Days(form)

    def texts(self, instants: Sequence[Any]) -> list[str]:
        """``2026-11-21 14:03:05`` for each instant (or as ``form`` says), by the local clock; empty for None."""
        if None in instants:
            return ["" if at is None else self.texts((at,))[0] for at in instants]
        offsets, days = self._offsets, self._days
        local = [at + offsets[at // QUARTER_S] for at in map(int, instants)]
        return [days[at // DAY_S] + _MINUTES[at % DAY_S // 60] + _SECONDS[at % 60] for at in local]

    def text(self, at: float) -> str:
        """One instant."""
        return self.texts((at,))[0]

    def serial(self, at: float) -> float:
        """The local clock as a spreadsheet counts: days since 1900, to the second."""
        second = int(at)
        return (second + self._offsets[second // QUARTER_S]) / DAY_S + EPOCH_DAY


def duration_text(seconds: float) -> str:
    """``0:00:47``: hours, minutes, whole seconds; as the page, fractions are dropped."""
    minute, second = divmod(int(seconds), 60)
    return f"{minute // 60}:{minute % 60:02d}:{second:02d}"
