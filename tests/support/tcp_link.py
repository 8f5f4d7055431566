"""A wire between Callfloor and a PBX that a test can cut, freeze and mend."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

READ_BYTES = 65_536
SLOW_READ_BYTES = 2_048


class TcpLink:
    """Passes bytes between whoever connects to ``address`` and ``target``, as long as it is whole."""

    def __init__(self, target: tuple[str, int] | str) -> None:
        """``target``: host and port, or the path of a Unix socket."""
        self.target = target
        self.passed: list[tuple[float, bytes]] = []
        """What the target said to whoever is connected, and when it came (UTC epoch seconds)."""
        self.bytes_s: float | None = None
        """How many bytes a second pass each way; None: as many as come."""
        self._server: asyncio.Server | None = None
        self._port = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._wires: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: host, port. The same after it was mended."""
        return "127.0.0.1", self._port

    async def open(self) -> None:
        """Listens (again)."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Both ends see the connection end at once, and nobody listens."""
        if self._server is not None:
            self._server.close()
            self._server = None
        wires = list(self._wires)
        for wire in wires:
            wire.cancel()
        await asyncio.gather(*wires, return_exceptions=True)
        self._flows.set()

    def freeze(self) -> None:
        """Not a byte passes, and neither end is told: a half-open connection. New ones are taken, and are as mute."""
        self._flows.clear()

    def thaw(self) -> None:
        """What was held back passes, and all that follows."""
        self._flows.set()

    @staticmethod
    def _never() -> asyncio.Future[None]:
        return asyncio.get_running_loop().create_future()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = asyncio.get_running_loop().create_task(self._carry(reader, writer), name="tcp link")
        self._wires.add(wire)
        wire.add_done_callback(self._wires.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers = [writer]
        try:
            await self._flows.wait()
            far_reader, far_writer = await self._reach()
            writers.append(far_writer)
            ways = [
                asyncio.ensure_future(way)
                for way in (self._pump(reader, far_writer), self._pump(far_reader, writer, noted=True))
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # the target does not listen: whoever connected sees the end
        finally:
            for one in writers:
                one.close()
                with suppress(OSError):
                    await one.wait_closed()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, str):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(*self.target)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, noted: bool = False) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(READ_BYTES if self.bytes_s is None else SLOW_READ_BYTES):
                if self.bytes_s is not None:
                    await asyncio.wait([self._never()], timeout=len(data) / self.bytes_s)
                await self._flows.wait()
                if noted:
                    self.passed.append((time.time(), data))
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def tcp_link(target: tuple[str, int] | str) -> AsyncIterator[TcpLink]:
    """A whole wire to the target, gone at the end."""
    link = TcpLink(target)
    await link.open()
    try:
        yield link
    finally:
        await link.cut()
