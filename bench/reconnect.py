"""A thousand browsers come back in one moment, as after a restart: when each has its first picture of the floor.

The product is a process of its own that watches the simulator's floor; the browsers are another one, each signed in for
itself. All begin within the instants that the page leaves between a loss and its first try. Beside them a watchdog, a
third process, asks ``/healthz``: how long it waits is how long everybody else did.

They come again and again; when all have gone, the product's resident memory is where it was before they came. The first
rushes make once what is kept: threads, caches, and the pools that the allocator does not give back (27 MB of 215).
"""

import asyncio
import hashlib
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import uvloop

from bench import Figure, at_most, shown
from bench.fanout import line, running, say
from callfloor.simulator import Simulator
from callfloor.store import Role, Store

BROWSERS = 1_000
PEOPLE = 50
EMPLOYEES = 300
FIRST_TRY_S = (0.2, 0.4)
TARGET_S = 5.0
WATCHDOG_S = 0.5
WITHIN_S = 180.0
WARM, RUSHES = 3, 3
GROWN_MB = 8.0
"""Of some 240: what the floor's own life takes meanwhile. A process that keeps 3 kB of each browser is found."""
SETTLE_S = 10.0


def main() -> list[Figure]:
    """The slowest browser, the middle one, the watchdog, and the processor that the product took."""
    found = asyncio.run(_measured())
    note = (
        f"{BROWSERS:,} browsers within {FIRST_TRY_S[1] - FIRST_TRY_S[0]:.1f} s, {EMPLOYEES} employees, "
        f"{found['bytes'] / 1000:.0f} kB each; the browsers' process runs on the same machine"
    )
    return [
        at_most(f"{BROWSERS:,} browsers come back: the last picture", found["last_s"], TARGET_S, "s", note=note),
        at_most(
            f"{BROWSERS:,} browsers come back: memory, afterwards",
            found["grown_mb"],
            GROWN_MB,
            "MB more",
            note=(
                f"after {RUSHES} times; before {found['before_mb']:.0f}, with all of them {found['height_mb']:.0f}; "
                f"after the very first {found['first_mb']:.0f}"
            ),
        ),
        shown(f"{BROWSERS:,} browsers come back: the middle one", found["middle_s"], "s"),
        at_most(f"{BROWSERS:,} browsers come back: a watchdog's longest wait", found["watchdog_s"], WATCHDOG_S, "s"),
        shown(f"{BROWSERS:,} browsers come back: the product's processor", found["cpu_s"], "s of CPU"),
    ]


async def _measured() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="callfloor-reconnect-") as name:
        folder = Path(name)
        tokens = await asyncio.to_thread(_sessions, f"sqlite:///{folder / 'callfloor.db'}")
        (folder / "tokens").write_text("\n".join(tokens))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        async with Simulator(employees=EMPLOYEES).serve() as pbx, _product(folder, pbx, port) as process:
            ours = [sys.executable, "-m", "bench.reconnect"]
            with (
                running([*ours, "view", str(port), str(folder / "tokens")]) as view,
                running([*ours, "watch", str(port)]) as watch,
            ):
                assert await asyncio.to_thread(line, view) == "the floor is live"
                before = sum(psutil.Process(process.pid).cpu_times()[:2])
                say(watch, "go")
                assert await asyncio.to_thread(line, watch) == "asking"
                say(view, "go")
                found: dict[str, float] = json.loads(await asyncio.to_thread(line, view))
                found["cpu_s"] = sum(psutil.Process(process.pid).cpu_times()[:2]) - before
                say(watch, "end")
                found["watchdog_s"] = float(await asyncio.to_thread(line, watch))
                return found | await _again(view, psutil.Process(process.pid))


async def _again(view: "subprocess.Popen[str]", product: psutil.Process) -> dict[str, float]:
    """They go, and come and go again: the product's resident memory before, at its height, and what it has grown by."""

    async def gone_mb() -> float:
        say(view, "leave")
        assert await asyncio.to_thread(line, view) == "gone"
        least, until = product.memory_info().rss, time.perf_counter() + SETTLE_S
        while time.perf_counter() < until:
            await asyncio.sleep(0.25)
            least = min(least, product.memory_info().rss)
        return least / 1e6

    left = [await gone_mb()]
    height_mb = 0.0
    for _ in range(WARM + RUSHES):
        say(view, "go")
        await asyncio.to_thread(line, view)
        height_mb = max(height_mb, product.memory_info().rss / 1e6)
        left.append(await gone_mb())
    return {
        "first_mb": left[0],
        "before_mb": left[WARM],
        "height_mb": height_mb,
        "grown_mb": max(0.0, left[-1] - left[WARM]),
    }


def _sessions(url: str) -> list[str]:
    """A session for each browser."""
    store, now = Store.open(url), time.time()
    try:
        project = store.projects.add("One", timezone="UTC", country="PL", language="en", now=now)
        tokens = []
        for person in range(PEOPLE):
            user = store.users.add(f"viewer-{person}", name="Viewer", password_hash=None, now=now)
            store.memberships.grant(user.id, project.id, Role.ADMINISTRATOR)
            for _ in range(BROWSERS // PEOPLE):
                tokens.append(secrets.token_urlsafe(32))
                digest = hashlib.sha256(tokens[-1].encode()).hexdigest()
                store.sessions.open(user.id, token_sha256=digest, now=now, expires_at=now + 3600.0)
        return tokens
    finally:
        store.close()


@asynccontextmanager
async def _product(folder: Path, pbx: str, port: int) -> AsyncIterator["subprocess.Popen[bytes]"]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLFLOOR_")} | {
        "CALLFLOOR_LISTEN": f"127.0.0.1:{port}",
        "CALLFLOOR_DATA": str(folder),
        "CALLFLOOR_PBX_URL": pbx,
        "CALLFLOOR_AUDIOSOCKET": "127.0.0.1:0",
    }
    command = [sys.executable, "-m", "callfloor", "serve"]
    with (folder / "out").open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as run:
        try:
            yield run
        finally:
            run.send_signal(signal.SIGTERM)
            while run.poll() is None:  # the simulator is on this loop, and goes on
                await asyncio.sleep(0.02)


# --- the browsers ---------------------------------------------------------------------------------------------------


async def _view(port: int, tokens: list[str]) -> None:
    """Wait for a live floor; whenever told, come with all browsers, tell how that was, and go when told to."""
    while not await _is_live(port, tokens[0]):
        await asyncio.sleep(0.1)
    print("the floor is live", flush=True)
    chance = random.Random(1)
    while await asyncio.to_thread(sys.stdin.readline):
        began = time.perf_counter()
        seen = await asyncio.gather(*(_browser(port, token, began, chance.uniform(*FIRST_TRY_S)) for token in tokens))
        took = sorted(at for at, _, _ in seen)
        told = {"last_s": took[-1], "middle_s": took[len(took) // 2], "bytes": seen[0][1]}
        print(json.dumps(told), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        for number, (_, _, writer) in enumerate(seen):
            if number % 2:
                writer.transport.abort()  # gone without a word
            else:
                writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, _, writer in seen), return_exceptions=True)
        print("gone", flush=True)


async def _browser(port: int, token: str, began: float, after_s: float) -> tuple[float, int, asyncio.StreamWriter]:
    """From the loss to the end of the first picture, in seconds; its bytes, and the connection that stays open."""
    await asyncio.sleep(max(0.0, began + after_s - time.perf_counter()))
    async with asyncio.timeout(WITHIN_S):
        reader, writer = await _shaken(port, token)
        frame = await _frame(reader)
    assert frame.startswith(b'{"type":"snapshot"'), frame[:100]
    return time.perf_counter() - began, len(frame), writer


async def _shaken(port: int, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    writer.write(
        f"GET /api/v1/projects/1/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Origin: http://127.0.0.1:{port}\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: callfloor_session={token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101"), head
    return reader, writer


async def _frame(reader: asyncio.StreamReader) -> bytes:
    size = (await reader.readexactly(2))[1]
    if size >= 126:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    return await reader.readexactly(size)


async def _is_live(port: int, token: str) -> bool:
    try:
        reader, writer = await _shaken(port, token)
        shown = json.loads(await _frame(reader))["snapshot"]
        writer.close()
    except (OSError, asyncio.IncompleteReadError):
        return False
    links = [link["state"] for link in shown["links"]]
    return links == ["live"] and len(shown["calls"]) > EMPLOYEES // 5


async def _watch(port: int) -> None:
    """When told, ask ``/healthz`` again and again, until told to end; then tell the longest wait, in seconds."""
    await asyncio.to_thread(sys.stdin.readline)
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    await _asked(port)
    print("asking", flush=True)
    longest = 0.0
    while not ended.done():
        longest = max(longest, await _asked(port))
        await asyncio.sleep(0.02)
    print(longest, flush=True)


async def _asked(port: int) -> float:
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        await reader.read()
    finally:
        writer.close()
    return time.perf_counter() - began


if __name__ == "__main__":
    if sys.argv[1:2] == ["view"]:
        uvloop.run(_view(int(sys.argv[2]), Path(sys.argv[3]).read_text().split()))
    elif sys.argv[1:2] == ["watch"]:
        uvloop.run(_watch(int(sys.argv[2])))
    else:
        for figure in main():
            print(figure)
