"""When something happened: by the PBX's own word, where it gives one with each event.

``timestampevents = yes`` (manager.conf) puts the PBX's clock into every event. Without it an event happened when it was
read; with it a slow wire, or a machine that was busy elsewhere, makes nothing late but what is shown.

The PBX's clock is not ours. What is read came some time after it was written, never before: the smallest difference of
the last minutes is how far the clocks are apart, and what is more than that was on the way.
"""

from typing import Final

from callfloor.asterisk.message import Message

WINDOW_S: Final = 150.0
"""The clocks drift apart by milliseconds in so long; one or two such stretches are remembered."""
STEP_S: Final = 1.0
"""A PBX tells its events in order: one that is so much older than the one before was told by another clock."""
LONGEST_S: Final = 3600.0
"""Longer than this nothing is on its way: the stamp is none."""


class Stamps:
    """Of one PBX."""

    def __init__(self) -> None:
        self._told = 0.0
        self._newest = 0.0
        self._since = 0.0
        self._apart: float | None = None  # our clock less the PBX's, the smallest of this stretch
        self._before: float | None = None  # and of the one before

    def at(self, read_at: float, message: Message) -> float:
        """When an event that was read at ``read_at`` happened, by our clock; never before what was told already."""
        self.told(min(self._happened(read_at, message.get("Timestamp")), read_at))
        return self._told

    def told(self, at: float) -> None:
        """Something was told at this instant: nothing is told before it any more."""
        self._told = max(self._told, at)

    def listed(self, asked_at: float, read_at: float) -> float:
        """The instant of a listing that was asked for and read then: nothing that is told after it was before it."""
        self.told(read_at if self._apart is None else asked_at)
        return self._told

    def clock_set(self, by_s: float) -> None:
        """Our clock was put on by so much."""
        self._told += by_s
        self._since += by_s
        self._apart = None if self._apart is None else self._apart + by_s
        self._before = None if self._before is None else self._before + by_s

    def _happened(self, read_at: float, stamp: str) -> float:
        theirs = _instant(stamp)
        if theirs is None:
            return read_at
        if theirs < self._newest - STEP_S:
            self._apart = self._before = None
            self._newest = theirs
        self._newest = max(self._newest, theirs)
        apart = read_at - theirs
        if self._apart is None or read_at - self._since > WINDOW_S:
            self._before, self._apart, self._since = self._apart, apart, read_at
        self._apart = min(self._apart, apart)
        least = self._apart if self._before is None else min(self._apart, self._before)
        return theirs + least if apart - least < LONGEST_S else read_at


def _instant(stamp: str) -> float | None:
    seconds, _, fraction = stamp.partition(".")
    if not (seconds.isascii() and seconds.isdecimal() and fraction.isascii() and fraction.isdecimal()):
        return None
    return float(stamp) if len(seconds) <= 10 and len(fraction) <= 9 else None
