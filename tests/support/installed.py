"""Several projects with their PBX links in one process, as ``service`` runs them, behind the product's own API."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import httpx
from argon2 import PasswordHasher

from callfloor.config import Config, read
from callfloor.floor.changes import LinkState
from callfloor.project.first_start import SettingUp
from callfloor.project.installation import Installation
from callfloor.project.running import RunningProject
from callfloor.simulator import Simulator
from callfloor.store.memberships import Role
from callfloor.store.store import Store
from callfloor.web.app import create_app
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps, WebSettings
from callfloor.web.server import serve
from support.databases import sqlite_in
from support.page_server import PAGE
from support.waiting import answer, until

PASSWORD: Final = "correct horse battery"
CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Installed:
    """An installation; ``client`` speaks to it without sockets."""

    def __init__(self, store: Store, config: Config, *, set_up: bool) -> None:
        self.store = store
        self.installation = Installation(store, config)
        self.setting_up = SettingUp(store, self.installation.open, needed=set_up)
        self.passwords = Passwords(CHEAP)
        self.url = ""  # where it is served, for a browser
        deps = Deps(
            store=store,
            projects=self.installation.live,
            backlog=self.installation.backlog,
            troubles=self.installation.troubles,
            clock=time.time,
            version="test",
            secrets=self.installation.sealer,
            set_up=self.setting_up,
            settings=WebSettings(static=PAGE),
        )
        self.app = create_app(deps, self.passwords)
        transport = httpx.ASGITransport(app=self.app)
        self.client = httpx.AsyncClient(transport=transport, base_url="http://floor.test", timeout=60)

    async def add_project(self, name: str) -> int:
        """A project that ``anna`` administers, running."""
        project = self.store.projects.add(name, timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
        found = self.store.users.by_login("anna")
        user = (
            found.user
            if found
            else self.store.users.add("anna", name="Anna", password_hash=CHEAP.hash(PASSWORD), now=1.0)
        )
        self.store.memberships.grant(user.id, project.id, Role.ADMINISTRATOR)
        await self.installation.look()
        return project.id

    async def sign_in(self, login: str = "anna", password: str = PASSWORD) -> httpx.AsyncClient:
        """The client, signed in."""
        answer = await self.client.post("/api/v1/session", json={"login": login, "password": password})
        assert answer.status_code == 200, answer.text
        self.client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return self.client

    def running(self, project_id: int) -> RunningProject:
        """A project that runs."""
        found = self.installation.get(project_id)
        assert found is not None
        return found

    async def live(self, project_id: int, *names: str) -> None:
        """Waits until exactly these links are live."""

        def are() -> bool:
            links = self.running(project_id).links()
            return sorted(link.name for link in links if link.state is LinkState.LIVE) == sorted(names)

        await until(are, f"live are {names}")

    async def take_over(self, project_id: int) -> None:
        """All that was found at the project's PBXes, once each was looked at, as its administrator does it."""
        address = f"/api/v1/projects/{project_id}/discovery"

        async def report() -> dict[str, Any]:
            return dict((await self.client.get(address)).json())

        def looked(told: dict[str, Any]) -> bool:
            return all(look["looked_at"] is not None for look in told["looks"])

        found = await answer(report, looked, "each PBX was looked at")
        ids = [proposal["id"] for proposal in found["proposals"]]
        taken = await self.client.post(f"{address}/accept", json={"ids": ids})
        assert taken.status_code == 200, taken.text

    async def audit(self, project_id: int) -> list[dict[str, Any]]:
        """What was done, the oldest first."""
        answer = await self.client.get(f"/api/v1/projects/{project_id}/audit")
        return [*reversed(answer.json()["entries"])]


@contextlib.asynccontextmanager
async def installed(folder: Path, *, set_up: bool = False, **environment: str) -> AsyncIterator[Installed]:
    """An installation with nothing in it, on a store of its own in ``folder``."""
    config = read({"CALLFLOOR_DATA": str(folder), **environment})
    if not (folder / "callfloor.db").exists():  # else it goes on with what it had
        assert sqlite_in(folder) == config.database_url
    store = Store.open(config.database_url)
    try:
        found = Installed(store, config, set_up=set_up)
        try:
            yield found
        finally:
            await found.client.aclose()
            await found.installation.close_all()
            found.passwords.close()
    finally:
        store.close()


class Served(NamedTuple):
    """An installation in a thread beside the browser, with a simulated PBX that it may be connected to."""

    site: Installed
    pbx: SplitResult


@contextlib.contextmanager
def served(
    folder: Path, *, set_up: bool = False, projects: tuple[str, ...] = (), follows: bool = False, **environment: str
) -> Iterator[Served]:
    """The installation on a port, with more in its ``environment``; projects are administered by ``anna``.

    ``follows``: what becomes of projects is followed, as ``service`` does.
    """
    ready: Future[tuple[Served, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def live() -> None:
        stop = asyncio.Event()
        simulator = Simulator(seed=1, employees=12, timezone="Europe/Kyiv")
        async with simulator.serve() as url, installed(folder, set_up=set_up, **environment) as site:
            for name in projects:
                await site.add_project(name)
            listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            server = asyncio.create_task(
                serve(site.app, "127.0.0.1", 0, ready=lambda _, port: listening.set_result(port))
            )
            following = [asyncio.create_task(site.installation.follow())] if follows else []
            site.url = f"http://127.0.0.1:{await listening}"
            ready.set_result((Served(site, urlsplit(url)), asyncio.get_running_loop(), stop))
            await stop.wait()
            for each in following:
                each.cancel()
            await asyncio.gather(*following, return_exceptions=True)
            await site.installation.close_all()
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)

    def run() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:  # the test hears it, not this thread
            if ready.done():
                raise
            ready.set_exception(error)

    thread = Thread(target=run, name="installation")
    thread.start()
    found, loop, stop = ready.result(timeout=60)
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
