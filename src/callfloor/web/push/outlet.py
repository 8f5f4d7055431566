"""One viewer's end of the stream: their transport, a bound on what waits in it, and a way to end it."""

from collections.abc import Callable, Iterable
from typing import Final, Protocol

from callfloor.web.push.frames import CloseCode

OUTBOX_BYTES = 512 * 1024
"""What may wait unsent for one viewer: some 10 s of a busy floor. uvloop keeps references to the shared frames, so a
thousand stalled viewers cost little more than one; the bound is on how old the news may become."""


class Wire(Protocol):
    """The part of an asyncio transport that carries frames."""

    def write(self, data: bytes, /) -> None:
        """Queue the bytes; never waits."""

    def get_write_buffer_size(self) -> int:
        """How many bytes wait unsent."""
        ...


class Line(Protocol):
    """What the server's WebSocket protocol lends to the stream after the handshake (``web/server.py``)."""

    @property
    def wire(self) -> Wire:
        """The connection's transport."""
        ...

    def when_lost(self, call: Callable[[], None]) -> None:
        """Have this called when the connection is gone or going, before its transport refuses writes."""

    def take_bytes(self, call: Callable[[bytes], None], most: int) -> None:
        """Have binary messages given to this, at once and past the ASGI queue; messages may be so long from now on."""

    def end(self, code: int, reason: str) -> None:
        """Send a close frame, and cut the connection if the peer does not answer it in time. Harmless when repeated."""


class _Nowhere:
    """In the wire's place once a stream has ended: uvloop raises on a closed one; no frame may follow a close."""

    def write(self, data: bytes, /) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0


_NOWHERE: Final = _Nowhere()


class Outlet:
    """A viewer's bounded outbox. Overflow rule: the viewer is closed with 4408 and comes back for a new snapshot."""

    __slots__ = ("_line", "bound", "wire")

    def __init__(self, line: Line) -> None:
        self._line = line
        self.wire: Wire = line.wire
        self.bound = OUTBOX_BYTES
        line.when_lost(self._lost)

    def open(self, frames: Iterable[bytes]) -> None:
        """Write what the viewer starts from. It may be larger than the bound, so the bound starts above it."""
        data = b"".join(frames)
        self.wire.write(data)
        self.bound = OUTBOX_BYTES + len(data)

    def end(self, code: CloseCode, reason: str) -> None:
        """Close the stream with a named code."""
        self.wire = _NOWHERE
        self._line.end(int(code), reason)

    def _lost(self) -> None:
        self.wire = _NOWHERE


def fan_out(frame: bytes, outlets: Iterable[Outlet]) -> list[Outlet]:
    """Write one frame to every outlet; returns those that are too far behind, to which nothing was written.

    This loop is the hot path (3,000 turns a frame): no call of ours inside it, nothing built per viewer.
    """
    slow = []
    for outlet in outlets:
        wire = outlet.wire
        waiting = wire.get_write_buffer_size()
        if waiting > outlet.bound:
            slow.append(outlet)
            continue
        if not waiting:
            outlet.bound = OUTBOX_BYTES  # the opening snapshot has gone out
        wire.write(frame)
    return slow
