"""What is said to the PBX, at the PBX's pace: bursts smoothed, clocks that differ evened out, gaps closed softly.

Pure: frames of 20 ms go in as they come from a network, and one comes out at each tick of a 20 ms clock.
Asterisk's whisper queue (``main/audiohook.c``) holds 100 ms and throws everything away beyond that, so what waits must
wait here, and it must be little: each frame that waits is 20 ms of delay.
"""

from typing import Final

import numpy as np

LEAST: Final = 2
MOST: Final = 8
"""Frames that are gathered before speech begins: 40 ms at first, one more after each gap, up to 160 ms."""

SLACK: Final = 4
"""Frames beyond that before the oldest are dropped: a burst after a stalled network."""

CALM_TICKS: Final = 500
"""10 s without a gap: one frame less is gathered."""

LOOK_TICKS: Final = 50
"""What a second never needed, beside what is gathered, is a burst's leftover or a clock's drift: 20 ms of it go."""

HURRY_TICKS: Final = 10
"""200 ms in which more than one frame waited for nothing: 20 ms of it go, and speech is a tenth faster meanwhile."""


class Speech:
    """One speaker's frames on their way. ``put`` never refuses; what is too old is dropped, oldest first."""

    __slots__ = (
        "_calm",
        "_last",
        "_least_lately",
        "_least_waiting",
        "_since_gap",
        "_speaking",
        "_waiting",
        "dropped",
        "gaps",
        "target",
    )

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._speaking = False
        self._last = b""  # what went out before, while speaking
        self._calm = 0
        self._since_gap = 0
        self._least_waiting = MOST + SLACK  # in this second
        self._least_lately = MOST + SLACK  # in these 200 ms
        self.target = LEAST
        self.dropped = 0  # frames, since the beginning
        self.gaps = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Whether ticks can be left out until the next ``put``."""
        return not self._waiting and not self._speaking

    def put(self, frame: bytes) -> None:
        """20 ms more. All frames of one speech are of one length."""
        waiting = self._waiting
        waiting.append(frame)
        if len(waiting) > self.target + SLACK:
            late = len(waiting) - self.target
            self.dropped += late
            # From what was said last, or would have been next, softly into what is said from here on.
            waiting[: late + 1] = [_crossed(waiting[0], waiting[late])]

    def clear(self) -> None:
        """Forget what waits: the speaker was muted."""
        self._waiting.clear()
        self._speaking = False

    def tick(self) -> bytes | None:
        """What is said in these 20 ms; None: nothing, and nothing need be sent."""
        waiting = self._waiting
        if not self._speaking:
            if len(waiting) < self.target:
                return None
            self._speaking = True
            self._calm = 0
            self._least_waiting = self._least_lately = MOST + SLACK
            self._last = waiting.pop(0)
            return _in(self._last)
        if not waiting:
            self.gaps += 1
            self._speaking = False
            # A gap now and then is a clock's; the network's come soon after one another.
            self.target = min(self.target + (self._since_gap < 2 * CALM_TICKS), MOST)
            self._since_gap = 0
            return _out(self._last)
        self._calm += 1
        self._since_gap += 1
        self._least_waiting = min(self._least_waiting, len(waiting))
        self._least_lately = min(self._least_lately, len(waiting))
        if self._calm % LOOK_TICKS == 0:
            self._relax()
        elif self._calm % HURRY_TICKS == 0:
            self._hurry()
        self._last = waiting.pop(0)
        return self._last

    def _relax(self) -> None:
        """What waits and was never needed is delay for nothing."""
        # When a tick begins, the frame that is about to be said waits, too.
        if self._least_waiting > self.target:
            self._shorten()
        self._least_waiting = self._least_lately = MOST + SLACK
        if self._calm >= CALM_TICKS:
            self.target = max(LEAST, self.target - 1)
            self._calm = 0

    def _hurry(self) -> None:
        """A stall's leftover is a fifth of a second that everybody hears: it need not take seconds to go."""
        if self._least_lately > self.target + 1:
            self._shorten()
        self._least_lately = MOST + SLACK

    def _shorten(self) -> None:
        waiting = self._waiting
        if len(waiting) > 1:
            self.dropped += 1
            waiting[:2] = [_crossed(waiting[0], waiting[1])]


def _samples(frame: bytes) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.frombuffer(frame, "<i2").astype(np.float32)


def _bytes(samples: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> bytes:
    return np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes()


def _ramp(length: int) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.linspace(0, 1, length, dtype=np.float32)


def _in(frame: bytes) -> bytes:
    """A frame that begins after silence: no click."""
    samples = _samples(frame)
    return _bytes(samples * _ramp(len(samples)))


def _out(frame: bytes) -> bytes:
    """After the last frame before a gap: itself backwards, fading, which continues it without a jump."""
    samples = _samples(frame)[::-1]
    return _bytes(samples * _ramp(len(samples))[::-1])


def _crossed(first: bytes, second: bytes) -> bytes:
    """From the one frame to the other within the time of one."""
    before, after = _samples(first), _samples(second)
    if len(before) != len(after):
        return second
    ramp = _ramp(len(before))
    return _bytes(before * (1 - ramp) + after * ramp)
