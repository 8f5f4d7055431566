"""Sessions that ended a moment ago: a page whose line was not open just then still learns why.

A phone that is busy refuses within milliseconds, before the page that asked for the session has opened its line.
"""

from collections.abc import Callable
from typing import Final

from callfloor.errors import SupervisionOverError
from callfloor.floor.supervisions import LiveSupervision, Mode
from callfloor.web.supervision_ports import LineSink

KEPT_S: Final = 60.0
"""A page that was cut off comes back within it, or has said itself that the session is over."""

MOST: Final = 200
"""Sessions that are kept at once; over it the oldest is forgotten."""


class OverLine:
    """The line of a session that has ended, ``SupervisionLine`` to the page: it tells why, and nothing more."""

    def __init__(self, now: LiveSupervision) -> None:
        """``now`` is the session's last state."""
        self._now = now

    def attach(self, sink: LineSink) -> None:
        """As ``SupervisionLine.attach``; the sink closes its line, for the state is the last."""
        sink.supervision(self._now)

    def detach(self, sink: LineSink) -> None:
        """As ``SupervisionLine.detach``."""

    def send_audio(self, pcm: bytes, rate: int) -> None:
        """Nobody hears it."""

    async def set_mode(self, mode: Mode) -> None:
        """Raises ``SupervisionOverError``."""
        raise SupervisionOverError

    async def set_muted(self, *, muted: bool) -> None:
        """Raises ``SupervisionOverError``."""
        raise SupervisionOverError

    async def leave(self) -> None:
        """It is left already."""


class LatelyOver:
    """The last states of sessions that ended within ``KEPT_S``."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """``clock`` gives the UTC epoch second."""
        self._clock = clock
        self._kept: dict[str, tuple[float, LiveSupervision]] = {}  # oldest first

    def put(self, now: LiveSupervision) -> None:
        """A session has ended, in this state."""
        self._kept[now.id] = self._clock(), now
        self._forget()

    def of(self, supervision_id: str, user_id: int) -> LiveSupervision | None:
        """The last state of a user's own session; None where it is unknown, forgotten or another user's."""
        self._forget()
        _, now = self._kept.get(supervision_id, (0.0, None))
        return now if now is not None and now.user_id == user_id else None

    def _forget(self) -> None:
        since = self._clock() - KEPT_S
        for key in [key for key, (at, _) in self._kept.items() if at < since]:
            del self._kept[key]
        while len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
