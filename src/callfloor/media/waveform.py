"""A sound's waveform: how loud each of some hundred stretches of it is, channel by channel, made in one pass."""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import numpy as np

from callfloor.media.sound import Samples

BUCKETS: Final = 1_200
"""About one for each pixel that a panel has; a recording of two hours has six seconds in each."""

LOUDEST: Final = 255


class Waveform(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn of a sound."""

    duration_s: float
    rate: int  # samples a second
    kind: str  # wav, gsm610, mpeg …
    complete: bool
    channels: tuple[tuple[int, ...], ...]  # the largest deflection of each stretch, 0 to 255


class Peaks:
    """Adds blocks up. ``frames`` is how many there will be; where there are more, the last stretch has them."""

    def __init__(self, frames: int, channels: int) -> None:
        self._frames = max(1, frames)
        self._buckets = min(BUCKETS, self._frames)
        self._seen = 0
        self._most = np.zeros((self._buckets, channels), dtype=np.int32)

    def add(self, block: Samples) -> None:
        """The next samples."""
        place = (self._seen + np.arange(len(block), dtype=np.int64)) * self._buckets // self._frames
        place = np.minimum(place, self._buckets - 1)
        first = np.flatnonzero(np.diff(place, prepend=-1))
        loudest = np.maximum.reduceat(np.abs(block.astype(np.int32)), first, axis=0)
        self._most[place[first]] = np.maximum(self._most[place[first]], loudest)
        self._seen += len(block)

    def channels(self) -> tuple[tuple[int, ...], ...]:
        """Each channel's stretches, 0 to 255; every sound that is there at all is at least 1."""
        scaled = -(-self._most * LOUDEST // 32_768)
        return tuple(tuple(channel.tolist()) for channel in scaled.T)


def drawn(
    blocks: Iterable[Samples], frames: int, channels: int, also: Callable[[Samples], object] | None = None
) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """The frames that there were and the stretches of each channel; ``also`` is given each block on its way."""
    peaks, seen = Peaks(frames, channels), 0
    for block in blocks:
        peaks.add(block)
        seen += len(block)
        if also is not None:
            also(block)
    return seen, peaks.channels()
