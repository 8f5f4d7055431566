"""Cold start with ten million calls in the store, and restarts: from the program's start, or from a viewer's last news
of the old process, to the first true floor.

The product is a process of its own on a copy of the years' SQLite file, its PBX is the simulator with a floor of live
calls. True is a snapshot or a frame after which the PBX link is live and no call is stale. A viewer that lost its
stream comes back as the page does.
"""

import asyncio
import hashlib
import json
import os
import random
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from bench import Figure, MissingPartError, at_most, shown
from bench.years import CALLS, opened
from callfloor.simulator import Simulator
from callfloor.store import Role, Store

STARTS = 3
TARGET_S = 3.0
STALE_S = 2.0
FIRST_TRY_S, LONGEST_TRY_S = 0.4, 1.0
"""As the page has them (frontend/src/live/connection.ts)."""
WITHIN_S = 60.0
TRY_AGAIN_S = 0.02
LIVES_S = 2.0
EMPLOYEES = 300
BUSY_EMPLOYEES = 1_200
"""Of them some 500 calls are live at a time."""


def main() -> list[Figure]:
    """The middle of three starts, each of the whole program."""
    with opened("SQLite") as (_, _), tempfile.TemporaryDirectory(prefix="callfloor-start-") as folder:
        path = Path(tempfile.gettempdir()) / "callfloor-bench" / f"journal-{CALLS}.db"
        if shutil.disk_usage(folder).free < 2 * path.stat().st_size:
            raise MissingPartError("room on the disk for a copy of the database")
        subprocess.run(["cp", "--reflink=auto", path, f"{folder}/callfloor.db"], check=True)
        taken, restarted, reloaded = asyncio.run(_starts(Path(folder)))
    note = (
        f"{CALLS:,} calls in SQLite, {EMPLOYEES} employees; the simulator as the PBX; of {STARTS} starts, "
        f"the first took {taken[0]:.2f} s"
    )
    busy = f"{CALLS:,} calls in SQLite, {BUSY_EMPLOYEES:,} employees, some 500 live calls; the middle of {STARTS}"
    return [
        at_most("cold start to a true floor", statistics.median(taken), TARGET_S, "s", note=note),
        at_most("stale page over a reload (SIGUSR2)", statistics.median(reloaded), STALE_S, "s", note=busy),
        shown("stale page over a restart (SIGTERM, start)", statistics.median(restarted), "s", note=busy),
    ]


async def _starts(folder: Path) -> tuple[list[float], list[float], list[float]]:
    """Seconds of cold starts, and of stale pages over restarts and reloads."""
    token = await asyncio.to_thread(_session, f"sqlite:///{folder / 'callfloor.db'}")
    async with Simulator(employees=EMPLOYEES).serve() as url:
        cold = [await _start(folder, url, token) for _ in range(STARTS)]
    async with Simulator(employees=BUSY_EMPLOYEES).serve() as url:
        restarted = [await _stale(folder, url, token, reload=False) for _ in range(STARTS)]
        reloaded = [await _stale(folder, url, token, reload=True) for _ in range(STARTS)]
    return cold, restarted, reloaded


def _session(url: str) -> str:
    """Somebody who is signed in; the token of their session."""
    store, now = Store.open(url), time.time()
    try:
        name = f"viewer-{secrets.token_hex(4)}"
        user = store.users.add(name, name="Viewer", password_hash=None, now=now)
        store.memberships.grant(user.id, 1, Role.ADMINISTRATOR)
        token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).hexdigest()
        store.sessions.open(user.id, token_sha256=digest, now=now, expires_at=now + 3600.0)
        return token
    finally:
        store.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _run(folder: Path, pbx: str, port: int) -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLFLOOR_")} | {
        "CALLFLOOR_LISTEN": f"127.0.0.1:{port}",
        "CALLFLOOR_DATA": str(folder),
        "CALLFLOOR_PBX_URL": pbx,
        "CALLFLOOR_AUDIOSOCKET": "127.0.0.1:0",
    }
    with (folder / "out").open("ab") as out:
        command = [sys.executable, "-m", "callfloor", "serve"]
        return subprocess.Popen(command, env=environment, stdout=out, stderr=out)


async def _end(folder: Path) -> None:
    """End whoever is at work on the folder, by SIGTERM, and wait for that."""
    mark = b"CALLFLOOR_DATA=" + os.fsencode(folder)
    theirs = [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and mark in _environment(process.pid).split(b"\0")
    ]
    for process in theirs:
        process.send_signal(signal.SIGTERM)
    while any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in theirs):
        await asyncio.sleep(TRY_AGAIN_S)  # the simulator is on this loop, and goes on


def _environment(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


async def _start(folder: Path, pbx: str, token: str) -> float:
    port = _free_port()
    began = time.perf_counter()
    with _run(folder, pbx, port):
        try:
            async with asyncio.timeout(WITHIN_S):
                await _first_true(port, token)
            return time.perf_counter() - began
        finally:
            await _end(folder)


async def _stale(folder: Path, pbx: str, token: str, *, reload: bool) -> float:
    """From the end of a viewer's stream, which a restart or a reload ended, to a true floor again."""
    port, chance = _free_port(), random.Random(1)
    with _run(folder, pbx, port) as first:
        try:
            async with asyncio.timeout(3 * WITHIN_S):
                await _first_true(port, token)
                lost = asyncio.create_task(_lost(port, token))
                await asyncio.sleep(LIVES_S)
                first.send_signal(signal.SIGUSR2 if reload else signal.SIGTERM)
                if reload:
                    at = await lost
                    return await _again(port, token, chance) - at
                while first.poll() is None:
                    await asyncio.sleep(TRY_AGAIN_S)
                with _run(folder, pbx, port):
                    at = await lost
                    try:
                        return await _again(port, token, chance) - at
                    finally:
                        await _end(folder)
        finally:
            await _end(folder)


async def _lost(port: int, token: str) -> float:
    """When a stream that was opened now is over."""
    async with _stream(port, token) as stream:
        try:
            async for _ in stream:
                pass
        except WebSocketException:
            pass
        return time.perf_counter()


async def _again(port: int, token: str, chance: random.Random) -> float:
    """When a viewer who comes back as the page does has a true floor."""
    attempt = 0
    while True:
        ceiling = min(LONGEST_TRY_S, FIRST_TRY_S * 2**attempt)
        await asyncio.sleep(ceiling / 2 + chance.random() * ceiling / 2)
        attempt += 1
        if await _is_true(port, token):
            return time.perf_counter()


async def _first_true(port: int, token: str) -> None:
    while not await _is_true(port, token):
        await asyncio.sleep(TRY_AGAIN_S)


def _stream(port: int, token: str) -> connect:
    headers = {"Cookie": f"callfloor_session={token}", "Origin": f"http://127.0.0.1:{port}"}
    address = f"ws://127.0.0.1:{port}/api/v1/projects/1/stream"
    return connect(address, additional_headers=headers, max_size=None, proxy=None, open_timeout=WITHIN_S)


async def _is_true(port: int, token: str) -> bool:
    """Follow a stream to a true floor; False where it cannot be opened, or ends before."""
    try:
        async with _stream(port, token) as stream:
            links: list[dict[str, str]] = []
            stale: set[str] = set()
            async for text in stream:
                frame = json.loads(text)
                shown = frame.get("snapshot") or frame
                links = shown.get("links") or links
                calls = frame.get("calls") or {"added": frame.get("snapshot", {}).get("calls", [])}
                for call in calls.get("added", []) + calls.get("changed", []):
                    if "stale" in call:
                        (stale.add if call["stale"] else stale.discard)(call["id"])
                stale -= set(calls.get("removed", []))
                if links and not stale and all(link["state"] == "live" for link in links):
                    return True
    except (OSError, WebSocketException):
        pass
    return False


if __name__ == "__main__":
    main()
