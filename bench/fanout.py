"""One frame to 3,000 viewers: our CPU beside node's ``ws``, on the same bytes, in the same run.

Each server is a process of its own; the viewers are one more process, the same for both, which only counts bytes.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import uvloop
from typing_extensions import override

from bench import Figure, MissingPartError, at_most, shown

VIEWERS = 3_000
FRAMES = 100
GAP_S = 0.1
WS = "ws@8.23.0"
HEADERS = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + "A" * 22 + "=="
)

NODE = """
const { WebSocketServer } = require('ws')
const server = new WebSocketServer({ port: 0, perMessageDeflate: false })
server.on('listening', () => console.log(server.address().port))
require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const { frames, gap_ms, payload } = JSON.parse(line)
  const data = Buffer.from(payload)
  let left = frames
  const timer = setInterval(() => {
    for (const client of server.clients) client.send(data, { binary: false })
    if (--left === 0) { clearInterval(timer); console.log('done') }
  }, gap_ms)
})
"""


def main() -> list[Figure]:
    """CPU seconds of each server for the same work, the middle of three runs in turn."""
    node = Path(sys.executable).parent / "node"
    npm = Path(sys.executable).parent / "npm"
    if not node.exists():
        raise MissingPartError("node: make setup")
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PATH": f"{node.parent}:{os.environ['PATH']}"}
        install = [str(npm), "install", "--no-audit", "--no-fund", "--silent", "--prefix", folder, WS]
        if subprocess.run(install, env=environment, check=False, stdout=subprocess.DEVNULL).returncode:
            raise MissingPartError(f"the npm package {WS}: a registry that has it")
        (Path(folder) / "server.js").write_text(NODE)
        ours, theirs = [], []
        for _ in range(3):
            ours.append(measure([sys.executable, "-m", "bench.fanout", "serve"]))
            theirs.append(measure([str(node), f"{folder}/server.js"]))
        shutil.rmtree(folder, ignore_errors=True)
    ours.sort()
    theirs.sort()
    note = f"{VIEWERS:,} viewers, {FRAMES} frames of {len(sample())} B, 10 a second; peer: node's {WS}"
    mine, peer = ours[1], theirs[1]
    return [
        at_most("fan-out, CPU", mine, peer, "s of CPU", peer=peer, words="≤ node's ws", note=note),
        shown("fan-out, CPU per frame and viewer", mine / FRAMES / VIEWERS * 1e6, "µs", note=note),
    ]


def measure(command: list[str]) -> float:
    """CPU seconds that one server takes from the first frame to the last byte at the last viewer."""
    payload = sample()
    # The same bytes go out of both: header and payload.
    expected = (len(payload) + 4) * FRAMES
    with running(command) as server:
        port = int(line(server))
        with running([sys.executable, "-m", "bench.fanout", "view", str(port), str(expected)]) as viewers:
            assert line(viewers) == "connected"
            before = cpu_s(server.pid)
            say(server, json.dumps({"frames": FRAMES, "gap_ms": GAP_S * 1000, "payload": payload.decode()}))
            assert line(viewers) == "received"
            return cpu_s(server.pid) - before


def cpu_s(pid: int) -> float:
    """CPU seconds of a process and its children: the wheel's ``node`` is a small Python program that starts node."""
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return sum(each.user + each.system for each in times)


def sample() -> bytes:
    """A frame as a busy floor makes it: one call begins, some fields of another change."""
    call = {
        "id": "01JCALL",
        "type": "inbound",
        "status": "queue",
        "route": ["+48221234567", "IVR", "sales"],
        "padding": "x" * 420,
    }
    return json.dumps({"type": "delta", "epoch": "e", "sequence": 1, "calls": {"added": [call]}}).encode()


@contextmanager
def running(command: list[str]) -> Iterator["subprocess.Popen[str]"]:
    """A child that talks in lines, ended by its own pid."""
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.terminate()
        child.wait(timeout=20)
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def line(child: "subprocess.Popen[str]") -> str:
    """The child's next line."""
    assert child.stdout is not None
    found = child.stdout.readline().strip()
    if not found:
        raise RuntimeError("a benchmark's child ended before its time")
    return found


def say(child: "subprocess.Popen[str]", text: str) -> None:
    """A line to the child."""
    assert child.stdin is not None
    child.stdin.write(text + "\n")
    child.stdin.flush()


# --- our server: the product's server, protocol and fan-out, with the peer's schedule -------------------------------


async def serve() -> None:
    """Accept viewers and, when told on standard input, write frames to them as the hub does."""
    from callfloor.web.protocols import EXTENSION  # noqa: PLC0415
    from callfloor.web.push.frames import on_wire  # noqa: PLC0415
    from callfloor.web.push.outlet import Outlet, fan_out  # noqa: PLC0415
    from callfloor.web.server import serve as serve_app  # noqa: PLC0415

    outlets: set[Outlet] = set()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        outlet = Outlet(scope["extensions"][EXTENSION])
        outlets.add(outlet)
        await receive()
        outlets.discard(outlet)

    async def send_frames(job: dict[str, Any]) -> None:
        payload = job["payload"].encode()
        for _ in range(job["frames"]):
            await asyncio.sleep(job["gap_ms"] / 1000)
            slow = fan_out(on_wire(payload), outlets)
            assert not slow

    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    server = asyncio.create_task(serve_app(app, "127.0.0.1", 0, ready=lambda _, port: print(port, flush=True)))
    while text := await commands.readline():
        await send_frames(json.loads(text))
    server.cancel()


# --- the viewers ----------------------------------------------------------------------------------------------------


class Viewer(asyncio.Protocol):
    """Shakes hands, then counts the bytes of text frames and answers pings: a server that hears nothing hangs up."""

    def __init__(self, ready: asyncio.Semaphore, expected: int, done: asyncio.Semaphore) -> None:
        self.ready, self.expected, self.done = ready, expected, done
        self.data = b""
        self.open = False

    @override
    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n{HEADERS}\r\n\r\n".encode())

    @override
    def data_received(self, data: bytes) -> None:
        self.data += data
        if not self.open:
            head, end, rest = self.data.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self.open, self.data = True, rest
            self.ready.release()
        while size := frame_size(self.data):
            frame, self.data = self.data[:size], self.data[size:]
            if frame[0] == TEXT:
                self.expected -= size
                if self.expected == 0:
                    self.done.release()
            elif frame[0] == PING:  # the server's, every 20 s; the mask of four zeros leaves the payload as it is
                self.transport.write(bytes((PONG, 0x80 | frame[1])) + b"\0\0\0\0" + frame[2:])

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.expected > 0:
            print("a viewer was cut off", file=sys.stderr, flush=True)


TEXT, PING, PONG = 0x81, 0x89, 0x8A


def frame_size(data: bytes) -> int:
    """The length of the first of a server's frames, header and all; 0 where it has not come as a whole."""
    if len(data) < 4:
        return 2 + data[1] if len(data) > 1 and len(data) >= 2 + data[1] else 0
    size = 4 + int.from_bytes(data[2:4], "big") if data[1] == 126 else 2 + data[1]
    return size if len(data) >= size else 0


async def view(port: int, expected: int) -> None:
    """Connect every viewer, then wait until each has all its bytes."""
    loop = asyncio.get_running_loop()
    ready, done = asyncio.Semaphore(0), asyncio.Semaphore(0)
    for _ in range(VIEWERS):
        await loop.create_connection(lambda: Viewer(ready, expected, done), "127.0.0.1", port)
        await ready.acquire()
    print("connected", flush=True)
    for _ in range(VIEWERS):
        await asyncio.wait_for(done.acquire(), 120)
    print("received", flush=True)
    time.sleep(1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        uvloop.run(serve())
    elif sys.argv[1:2] == ["view"]:
        uvloop.run(view(int(sys.argv[2]), int(sys.argv[3])))
    else:
        for figure in main():
            print(figure)
