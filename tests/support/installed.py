"""Several projects with their PBX links in one process, as ``service`` runs them, behind the product's own API."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
from argon2 import PasswordHasher

from callfloor.config import Config, read
from callfloor.floor.changes import LinkState
from callfloor.project.first_start import SettingUp
from callfloor.project.installation import Installation
from callfloor.project.running import RunningProject
from callfloor.store.memberships import Role
from callfloor.store.store import Store
from callfloor.web.app import create_app
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps
from support.waiting import until

PASSWORD: Final = "correct horse battery"
CHEAP: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class Installed:
    """An installation; ``client`` speaks to it without sockets."""

    def __init__(self, store: Store, config: Config, *, set_up: bool) -> None:
        self.store = store
        self.installation = Installation(store, config)
        self.setting_up = SettingUp(store, self.installation.open, needed=set_up)
        self.passwords = Passwords(CHEAP)
        self.now = 1_700_000_000.0
        deps = Deps(
            store=store,
            projects=self.installation.live,
            backlog=self.installation.backlog,
            clock=lambda: self.now,
            version="test",
            secrets=self.installation.sealer,
            set_up=self.setting_up,
        )
        transport = httpx.ASGITransport(app=create_app(deps, self.passwords))
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

    async def audit(self, project_id: int) -> list[dict[str, Any]]:
        """What was done, the oldest first."""
        answer = await self.client.get(f"/api/v1/projects/{project_id}/audit")
        return [*reversed(answer.json()["entries"])]


@contextlib.asynccontextmanager
async def installed(folder: Path, *, set_up: bool = False, **environment: str) -> AsyncIterator[Installed]:
    """An installation with nothing in it, on a store of its own in ``folder``."""
    config = read({"CALLFLOOR_DATA": str(folder), **environment})
    folder.mkdir(parents=True, exist_ok=True)
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
