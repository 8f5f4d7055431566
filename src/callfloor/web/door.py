"""The door that streams come in by: after a restart a thousand browsers come at once, and are let in some at a time.

A stream's beginning costs a millisecond or two of processor. A thousand of them begun in one turn of the loop hold up
whoever asks something else, a watchdog first of all, for as long as they all take. In portions they take as long
together, and in between everybody else is answered.
"""

from collections import OrderedDict
from collections.abc import Callable

AT_ONCE = 16
"""Streams that begin at one time: enough to be looked up together, and 30 ms of processor."""


class Door:
    """Lets in so many at a time, in the order in which they came. Everything runs on the event loop's thread."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._inside: set[object] = set()
        self._waiting: OrderedDict[object, Callable[[], None]] = OrderedDict()
        self._opening = False

    def knock(self, who: object, enter: Callable[[], None]) -> None:
        """Call ``enter`` when it is this one's turn, which may be now; ``leave`` once it has begun."""
        if len(self._inside) < self._most:
            self._inside.add(who)
            enter()
        else:
            self._waiting[who] = enter

    def leave(self, who: object) -> None:
        """This one has begun, or is gone. Harmless when repeated."""
        self._waiting.pop(who, None)
        if who not in self._inside:
            return
        self._inside.discard(who)
        if self._opening:
            return  # who was let in has left at once: those who follow are let in by who let it in
        self._opening = True
        try:
            while self._waiting and len(self._inside) < self._most:
                following, enter = self._waiting.popitem(last=False)
                self._inside.add(following)
                enter()
        finally:
            self._opening = False
