"""The audio port over real sockets: who is let in, audio both ways at its pace, and every way it ends."""

import asyncio
import contextlib
import socket as sockets
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from callfloor.asterisk import audiosocket
from callfloor.asterisk.audiosocket import AudioLine, AudioSocketServer, Closing
from callfloor.asterisk.audiosocket_frames import AUDIO, AUDIO_16, ERROR, HANGUP, UUID, Decoder, frame_bytes
from callfloor.errors import AudioLinesFullError, ConfigurationError
from support.waiting import until

HERE = "127.0.0.1"
MUTE = bytes(frame_bytes(8000))


def wire(kind: int, payload: bytes = b"") -> bytes:
    return bytes([kind]) + len(payload).to_bytes(2, "big") + payload


class Caller:
    """A PBX's channel: what it was sent, and whether it still stands."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._decoder = Decoder()
        self.frames: list[tuple[int, bytes]] = []

    @classmethod
    async def connect(cls, server: AudioSocketServer, shows: str | bytes = b"", source: str = HERE) -> "Caller":
        assert server.address is not None
        caller = cls(*await asyncio.open_connection(*server.address, local_addr=(source, 0)))
        if shows:
            caller.send(UUID, uuid.UUID(shows).bytes if isinstance(shows, str) else shows)
        return caller

    def send(self, kind: int, payload: bytes = b"") -> None:
        self.writer.write(wire(kind, payload))

    async def read(self, wanted: int) -> list[tuple[int, bytes]]:
        """The next frames, as many as wanted."""
        async with asyncio.timeout(30):
            while len(self.frames) < wanted:
                data = await self.reader.read(4096)
                assert data, "the line was closed"
                self.frames += self._decoder.feed(data)
        taken, self.frames = self.frames[:wanted], self.frames[wanted:]
        return taken

    async def ends(self) -> bytes:
        """What came until the connection ended."""
        async with asyncio.timeout(30):
            try:
                rest = await self.reader.read()
            except ConnectionResetError:
                rest = b""
        self.writer.close()
        return rest

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


class Told:
    """What a line told."""

    def __init__(self) -> None:
        self.opened = 0
        self.heard: list[tuple[bytes, int, int]] = []
        self.closed: list[Closing] = []

    def expected(self, server: AudioSocketServer, *addresses: str, **options: Any) -> AudioLine:
        def opened() -> None:
            self.opened += 1

        return server.expect(
            addresses or (HERE,),
            on_open=opened,
            on_audio=lambda *heard: self.heard.append(heard),
            on_closed=self.closed.append,
            **options,
        )


@pytest.fixture
async def server() -> AsyncIterator[AudioSocketServer]:
    found = AudioSocketServer()
    await found.open(HERE, 0)
    yield found
    await found.close()


@pytest.fixture
def told() -> Told:
    return Told()


async def test_audio_flows_both_ways(server: AudioSocketServer, told: Told) -> None:
    line = told.expected(server)
    caller = await Caller.connect(server, line.uuid)
    caller.send(AUDIO, b"\x05\x00" * 160)
    await until(lambda: told.heard, "audio")
    assert told.heard == [(b"\x05\x00" * 160, 8000, 1)]
    assert (told.opened, line.rate, line.is_open) == (1, 8000, True)
    for number in range(10):
        line.send(number.to_bytes(2, "little") * 160, 8000)
    frames = await caller.read(5)
    assert {kind for kind, _ in frames} == {AUDIO}
    assert all(len(payload) == 320 for _, payload in frames)
    await caller.close()
    await until(lambda: told.closed, "the end")
    assert told.closed == [Closing.HUNG_UP]


async def test_sixteen_kilohertz_is_told_by_the_frames_and_answered_alike(
    server: AudioSocketServer, told: Told
) -> None:
    line = told.expected(server, apart=True)
    caller = await Caller.connect(server, line.uuid)
    caller.send(AUDIO_16, bytes(640))
    await until(lambda: told.heard, "audio")
    assert told.heard[0][1:] == (16000, 1)
    for _ in range(4):
        line.send(bytes(640), 16000)
        line.send(MUTE, 8000)
    assert {(kind, len(payload)) for kind, payload in await caller.read(3)} == {(AUDIO_16, 640)}
    assert line.dropped == 4, "another rate than the call's is not sent"
    line.close()
    await caller.ends()


async def test_both_sides_apart_are_told_by_their_length_where_they_were_asked_for(
    server: AudioSocketServer, told: Told
) -> None:
    for apart, sides in ((True, 2), (False, 1)):
        line = told.expected(server, apart=apart)
        caller = await Caller.connect(server, line.uuid)
        told.heard.clear()
        caller.send(AUDIO, bytes(640))
        caller.send(AUDIO, bytes(320))
        await until(lambda: len(told.heard) == 2, "audio")
        assert [heard[2] for heard in told.heard] == [sides, 1]
        line.close()
        await caller.ends()


async def test_hanging_up_ends_the_channel_and_is_told_once(server: AudioSocketServer, told: Told) -> None:
    line = told.expected(server)
    caller = await Caller.connect(server, line.uuid)
    await until(lambda: told.opened, "open")
    line.close()
    line.close()
    assert told.closed == [Closing.CLOSED]
    silence = wire(AUDIO, bytes(320))
    assert (await caller.ends()).replace(silence, b"") == wire(HANGUP), "a line is never still until it ends"
    assert not line.is_open
    line.send(MUTE, 8000)
    assert told.closed == [Closing.CLOSED]


@pytest.mark.parametrize(
    ("last", "closing"),
    [
        (wire(HANGUP), Closing.HUNG_UP),
        (wire(ERROR, b"\x01"), Closing.LOST),
        (b"\x10\xff\xff", Closing.LOST),
        (b"GET / HTTP/1.1\r\n\r\n", Closing.LOST),
    ],
)
async def test_what_the_pbx_ends_is_over(server: AudioSocketServer, told: Told, last: bytes, closing: Closing) -> None:
    line = told.expected(server)
    caller = await Caller.connect(server, line.uuid)
    caller.writer.write(last)
    await until(lambda: told.closed, "the end")
    assert told.closed == [closing]
    await caller.ends()


async def test_what_is_no_audio_is_passed_over(server: AudioSocketServer, told: Told) -> None:
    line = told.expected(server)
    caller = await Caller.connect(server, line.uuid)
    for kind, payload in ((0x03, b"5"), (0x77, b"later"), (AUDIO, b""), (AUDIO, b"\x01"), (UUID, b"x" * 16)):
        caller.send(kind, payload)
    caller.send(AUDIO, bytes(320))
    await until(lambda: told.heard, "audio")
    assert [heard[0] for heard in told.heard] == [bytes(320)]
    assert line.is_open
    line.close()
    await caller.ends()


# --- who is let in --------------------------------------------------------------------------------------------------


async def test_a_uuid_is_good_once(server: AudioSocketServer, told: Told) -> None:
    line = told.expected(server)
    other = told.expected(server)
    caller = await Caller.connect(server, line.uuid)
    await until(lambda: told.opened, "open")
    assert await (await Caller.connect(server, line.uuid)).ends() == b""
    assert line.is_open
    assert told.opened == 1
    line.close()
    await caller.ends()
    assert await (await Caller.connect(server, line.uuid)).ends() == b"", "nor after its end"
    other.close()


@pytest.mark.parametrize(
    "shown",
    [
        wire(UUID, b"\x00" * 16),
        wire(UUID, b"\x00" * 15),
        wire(UUID, b""),
        wire(AUDIO, bytes(320)),
        wire(HANGUP),
        b"\x01\xff\xff",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
async def test_whoever_shows_anything_else_is_cut_off(server: AudioSocketServer, told: Told, shown: bytes) -> None:
    line = told.expected(server)
    stranger = await Caller.connect(server)
    stranger.writer.write(shown)
    assert await stranger.ends() == b""
    caller = await Caller.connect(server, line.uuid)
    await until(lambda: told.opened, "the one expected still comes in")
    line.close()
    await caller.ends()


async def test_the_uuid_is_good_from_the_pbxs_address_alone(server: AudioSocketServer, told: Told) -> None:
    line = told.expected(server, "127.0.0.9", "192.0.2.1")
    other = told.expected(server)  # from here somebody is expected, but not with that
    assert await (await Caller.connect(server, line.uuid)).ends() == b""
    assert told.opened == 0
    caller = await Caller.connect(server, line.uuid, source="127.0.0.9")
    await until(lambda: told.opened, "open")
    line.close()
    other.close()
    await caller.ends()


async def test_from_where_nobody_is_expected_nothing_is_even_read(server: AudioSocketServer, told: Told) -> None:
    assert await (await Caller.connect(server)).ends() == b""
    line = told.expected(server, "127.0.0.9")
    assert await (await Caller.connect(server)).ends() == b""
    line.close()
    assert await (await Caller.connect(server, source="127.0.0.9")).ends() == b"", "nor when it is over"


async def test_whoever_does_not_come_in_time_is_expected_no_more(server: AudioSocketServer, told: Told) -> None:
    line = told.expected(server, within_s=0.05)
    await until(lambda: told.closed, "the deadline")
    assert told.closed == [Closing.NEVER_CAME]
    assert await (await Caller.connect(server, line.uuid)).ends() == b""
    assert told.opened == 0


async def test_whoever_does_not_say_who_they_are_is_cut_off(
    server: AudioSocketServer, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiosocket, "HELLO_S", 0.05)
    line = told.expected(server)
    silent, slow = await Caller.connect(server), await Caller.connect(server)
    slow.writer.write(b"\x01\x00")
    assert await silent.ends() == b""
    assert await slow.ends() == b""
    line.close()


async def test_strangers_are_few_at_a_time(
    server: AudioSocketServer, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiosocket, "STRANGERS", 3)
    line = told.expected(server)
    strangers = [await Caller.connect(server) for _ in range(3)]
    await asyncio.gather(*(until(lambda: len(server._strangers) == 3, "they are there") for _ in (1,)))
    assert await (await Caller.connect(server, line.uuid)).ends() == b""
    await strangers.pop().close()
    await until(lambda: len(server._strangers) == 2, "one has gone")
    caller = await Caller.connect(server, line.uuid)
    await until(lambda: told.opened, "open")
    line.close()
    await caller.ends()
    for stranger in strangers:
        await stranger.close()


async def test_lines_are_bounded(server: AudioSocketServer, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audiosocket, "LINES", 2)
    first, _second = told.expected(server), told.expected(server)
    with pytest.raises(AudioLinesFullError):
        told.expected(server)
    first.close()
    told.expected(server)


async def test_a_taken_address_is_told(server: AudioSocketServer) -> None:
    assert server.address is not None
    with pytest.raises(ConfigurationError, match="audio"):
        await AudioSocketServer().open(*server.address)


async def test_the_end_of_the_server_is_the_end_of_every_line(told: Told) -> None:
    server = AudioSocketServer()
    await server.open(HERE, 0)
    line, _waiting = told.expected(server), told.expected(server)
    caller = await Caller.connect(server, line.uuid)
    stranger = await Caller.connect(server)
    await until(lambda: told.opened and server._strangers, "both are there")
    await server.close()
    assert told.closed == [Closing.CLOSED] * 2
    silence = wire(AUDIO, bytes(320))
    assert (await caller.ends()).replace(silence, b"") == wire(HANGUP), "a line is never still until it ends"
    assert await stranger.ends() == b""


# --- pace -----------------------------------------------------------------------------------------------------------


async def test_a_burst_leaves_at_the_pbxs_pace(server: AudioSocketServer, told: Told) -> None:
    line = told.expected(server)
    caller = await Caller.connect(server, line.uuid)
    caller.send(AUDIO, bytes(320))
    await until(lambda: told.heard, "audio")
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(6):
        line.send(MUTE, 8000)
    await caller.read(6)
    assert loop.time() - began > 5 * 0.02 - 0.005, "not sooner than it is said"
    line.close()
    await caller.ends()


async def test_a_pbx_that_does_not_read_costs_what_is_said_and_no_memory(server: AudioSocketServer, told: Told) -> None:
    assert server.address is not None
    line = told.expected(server)
    stuck = sockets.socket()
    stuck.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 2048)
    stuck.setblocking(False)
    await asyncio.get_running_loop().sock_connect(stuck, server.address)
    await asyncio.get_running_loop().sock_sendall(stuck, wire(UUID, uuid.UUID(line.uuid).bytes) + wire(AUDIO, MUTE))
    await until(lambda: told.heard, "audio")
    transport = line._transport
    assert transport is not None
    for _ in range(400):  # eight seconds of it, in as many ticks as that takes
        line.send(MUTE, 8000)
        line.tick()
    assert line.dropped > 200
    assert transport.get_write_buffer_size() < 4 * 323
    line.close()
    stuck.close()
