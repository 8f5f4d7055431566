"""The next process is loaded while this one watches, and follows it: the page's port is never shut, calls go on."""

import asyncio
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from callfloor.floor.changes import LinkState
from callfloor.simulator import Simulator
from callfloor.store import Role, Store
from callfloor.web.sessions import COOKIE
from support.databases import sqlite_in
from support.product_stream import Stream
from support.waiting import until

WITHIN_S = 100.0
BREAKS = """
import os, pathlib
if "CALLFLOOR_SUCCEEDS" in os.environ and pathlib.Path(__file__).with_name("broken").exists():
    os._exit(3)
"""
"""As a new version does whose files are not all there."""


def prepared(folder: Path) -> str:
    """A store with a project and a session; its token."""
    store, now = Store.open(sqlite_in(folder)), time.time()
    try:
        project = store.projects.add("One", timezone="UTC", country="PL", language="en", now=now)
        user = store.users.add("anna", name="Anna", password_hash=None, now=now)
        store.memberships.grant(user.id, project.id, Role.ADMINISTRATOR)
        token = secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).hexdigest()
        store.sessions.open(user.id, token_sha256=digest, now=now, expires_at=now + 3600)
        return token
    finally:
        store.close()


@asynccontextmanager
async def served(folder: Path, pbx: str, port: int) -> AsyncIterator["subprocess.Popen[bytes]"]:
    """The product; whatever follows it is ended, too."""
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(BREAKS)
    path = os.pathsep.join(filter(None, (str(folder / "site"), os.environ.get("PYTHONPATH"))))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLFLOOR_")} | {
        "CALLFLOOR_LISTEN": f"127.0.0.1:{port}",
        "CALLFLOOR_DATA": str(folder),
        "CALLFLOOR_PBX_URL": pbx,
        "CALLFLOOR_AUDIOSOCKET": "127.0.0.1:0",
        "PYTHONPATH": path,
    }
    with (folder / "out").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "callfloor", "serve"], env=environment, stdout=out, stderr=out, cwd=folder
        )
    try:
        yield process
    finally:
        for pid in [process.pid, *of_folder(folder)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.wait()


def of_folder(folder: Path) -> list[int]:
    """The processes that are at work on this data folder."""
    mark = b"CALLFLOOR_DATA=" + os.fsencode(folder)
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdigit() and int(each.name) != os.getpid():
            try:
                if mark in (each / "environ").read_bytes().split(b"\0"):
                    found.append(int(each.name))
            except OSError:
                continue
    return found


async def test_the_next_process_follows_and_one_that_cannot_changes_nothing(tmp_path: Path) -> None:
    token = await asyncio.to_thread(prepared, tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    simulator = Simulator(employees=20)
    cookies = httpx.Cookies({COOKIE: token})
    base = f"http://127.0.0.1:{port}"

    def said(words: str) -> bool:
        return words in (tmp_path / "out").read_text(errors="replace")

    async with (
        simulator.serve() as pbx,
        served(tmp_path, pbx, port) as first,
        httpx.AsyncClient(base_url=base, cookies=cookies, timeout=WITHIN_S, trust_env=False) as client,
    ):
        await until(lambda: said("Callfloor is at"), "it serves", within_s=WITHIN_S)
        stream = await Stream.open(base, 1, cookies)
        await stream.until(
            lambda page: len(page.calls) > 2 and all(link.state is LinkState.LIVE for link in page.links),
            "calls are watched",
            within_s=WITHIN_S,
        )

        (tmp_path / "site" / "broken").touch()
        first.send_signal(signal.SIGUSR2)
        await until(lambda: said("This process goes on"), "it says so", within_s=WITHIN_S)
        assert first.poll() is None
        assert stream.is_open, "nobody has noticed"

        (tmp_path / "site" / "broken").unlink()
        first.send_signal(signal.SIGUSR2)
        await until(lambda: not stream.is_open, "the first one leaves", within_s=WITHIN_S)
        before = set(stream.page.calls)
        again = await Stream.open(base, 1, cookies)  # never refused: somebody listens all the time
        assert (await client.get("/healthz")).status_code == 200
        await again.until(
            lambda page: bool(page.links) and all(link.state is LinkState.LIVE for link in page.links),
            "the second one watches",
            within_s=WITHIN_S,
        )
        await until(lambda: first.poll() is not None, "the first has ended", within_s=WITHIN_S)
        assert first.returncode == 0
        assert before & set(again.page.calls), "calls go on by their ids"
        (second,) = of_folder(tmp_path)
        assert second != first.pid
        await again.close()
        await stream.close()
        os.kill(second, signal.SIGTERM)
        await until(lambda: not of_folder(tmp_path), "the second ends when it is told to", within_s=WITHIN_S)
    assert not said("Traceback"), (tmp_path / "out").read_text()
