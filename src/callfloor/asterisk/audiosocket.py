"""The port that Asterisk's AudioSocket channels connect to: who is expected is let in once, and audio flows both ways.

    server = AudioSocketServer()
    await server.open("0.0.0.0", 9092)
    line = server.expect({"192.0.2.5"}, on_open=…, on_audio=…, on_closed=…, apart=True)
    # Originate: Channel: AudioSocket/<address>:<port>/<line.uuid>/c(slin); Application: ChanSpy; Data: <id>,udqESD

A caller shows its UUID first; it must be one that is expected now, from one of the addresses it is expected from, and
it is accepted once. Everything is bounded: connections that have not said who they are, their time, what waits each
way. Nothing here waits for the PBX: what cannot go out is dropped.
"""

import asyncio
import contextlib
import logging
import socket
import uuid
from collections.abc import Callable, Collection
from typing import cast

from typing_extensions import override

from callfloor.asterisk.audiosocket_frames import FRAME_S, UUID, Decoder
from callfloor.asterisk.audiosocket_line import AudioLine, Closing, address_of
from callfloor.errors import AudioLinesFullError, AudioSocketProtocolError, ConfigurationError

__all__ = ["AudioLine", "AudioSocketServer", "Closing"]

logger = logging.getLogger(__name__)

HELLO_S = 2.0
"""From the connection to its UUID, which Asterisk sends at once."""

EXPECT_S = 10.0
"""From ``expect`` to the UUID. Asterisk itself gives up connecting after 2 s for each address."""

STRANGERS = 64
"""Connections at once that have not said who they are."""

LINES = 500
"""Lines at once."""


class AudioSocketServer:
    """Listens for the PBXes' audio channels, and lets in those that are expected."""

    def __init__(self) -> None:
        self.address: tuple[str, int] | None = None
        """What is listened on, once open."""
        self._server: asyncio.Server | None = None
        self._expected: dict[bytes, tuple[AudioLine, asyncio.TimerHandle]] = {}
        self._open: set[AudioLine] = set()
        self._strangers: set[_Connection] = set()
        self._speaking: set[AudioLine] = set()
        self._clock: asyncio.TimerHandle | None = None
        self._due = 0.0

    async def open(self, host: str, port: int) -> None:
        """Listen; port 0 takes a free one.

        Raises:
            ConfigurationError: the address cannot be had.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Connection(self), host, port, reuse_address=True)
        except OSError as error:
            raise ConfigurationError(
                f"Cannot listen for the PBX's audio on {host}:{port}: {error.strerror or error}"
            ) from error
        address = self._server.sockets[0].getsockname()
        self.address = address[0], address[1]

    async def close(self) -> None:
        """Hang everything up and listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.address = None
        for line in [line for line, _ in self._expected.values()] + list(self._open):
            line.close()
        for stranger in list(self._strangers):
            stranger.cut()
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def expect(
        self,
        addresses: Collection[str],
        *,
        on_open: Callable[[], None],
        on_audio: Callable[[bytes, int, int], None],
        on_closed: Callable[[Closing], None],
        apart: bool = False,
        within_s: float = EXPECT_S,
    ) -> AudioLine:
        """A new line for one channel of the PBX at these addresses. The callbacks never wait.

        Args:
            addresses: IP addresses, one of which the connection must come from.
            on_open: the channel has connected.
            on_audio: signed 16-bit little-endian samples, 20 ms as a rule; samples a second of each side; and how many
                sides there are: 2 are interleaved, from the channel that is spied on first, then to it.
            on_closed: called once, whatever the end; also from ``AudioLine.close``.
            apart: ChanSpy was asked for both sides apart (option ``D``, with ``c(slin)``: beside ``c(slin16)`` Asterisk
                22 resamples them into one another). Where it does not know the option, one mixed side comes.
            within_s: seconds until it must have connected.

        Raises:
            AudioLinesFullError: ``LINES`` are expected or open.
        """
        if len(self._expected) + len(self._open) >= LINES:
            raise AudioLinesFullError(limit=LINES)
        line = AudioLine(self, addresses, on_open, on_audio, on_closed, apart=apart)
        late = asyncio.get_running_loop().call_later(within_s, line.end, Closing.NEVER_CAME)
        self._expected[uuid.UUID(line.uuid).bytes] = line, late
        return line

    # --- the lines' and connections' side ---------------------------------------------------------------------------

    def admit(self, shown: bytes, address: str) -> AudioLine | None:
        """The line whose UUID is shown from this address, which is then expected no more."""
        found = self._expected.get(shown)
        if found is None or address_of(address) not in found[0].addresses:
            return None
        line, late = self._expected.pop(shown)
        late.cancel()
        self._open.add(line)
        return line

    def welcome(self, stranger: "_Connection", address: str) -> bool:
        """Whether a connection may say who it is: somebody is expected from there, and there is room."""
        there = address_of(address)
        if len(self._strangers) >= STRANGERS or not any(there in line.addresses for line, _ in self._expected.values()):
            return False
        self._strangers.add(stranger)
        return True

    def known(self, stranger: "_Connection") -> None:
        """The connection has said who it is, or is gone."""
        self._strangers.discard(stranger)

    def forget(self, line: AudioLine) -> None:
        """The line has ended."""
        found = self._expected.pop(uuid.UUID(line.uuid).bytes, None)
        if found is not None:
            found[1].cancel()
        self._open.discard(line)
        self._speaking.discard(line)

    def speaks(self, line: AudioLine) -> None:
        """The line is open: one clock ticks for all that are."""
        self._speaking.add(line)
        if self._clock is None:
            loop = asyncio.get_running_loop()
            self._due = loop.time() + FRAME_S
            self._clock = loop.call_at(self._due, self._tick)

    def _tick(self) -> None:
        self._speaking.difference_update([line for line in self._speaking if not line.tick()])
        if not self._speaking:
            self._clock = None
            return
        loop = asyncio.get_running_loop()
        # A busy loop is caught up with, tick by tick, so that the PBX gets 50 frames a second; after a longer stop
        # it is not: what it would say in a burst is dropped from the queue instead.
        self._due = max(self._due + FRAME_S, loop.time() - 3 * FRAME_S)
        self._clock = loop.call_at(self._due, self._tick)


class _Connection(asyncio.Protocol):
    """One TCP connection: a stranger, until it has shown an expected UUID."""

    def __init__(self, server: AudioSocketServer) -> None:
        self._server = server
        self._decoder = Decoder()
        self._line: AudioLine | None = None
        self._transport: asyncio.Transport | None = None
        self._address = ""
        self._late: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._address = peer[0] if peer else ""
        if not self._server.welcome(self, self._address):
            self._refuse("nobody is expected from there, or too many at once")
            return
        found = transport.get_extra_info("socket")
        if found is not None:
            _prepare(found)
        self._late = asyncio.get_running_loop().call_later(HELLO_S, self._refuse, "it did not say who it is")

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for kind, payload in self._decoder.feed(data):
                if self._line is not None:
                    self._line.heard(kind, payload)
                elif not self._admitted(kind, payload):
                    return
        except AudioSocketProtocolError:
            if self._line is None:
                self._refuse("it does not speak AudioSocket")
            else:
                logger.warning("What came on an audio line is no AudioSocket")
                self._line.end(Closing.LOST)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._leave_the_door()
        if self._line is not None:
            self._line.end(Closing.HUNG_UP if exc is None else Closing.LOST)

    def cut(self) -> None:
        """End it without a word."""
        self._leave_the_door()
        if self._transport is not None:
            self._transport.abort()

    def _admitted(self, kind: int, payload: bytes) -> bool:
        line = self._server.admit(payload, self._address) if kind == UUID and len(payload) == 16 else None
        if line is None or self._transport is None:
            self._refuse("it is not expected")
            return False
        self._leave_the_door()
        self._line = line
        line.opened(self._transport)
        return True

    def _refuse(self, why: str) -> None:
        logger.warning("A connection to the audio port was refused", extra={"address": self._address, "why": why})
        self.cut()

    def _leave_the_door(self) -> None:
        self._server.known(self)
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _prepare(connection: socket.socket) -> None:
    """Each frame at once; a PBX's host that has vanished is noticed within half a minute, though it may be silent."""
    with contextlib.suppress(OSError):  # a connection that is gone already
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (
            ("TCP_KEEPIDLE", 10),
            ("TCP_KEEPINTVL", 5),
            ("TCP_KEEPCNT", 3),
            ("TCP_USER_TIMEOUT", 15000),
        ):
            if option := getattr(socket, name, None):
                connection.setsockopt(socket.IPPROTO_TCP, option, value)
