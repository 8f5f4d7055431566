"""Fifty sessions of supervision without a PBX or a browser: the product's audio port and its lines, both ends ours.

``python -m bench.supervision_load serve|peer N`` is the server under measure, ``… ends`` both of its ends; they talk in
lines of JSON. The peer is the same bridge as tutorials write it, with asyncio's streams and ``websockets``: it has no
rights, no pace and no bounds.
"""

import asyncio
import contextlib
import json
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import uvloop
from typing_extensions import override

FRAME_S = 0.02
PHASES = 5  # the sessions' frames do not come in the same instant
HEARD, SAID = 640, 320  # bytes of 20 ms: both sides apart, and one
STAMP = slice(100, 108)


# --- both ends --------------------------------------------------------------------------------------------------------


class End(asyncio.Protocol):
    """One connection's far end: frames with the instant they left, and when the other end's came."""

    def __init__(self, head: bytes, size: int, offset: int) -> None:
        self.head, self.size, self.offset = head, size, offset  # what stands before the samples of what comes
        self.rest = bytearray()
        self.ready = asyncio.Event()
        self.late: list[float] = []
        self.came = 0
        self.longest = 0.0
        self._last = 0.0
        self.transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # a stream's

    def hello(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def say(self, head: bytes, samples: int) -> None:
        assert self.transport is not None
        pcm = bytearray(samples)
        pcm[STAMP] = time.monotonic_ns().to_bytes(8, "little")
        self.transport.write(head + pcm)

    @override
    def data_received(self, data: bytes) -> None:
        self.rest += data
        while True:
            at = self.rest.find(self.head)
            if at < 0 or len(self.rest) < at + self.offset + self.size:
                return
            self.ready.set()
            self._take(bytes(self.rest[at + self.offset : at + self.offset + self.size]))
            del self.rest[: at + self.offset + self.size]

    def _take(self, pcm: bytes) -> None:
        now = time.monotonic()
        if self._last:
            self.longest = max(self.longest, now - self._last)
        self._last = now
        self.came += 1
        late = now - int.from_bytes(pcm[STAMP], "little") / 1e9
        if 0 <= late < 5:  # not a frame of silence, nor one that was crossed into another
            self.late.append(late)

    def begin(self) -> None:
        self.late.clear()
        self.came, self.longest, self._last = 0, 0.0, 0.0


async def ends() -> None:
    """Both ends of every session told on standard input; prints what was measured."""
    job = json.loads(await asyncio.to_thread(sys.stdin.readline))
    loop = asyncio.get_running_loop()
    pairs: list[tuple[End, End]] = []
    for one in job["sessions"]:
        _, pbx = await loop.create_connection(lambda: End(b"\x10\x01\x40", SAID, 3), "127.0.0.1", job["audio"])
        pbx.hello(b"\x01\x00\x10" + uuid.UUID(one["uuid"]).bytes)
        # A binary frame of 644 bytes; before it comes the answer to the handshake, and a text.
        _, page = await loop.create_connection(lambda: End(b"\x82\x7e\x02\x84", HEARD, 8), "127.0.0.1", job["web"])
        page.hello(
            f"GET {one['path']} HTTP/1.1\r\nHost: 127.0.0.1:{job['web']}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Cookie: {one['cookie']}\r\n\r\n".encode()
        )
        pairs.append((pbx, page))
    running = True

    async def speak() -> None:
        due, turn = loop.time(), 0
        while running:
            for pbx, page in pairs[turn % PHASES :: PHASES]:
                pbx.say(b"\x10\x02\x80", HEARD)
                if page.ready.is_set():
                    # masked with zeros, as RFC 6455 allows
                    page.say(b"\x82\xfe" + (SAID + 4).to_bytes(2, "big") + bytes(4) + b"\x00\x00\x08\x00", SAID)
            turn += 1
            due += FRAME_S / PHASES
            await asyncio.sleep(max(0.0, due - loop.time()))

    speaking = asyncio.create_task(speak())
    await asyncio.gather(*(page.ready.wait() for _, page in pairs), *(pbx.ready.wait() for pbx, _ in pairs))
    await asyncio.sleep(1)
    for end in (end for pair in pairs for end in pair):
        end.begin()
    print("begun", flush=True)
    await asyncio.sleep(job["seconds"])
    print("over", flush=True)
    told = {}
    for name, found in (("heard", [page for _, page in pairs]), ("said", [pbx for pbx, _ in pairs])):
        late = sorted(each for end in found for each in end.late)
        told[name] = {
            "frames": sum(end.came for end in found),
            "fewest": min(end.came for end in found),
            "p50": late[len(late) // 2],
            "p99": late[len(late) * 99 // 100],
            "longest": max(end.longest for end in found),
        }
    print(json.dumps(told), flush=True)
    running = False
    await speaking


# --- ours -------------------------------------------------------------------------------------------------------------


async def serve(count: int) -> None:
    """The product's server and audio port, and so many sessions between them."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from callfloor.asterisk.audiosocket import AudioLine, AudioSocketServer  # noqa: PLC0415
    from callfloor.web.sessions import COOKIE  # noqa: PLC0415
    from support.web_site import site  # noqa: PLC0415  # the tests', after their path is known
    from support.web_supervised import Session, SupervisedSite  # noqa: PLC0415

    def bridge(session: Session) -> AudioLine:
        line = port.expect(
            ["127.0.0.1"],
            on_open=lambda: None,
            on_audio=session.heard,
            on_closed=lambda _: None,
            apart=True,
            within_s=60,
        )
        session.send_audio = line.send  # type: ignore[method-assign]
        return line

    port = AudioSocketServer()
    await port.open("127.0.0.1", 0)
    assert port.address is not None
    with tempfile.TemporaryDirectory() as folder:
        async with site(Path(folder)) as found:
            house = SupervisedSite(found)
            sessions = []
            client = await found.signed_in("supervisor")
            for number in range(count):
                if number % 20 == 0:
                    client = await found.signed_in("supervisor")
                session, token = await house.begin(client)
                sessions.append(
                    {
                        "uuid": bridge(session).uuid,
                        "path": f"{house.path}/{session.now.id}/line?token={token}",
                        "cookie": f"{COOKIE}={client.cookies[COOKIE]}",
                    }
                )
            print(json.dumps({"audio": port.address[1], "web": found.port, "sessions": sessions}), flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await port.close()


# --- the peer ---------------------------------------------------------------------------------------------------------


async def peer(count: int) -> None:
    """The plain bridge."""
    from websockets.asyncio.server import ServerConnection  # noqa: PLC0415
    from websockets.asyncio.server import serve as serve_sockets  # noqa: PLC0415
    from websockets.exceptions import ConnectionClosed  # noqa: PLC0415

    calls: dict[str, asyncio.StreamWriter] = {}
    pages: dict[str, ServerConnection] = {}

    async def take_call(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name, sequence = "", 0
        try:
            while True:
                head = await reader.readexactly(3)
                payload = await reader.readexactly(int.from_bytes(head[1:], "big"))
                if head[0] == 1:
                    name = str(uuid.UUID(bytes=payload))
                    calls[name] = writer
                elif head[0] == 0x10 and name in pages:
                    await pages[name].send((sequence & 0xFFFF).to_bytes(2, "little") + b"\x08\x02" + payload)
                    sequence += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def take_page(page: ServerConnection) -> None:
        assert page.request is not None
        name = page.request.path.removeprefix("/")
        pages[name] = page
        with contextlib.suppress(ConnectionClosed):
            async for message in page:
                if isinstance(message, bytes) and name in calls:
                    pcm = message[4:]
                    calls[name].write(b"\x10" + len(pcm).to_bytes(2, "big") + pcm)
                    await calls[name].drain()

    server = await asyncio.start_server(take_call, "127.0.0.1", 0)
    async with serve_sockets(take_page, "127.0.0.1", 0, compression=None) as web:
        sessions = [
            {"uuid": name, "path": f"/{name}", "cookie": "x=y"} for name in (str(uuid.uuid4()) for _ in range(count))
        ]
        ports: dict[str, Any] = {
            "audio": server.sockets[0].getsockname()[1],
            "web": next(iter(web.sockets)).getsockname()[1],
        }
        print(json.dumps({**ports, "sessions": sessions}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    what, *more = sys.argv[1:]
    uvloop.run(ends() if what == "ends" else {"serve": serve, "peer": peer}[what](int(more[0])))
