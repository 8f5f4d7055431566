"""How far our clock is ahead of a PBX's, by its answers to pings.

An answer was written after it was asked for and before it was read, however late that was: the smallest difference of
the last answers is the nearest one. A machine that was busy for a moment must not make what the PBX wrote down of
calls and registrations as late.
"""

import re
from collections import deque
from typing import Final

from callfloor.asterisk.message import Message

ANSWERS: Final = 12
"""Two minutes of pings: the clocks drift apart by milliseconds in so long."""
SET_S: Final = 0.05
"""An answer that cannot be so near as those before it was told by a clock that was put back since."""
_STAMP: Final = re.compile(r"\d{1,10}\.\d+")


class PbxClock:
    """Of one PBX."""

    def __init__(self) -> None:
        self.ahead_s = 0.0
        """Our clock less the PBX's; 0 until it has told its own."""
        self._apart: deque[float] = deque(maxlen=ANSWERS)

    def answered(self, asked_at: float, read_at: float, pong: Message) -> None:
        """The PBX was asked at ``asked_at``, and its answer read at ``read_at``, both by our clock."""
        stamp = pong.get("Timestamp")
        if not _STAMP.fullmatch(stamp):
            return
        if any(apart < asked_at - float(stamp) - SET_S for apart in self._apart):
            self._apart.clear()
        self._apart.append(read_at - float(stamp))
        self.ahead_s = min(self._apart)

    def clock_set(self, by_s: float) -> None:
        """Our clock was put on by so much."""
        self.ahead_s += by_s
        self._apart = deque((apart + by_s for apart in self._apart), maxlen=ANSWERS)
