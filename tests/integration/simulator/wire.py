"""A wire in memory between links and a simulated PBX, on virtual time: whole, or cut for as long as may be.

It can show another clock of the PBX's than it has: as if somebody had set it.
"""

import asyncio
import re
from collections.abc import Callable

from typing_extensions import override

from callfloor.simulator.server import Simulator
from callfloor.simulator.session import Session

CUT = ConnectionRefusedError(111, "Connection refused")
_STAMP = re.compile(rb"(?<=\nTimestamp: )[0-9.]+")


class Wire:
    """Gives a ``Connection`` its ``dial``."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._whole = True
        self._ends: list[_End] = []
        self.clock_ahead_s = 0.0
        self.stamped = 0
        """How many stamps passed that were not the PBX's own."""

    async def dial(self, _url: object) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Both ends in this process.

        Raises:
            ConnectionRefusedError: it is cut.
        """
        if not self._whole:
            raise CUT
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=65_536)
        protocol = asyncio.StreamReaderProtocol(reader)
        session = Session(self._simulator, self._simulator.users)
        ours = _End(session.data_received, lambda: protocol.connection_lost(None))
        theirs = _End(lambda data: reader.feed_data(self._by_its_clock(data)), lambda: session.connection_lost(None))
        ours.other, theirs.other = theirs, ours
        self._ends += [ours, theirs]
        protocol.connection_made(ours)
        session.connection_made(theirs)
        return reader, asyncio.StreamWriter(ours, protocol, reader, loop)

    def _by_its_clock(self, data: bytes) -> bytes:
        ahead_s = self.clock_ahead_s
        moved, times = _STAMP.subn(lambda found: f"{float(found[0]) + ahead_s:.6f}".encode(), data)
        self.stamped += times if ahead_s else 0
        return moved

    def cut(self) -> None:
        """Both ends see the connection end, and nobody is reached."""
        self._whole = False
        for end in self._ends:
            end.close()
        self._ends.clear()

    def mend(self) -> None:
        """Whoever dials is connected again."""
        self._whole = True


class _End(asyncio.Transport):
    """What is written here is read at the other end, in its order; where one closes, both are closed."""

    def __init__(self, deliver: Callable[[bytes], None], closed: Callable[[], None]) -> None:
        super().__init__()
        self._deliver, self._closed = deliver, closed
        self.other: _End | None = None
        self._closing = False

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._closing:
            asyncio.get_running_loop().call_soon(self._pass, bytes(data))

    def _pass(self, data: bytes) -> None:
        if not self._closing:
            self._deliver(data)

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def is_closing(self) -> bool:
        return self._closing

    @override
    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        asyncio.get_running_loop().call_soon(self._closed)
        if self.other is not None:
            self.other.close()

    @override
    def abort(self) -> None:
        self.close()

    @override
    def pause_reading(self) -> None:
        """Everything written is in the reader's buffer already."""

    @override
    def resume_reading(self) -> None:
        """As above."""
