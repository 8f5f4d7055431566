"""Instants in a project's zone, quickly: whole minutes are looked up once, and remembered.

Every offset of today's zones is a whole number of minutes and changes on one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

EPOCH_DAY = 25569
"""A spreadsheet's day number of 1970-01-01."""

DAY_S = 86_400
_SECONDS = tuple(f"{second:02d}" for second in range(60))
_KNOWN_MOST = 50_000


class _Minutes(dict[int, str]):
    """Minutes since 1970 to ``2026-11-21 14:03:``, by a zone's clock."""

    def __init__(self, zone: ZoneInfo, form: str) -> None:
        super().__init__()
        self._zone = zone
        self._form = form

    def __missing__(self, minute: int) -> str:
        if len(self) >= _KNOWN_MOST:
            self.clear()
        found = self[minute] = datetime.fromtimestamp(minute * 60, self._zone).strftime(self._form)
        return found


class _Offsets(dict[int, int]):
    """Minutes since 1970 to how far a zone's clock is ahead, in seconds."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, minute: int) -> int:
        if len(self) >= _KNOWN_MOST:
            self.clear()
        local = datetime.fromtimestamp(minute * 60, self._zone).replace(tzinfo=UTC)
        found = self[minute] = round(local.timestamp()) - minute * 60
        return found


class Clock:
    """A zone's clock. Not for several threads at once."""

    def __init__(self, zone: ZoneInfo, form: str = "%Y-%m-%d %H:%M:") -> None:
        """``form`` is of the instant's text up to the seconds, as ``strftime`` has it."""
        self.zone = zone
        self._minutes = _Minutes(zone, form)
        self._offsets = _Offsets(zone)

    def texts(self, instants: Sequence[Any]) -> list[str]:
        """``2026-11-21 14:03:05`` for each instant (or as ``form`` says), by the local clock; empty for None."""
        minutes = self._minutes
        if None in instants:
            return ["" if at is None else minutes[int(at) // 60] + _SECONDS[int(at) % 60] for at in instants]
        return [minutes[at // 60] + _SECONDS[at % 60] for at in map(int, instants)]

    def text(self, at: float) -> str:
        """One instant."""
        return self.texts((at,))[0]

    def serial(self, at: float) -> float:
        """The local clock as a spreadsheet counts: days since 1900, to the second."""
        second = int(at)
        return (second + self._offsets[second // 60]) / DAY_S + EPOCH_DAY


def duration_text(seconds: float) -> str:
    """``0:00:47``: hours, minutes, whole seconds; as the page, fractions are dropped."""
    minute, second = divmod(int(seconds), 60)
    return f"{minute // 60}:{minute % 60:02d}:{second:02d}"
