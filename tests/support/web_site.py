"""A whole site for tests: the product's server on a free port, a SQLite store, two projects, a user for each role."""

import asyncio
import contextlib
import functools
import ssl
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from argon2 import PasswordHasher
from websockets.asyncio.client import ClientConnection, connect

from callfloor.asterisk.numbers import to_e164
from callfloor.asterisk.recording_files import RecordingFolders
from callfloor.config import Config
from callfloor.floor.directory import Directory
from callfloor.floor.employees import QueueSeat
from callfloor.media import photo
from callfloor.media.shelf import Shelf
from callfloor.project import recounting, remarking, reporting
from callfloor.project.import_desk import ImportDesk
from callfloor.project.long_work import Kind, LongWork, Report
from callfloor.project.personal_data import PersonalData
from callfloor.project.recordings import OfPbx, Recordings
from callfloor.reports.log_files import LogFiles
from callfloor.sealing import sealer
from callfloor.store.memberships import Role
from callfloor.store.projects import Project
from callfloor.store.rules import Rules
from callfloor.store.store import ProjectStore, Store
from callfloor.web.access_ports import AccountLetters
from callfloor.web.app import create_app
from callfloor.web.passwords import Passwords
from callfloor.web.ports import Deps, LiveProject, WebSettings
from callfloor.web.server import serve
from callfloor.web.sessions import COOKIE
from support.web_floor import NOW, Clock, Floor, employee
from support.web_page import Page
from support.web_pbx import Pbx

PASSWORD: Final = "correct horse battery"
NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Reading the machine's certificates takes 30 ms for each client, and all of this is asked without TLS."""


def _as_is(project: Project) -> Callable[[], Project]:
    return lambda: project


class Settings:
    """Loads what the project's store has, as the running project does; ``rules`` are the last ones."""

    def __init__(self, store: Store, project_id: int, floor: Floor) -> None:
        self._project = store.project(project_id)
        self._store = store
        self._floor = floor
        self.rules: Rules | None = None

    async def load_rules(self) -> None:
        self.rules = await self._store.run(self._project.rules.load)

    def e164(self, number: str) -> str | None:
        return to_e164(number, "PL")

    async def load_directory(self) -> None:
        self._floor.set_directory(await self._store.run(self._project.directory.load))


class Site:
    """Projects ``ours`` and ``theirs``; in ours employees 1 (Sales) and 2 (Help), and a user for each role by its name.

    ``supervisor`` has Sales, ``employee`` is employee 1, ``stranger`` administers the other project alone.
    """

    def __init__(
        self, store: Store, clock: Clock, settings: WebSettings, folder: Path, letters: AccountLetters | None
    ) -> None:
        self.store = store
        self.letters = letters
        self.folder = folder
        self.clock = clock
        self.settings = settings
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.port = 0
        self.backlog = 0
        self._clients: list[httpx.AsyncClient] = []
        self.ours, self.theirs = (project.id for project in store.projects.all())
        self.users = {user.login: user.id for user in store.users.all()}
        directory = store.project(self.ours).directory.load()
        self.sales, self.help = (
            next(d.id for d in directory.departments if d.name == name) for name in ("Sales", "Help")
        )
        self.anna, self.boris = (next(e.id for e in directory.employees if e.name == n) for n in ("Anna", "Boris"))
        self.floor = Floor(directory, clock)
        self.their_floor = Floor(Directory(), clock)
        self.floor.put_employees(employee(self.anna, "101", "sales"), employee(self.boris, "201", "help"))
        self.pbx = Pbx({"sales": ["101"], "help": ["201"]}, self._told)
        self.work = {
            project_id: LongWork(store, store.project(project_id), folder / f"work-{project_id}", clock)
            for project_id in (self.ours, self.theirs)
        }
        self.desks = {
            project_id: ImportDesk(folder / f"imports-{project_id}", "UA", sealer(folder), clock)
            for project_id in self.work
        }
        for project_id, work in self.work.items():
            work.register("wait", Kind(run=self._wait, at_once=4))
            self.desks[project_id].register(work)
            recounting.register(work)
            remarking.register(work)
            PersonalData(store, functools.partial(store.projects.get, project_id), work, self._config(), clock=clock)
        self.posts = {
            project.id: reporting.set_up(
                store, _as_is(project), self.work[project.id], data=folder, server=None, public_url=None, clock=clock
            )
            for project in store.projects.all()
        }
        self.go = threading.Event()
        self.live = {
            project_id: Settings(store, project_id, floor)
            for project_id, floor in ((self.ours, self.floor), (self.theirs, self.their_floor))
        }
        self.projects = {
            project_id: LiveProject(
                source=floor,
                hub=floor.hub,
                commands=self.pbx,
                switch=floor.switch,
                work=self.work[project_id],
                post=self.posts[project_id],
                settings=self.live[project_id],
                uploads=self.desks[project_id],
            )
            for project_id, floor in ((self.ours, self.floor), (self.theirs, self.their_floor))
        }
        self.recordings = folder / "recordings"
        self.recordings.mkdir()
        self._heard = Recordings([OfPbx(RecordingFolders([self.recordings]))], Shelf(folder / "sound", 64 * 1024**2))
        deps = Deps(
            store=store,
            projects=self.projects,
            backlog=lambda: self.backlog,
            clock=clock,
            version="test",
            secrets=sealer(folder),
            letters=self.letters,
            settings=settings,
            report_columns=reporting.COLUMNS,
            logs=LogFiles(folder / "logs"),
            make_photo=photo.square,
            recordings=self._heard,
        )
        self.app = create_app(deps, self.passwords)

    def _config(self) -> Config:
        """What the environment says of recordings, messages and data."""
        return Config(
            listen_host="127.0.0.1", listen_port=0, data=self.folder, database_url="", pbx_url=None,
            admin_password=None, recordings=str(self.folder / "recordings"), recordings_delete=True,
        )  # fmt: skip

    def _wait(self, _project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        """Long work that ends when the test says go; with ``file`` it makes one of this name."""
        while not self.go.wait(0.01):
            report.progress(1, 2)
        if "file" in params:
            report.file(params["file"], "text/csv").write_text("a;b")
        report.progress(2, 2)
        return {"rows": 1}

    def _told(self, account: str) -> None:
        """The PBX tells what an account's state is now; the floor's row becomes so."""
        (row,) = (row for row in self.floor.employees.values() if row.accounts[0].account == account)
        members = [(queue, of[account]) for queue, of in self.pbx.queues.items() if account in of]
        seats = tuple(
            QueueSeat(
                queue=queue,
                account=account,
                since=self.clock.now,
                paused=member.paused,
                reason=member.reason,
                dynamic=member.dynamic,
            )
            for queue, member in members
        )
        accounts = (msgspec.structs.replace(row.accounts[0], dnd=account in self.pbx.dnd),)
        self.floor.put_employees(msgspec.structs.replace(row, queues=seats, accounts=accounts))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, **headers: str) -> httpx.AsyncClient:
        """A browser that nobody has signed in with."""
        client = httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=20, verify=NO_TLS)
        self._clients.append(client)
        return client

    async def signed_in(self, login: str, **headers: str) -> httpx.AsyncClient:
        """A browser signed in as this user, which sends the CSRF token."""
        client = self.client(**headers)
        answer = await client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client

    def stream(
        self, client: httpx.AsyncClient | None, project_id: int | str | None = None, query: str = "", **options: Any
    ) -> connect:
        """A WebSocket to a project's stream, or to what is at another place in it, with the browser's cookie."""
        cookies = {} if client is None else {"Cookie": f"{COOKIE}={client.cookies.get(COOKIE, '')}"}
        headers = {**cookies, **options.pop("headers", {})}
        address = (
            f"ws://127.0.0.1:{self.port}/api/v1/projects/{project_id or self.ours}{options.pop('at', '/stream')}{query}"
        )
        return connect(address, additional_headers=headers, compression=None, max_size=None, proxy=None, **options)

    async def close(self) -> None:
        self._heard.close()
        for work in self.work.values():
            await work.close()
        for client in self._clients:
            await client.aclose()


def fill(store: Store) -> None:
    """What ``Site`` speaks of."""
    password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    ours, theirs = (
        store.projects.add(name, timezone="Europe/Warsaw", country="PL", language="en", now=NOW).id
        for name in ("Ours", "Theirs")
    )
    directory = store.project(ours).directory
    sales = directory.add_department("Sales").id
    anna = directory.add_employee("Anna", department_id=sales, account_names=("101",)).id
    directory.add_employee("Boris", department_id=directory.add_department("Help").id, account_names=("201",))
    for role in Role:
        user = store.users.add(str(role), name=role.title(), password_hash=password_hash, now=NOW)
        store.memberships.grant(
            user.id,
            ours,
            role,
            department_ids=(sales,) if role is Role.SUPERVISOR else (),
            employee_id=anna if role is Role.EMPLOYEE else None,
        )
    stranger = store.users.add("stranger", name="Stranger", password_hash=password_hash, now=NOW)
    store.memberships.grant(stranger.id, theirs, Role.ADMINISTRATOR)


@functools.cache
def filled() -> bytes:
    """A SQLite file with the newest tables and what ``fill`` puts there: made once, copied for each site."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/callfloor.db")
        fill(store)
        store.close()
        return (Path(folder) / "callfloor.db").read_bytes()


@contextlib.asynccontextmanager
async def site(
    folder: Path,
    settings: WebSettings | None = None,
    url: str | None = None,
    letters: AccountLetters | None = None,
) -> AsyncIterator[Site]:
    """The site, served for as long as the block lasts; on SQLite, or on an empty database of another kind."""
    if url is None:
        (folder / "callfloor.db").write_bytes(filled())
    store = Store.open(url or f"sqlite:///{folder / 'callfloor.db'}")
    try:
        if url is not None:
            fill(store)
        found = Site(store, Clock(), settings or WebSettings(static=folder / "static"), folder, letters)
        listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        server = asyncio.create_task(
            serve(found.app, "127.0.0.1", 0, ready=lambda _, port: listening.set_result(port)), name="site"
        )
        try:
            both: set[asyncio.Future[Any]] = {server, listening}
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            found.port = listening.result()
            yield found
        finally:
            found.floor.hub.close()
            found.their_floor.hub.close()
            await found.close()
            server.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await server
    finally:
        store.close()


async def read_until(socket: ClientConnection, page: Page, so: Any, timeout_s: float = 30) -> None:
    """Take frames until the page is as asked."""
    async with asyncio.timeout(timeout_s):
        while not so(page):
            page.take_text(await socket.recv())
