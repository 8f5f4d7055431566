"""When one listening ends and the next begins: a browser asks many times while somebody hears a recording once."""

from collections import OrderedDict
from typing import Final

SAME_FOR_S: Final = 600.0
"""Since the last request: longer pauses end the listening."""

MOST: Final = 10_000
"""Listenings remembered; the oldest are forgotten, and may be written down a second time."""


class Listenings:
    """Who is hearing what just now."""

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[object, ...], float] = OrderedDict()

    def begins(self, who_and_what: tuple[object, ...], now: float) -> bool:
        """Whether this request is the first of a listening; it counts as heard in any case."""
        last = self._last.pop(who_and_what, None)
        self._last[who_and_what] = now
        while len(self._last) > MOST:
            self._last.popitem(last=False)
        return last is None or not 0 <= now - last <= SAME_FOR_S

    def failed(self, who_and_what: tuple[object, ...]) -> None:
        """Nothing was heard: the next request is a first one again."""
        self._last.pop(who_and_what, None)
