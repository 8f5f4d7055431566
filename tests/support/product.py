"""The whole product as people run it: ``callfloor serve`` in a process of its own, used through its doors alone.

    async with running_product(folder, pbx.ami) as product:
        row = await product.stream.employee("101", lambda row: row.status is Status.TALKING, since=answered_at)

``product.rest`` is signed in; ``product.stream`` is a viewer of the live floor who notes when each frame came.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec

from callfloor.floor.calls import CallRecord
from callfloor.floor.employees import Status
from callfloor.store.journal import JournalCall
from callfloor.store.store import Store
from callfloor.web.contract import DayStatuses, Profile
from callfloor.web.passwords import hash_now
from support.databases import sqlite_in
from support.pbx.lab import EXTENSIONS
from support.product_stream import Stream
from support.waiting import answer, until

LOGIN, PASSWORD = "admin", "a password of the tests"
START_S, STOP_S = 60.0, 30.0
WRITTEN_S = 30.0
MOBILE, MOBILE_OWNER = "79039998877", "Mila"
"""An employee without a telephone of the company: only a mobile number (FMC)."""


class ProductFailedError(RuntimeError):
    """It did not start, or died."""


class Product:
    """One installation: its data stay over ``kill`` and ``start``, and so does its address."""

    def __init__(self, folder: Path, ami: tuple[str, int], settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.settings = dict(settings or {})
        self.ami = ami
        self.output = folder / "product.out"
        self.timezone = midday_zone()
        self._port = 0
        self._read_from = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._rest: httpx.AsyncClient | None = None
        self._stream: Stream | None = None
        self.project_id = 0

    # --- its process ----------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def environment(self) -> dict[str, str]:
        """Its settings."""
        host, port = self.ami
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("CALLFLOOR_")},
            "CALLFLOOR_LISTEN": f"127.0.0.1:{self._port}",
            "CALLFLOOR_DATA": str(self.folder),
            "CALLFLOOR_PBX_URL": f"ami://tests:tests-secret@{host}:{port}",
            "CALLFLOOR_ADMIN_PASSWORD": PASSWORD,
            "CALLFLOOR_COUNTRY": "RU",
            "CALLFLOOR_AUDIOSOCKET": "127.0.0.1:0",
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }

    def prepare(self) -> None:
        """The store with an employee whom no PBX could propose."""
        self.folder.mkdir(parents=True, exist_ok=True)
        store = Store.open(self.settings.get("CALLFLOOR_DATABASE_URL") or sqlite_in(self.folder))
        try:
            first = store.first_start(
                project_name="Callfloor", timezone=self.timezone, country="RU", language="en", login=LOGIN,
                user_name="Administrator", password_hash=lambda: hash_now(PASSWORD), now=time.time(),
            )  # fmt: skip
            self.project_id = first.project.id
            store.project(first.project.id).directory.add_employee(MOBILE_OWNER, account_names=[MOBILE], kind="mobile")
        finally:
            store.close()

    async def start(self) -> None:
        """Starts it, and returns when it serves and watches the PBX, and the stream is open.

        Raises:
            ProductFailedError: it died.
        """
        self._read_from = self.output.stat().st_size if self.output.exists() else 0
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                # whoever kills the tests kills the product, too
                ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "callfloor", "serve"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=self.environment(), cwd=self.folder,
            )  # fmt: skip
        await until(self._address, "the product tells its address", within_s=START_S)
        if self._rest is None:
            self._rest = httpx.AsyncClient(base_url=self.base_url, timeout=20, trust_env=False)
            await self._sign_in()
        self._stream = await Stream.open(self.base_url, self.project_id, self._rest.cookies)

    async def watch_again(self) -> None:
        """The viewer closes the page, and opens it again."""
        await self.stream.close()
        self._stream = await Stream.open(self.base_url, self.project_id, self.rest.cookies)

    async def live(self) -> None:
        """Waits until the link to the PBX is live and every employee of the PBX is in the directory."""
        await self.stream.links("live")
        await self.stream.until(
            lambda page: set(EXTENSIONS) <= {one for person in page.directory.employees for one in person.accounts},
            "the PBX's people are in the directory",
        )
        found = await self.rest.get("/readyz")
        assert found.status_code == 200, found.text
        assert found.json()["ready"], found.text

    async def stop(self) -> None:
        """Ends it in good order."""
        await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """Ends it the way a power cut would (SIGKILL)."""
        await self._end(signal.SIGKILL)

    async def close(self) -> None:
        await self.stop()
        if self._rest is not None:
            await self._rest.aclose()
            self._rest = None

    async def _end(self, by: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.poll() is None:
                process.send_signal(by)
            try:
                await until(lambda: process.poll() is not None, "the product ends", within_s=STOP_S)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        if self._stream is not None:
            await self._stream.close()
            self._stream = None

    def _address(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise ProductFailedError(f"the product died:\n{self.said()[-3000:]}")
        _, found, rest = self.said().partition("Callfloor is at http://127.0.0.1:")
        if found and "\n" in rest:
            self._port = int(rest.split()[0])
        return bool(found) and "\n" in rest

    @property
    def pid(self) -> int | None:
        """Its process; None while there is none."""
        return None if self._process is None else self._process.pid

    def resident_mb(self) -> float | None:
        """How much memory its process has; None while there is none."""
        if self._process is None or self._process.poll() is not None:
            return None
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text()
        except OSError:
            return None
        kib = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")), None)
        return None if kib is None else int(kib) / 1024

    def watches(self) -> Stream | None:
        """The viewer's stream; None while the product is down."""
        return self._stream

    def said(self) -> str:
        """What it has printed and logged since its last start."""
        return self.output.read_bytes()[self._read_from :].decode("utf-8", "replace")

    # --- its doors ------------------------------------------------------------------------------------------------

    @property
    def rest(self) -> httpx.AsyncClient:
        """Signed in as the administrator; the session outlives the process."""
        if self._rest is None:
            raise ProductFailedError("the product is not running")
        return self._rest

    @property
    def stream(self) -> Stream:
        if self._stream is None:
            raise ProductFailedError("the product is not running")
        return self._stream

    @property
    def api(self) -> str:
        return f"/api/v1/projects/{self.project_id}"

    async def _sign_in(self) -> None:
        found = await self.rest.post("/api/v1/session", json={"login": LOGIN, "password": PASSWORD})
        assert found.status_code in {200, 201}, found.text
        session = found.json()
        self.rest.headers["X-CSRF-Token"] = session["csrf_token"]
        self.project_id = session["projects"][0]["id"]

    async def journal(self, since: float, expected: int | None = None) -> list[JournalCall]:
        """The journal's calls that began since then, oldest first; waits until there are ``expected``.

        Raises:
            AssertionError: there are not so many in time, or there are more.
        """

        async def ask() -> list[JournalCall]:
            found = await self.rest.get(f"{self.api}/calls", params={"from": since, "to": time.time() + 60})
            assert found.status_code == 200, found.text
            return msgspec.convert(found.json()["calls"], list[JournalCall])

        calls = await answer(
            ask, lambda calls: expected is None or len(calls) >= expected, f"{expected} calls", within_s=WRITTEN_S
        )
        assert expected is None or len(calls) == expected, [call.record for call in calls]
        return calls[::-1]

    async def record(self, since: float) -> CallRecord:
        """The one call that began since then, as the journal has it."""
        (call,) = await self.journal(since, 1)
        return call.record

    async def statuses(self, whose: str, last: Status) -> DayStatuses:
        """Today's statuses of the employee whose account it is, once the last of every track that knows is ``last``.

        Raises:
            AssertionError: it does not become so in time.
        """
        day = datetime.now(ZoneInfo(self.timezone)).date()
        path = f"{self.api}/employees/{self.employee_id(whose)}/days/{day}/statuses"

        async def ask() -> DayStatuses:
            found = await self.rest.get(path)
            assert found.status_code == 200, found.text
            return msgspec.convert(found.json(), DayStatuses)

        return await answer(
            ask,
            lambda found: all(track.stretches[-1].status is last for track in found.tracks),
            f"the last is {last}",
            within_s=WRITTEN_S,
        )

    async def profile(self, whose: str) -> Profile:
        """Today's profile of the employee whose account it is."""
        day = datetime.now(ZoneInfo(self.timezone)).date()
        path = f"{self.api}/employees/{self.employee_id(whose)}/profile"
        found = await self.rest.get(path, params={"from": str(day), "to": str(day)})
        assert found.status_code == 200, found.text
        return msgspec.convert(found.json(), Profile)

    def employee_id(self, account: str) -> int:
        """Whose account it is."""
        return next(one.id for one in self.stream.page.directory.employees if account in one.accounts)

    async def act(self, whose: str, /, **action: Any) -> httpx.Response:
        """Asks for something for the employee whose account it is."""
        return await self.rest.post(f"{self.api}/employees/{self.employee_id(whose)}/actions", json=action)


def midday_zone() -> str:
    """A zone where it is about noon: no test's day ends under it."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # POSIX's sign: west is positive


@asynccontextmanager
async def running_product(
    folder: Path, ami: tuple[str, int], settings: Mapping[str, str] | None = None, *, timezone: str | None = None
) -> AsyncIterator[Product]:
    """The product on a free port, watching that PBX, with more settings; ended at the end whatever happens.

    Its first project's zone is one where it is about noon, or ``timezone``.
    """
    product = Product(folder, ami, settings)
    product.timezone = timezone or product.timezone
    product.prepare()
    try:
        await product.start()
        await product.live()
        yield product
    finally:
        await product.close()
