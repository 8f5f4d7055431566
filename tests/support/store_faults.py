"""An installation whose store fails: fed before, during and after, seen by pages, held against one that was spared."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import msgspec
from typing_extensions import override

from callfloor.config import read
from callfloor.floor.employees import Cause, Status, StatusTold, Why
from callfloor.project.running import RunningProject
from callfloor.store import Backlog, ProjectStore, Store
from callfloor.store.journal import JournalCall
from callfloor.web.access import Sight
from callfloor.web.contract import Readiness
from callfloor.web.push.frames import WaitCause
from callfloor.web.push.outlet import Line, Outlet
from support.call_records import call
from support.databases import sqlite_in
from support.installed import Installed
from support.waiting import answer, until
from support.web_page import Page

BEFORE, MEANWHILE, AFTER = range(40), range(40, 900), range(900, 940)
WITHIN_S = 60.0
ANN: Final = 1
TOLD_AT: Final = 2_000_000_000.0  # after everything that the project tells by itself
EVER = (0.0, 9e9)
DAY = (1_699_999_200.0, 1_700_085_600.0)  # a whole one in Kyiv, in which the calls began: it is added up as they come


class Viewer(Page, Line):
    """A page at the end of its stream, without the socket between."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[int] = []

    @property
    @override
    def wire(self) -> "Viewer":
        return self

    def write(self, data: bytes, /) -> None:
        self.take(data)

    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def when_lost(self, call: object) -> None:
        pass

    @override
    def take_bytes(self, call: object, most: int) -> None:
        pass

    @override
    def end(self, code: int, reason: str) -> None:
        self.ended.append(code)


class Faulty:
    """The installation, its one project, and two pages that are open all the while."""

    def __init__(self, site: Installed, running: RunningProject, folder: Path) -> None:
        self.site = site
        self.running = running
        self._folder = folder
        self.administrator, self.analyst = Viewer(), Viewer()
        running.hub.attach(Sight(supervisions=True, causes=True), Outlet(self.administrator))
        running.hub.attach(Sight(), Outlet(self.analyst))

    def feed(self, numbers: range) -> None:
        """Calls that ended, and a status with each."""
        for number in numbers:
            self.running.calls.put(call(number))
            self.running.statuses.put(_status(number))

    async def readiness(self) -> tuple[int, Readiness]:
        """What a watchdog is told."""
        found = await self.site.client.get("/readyz")
        return found.status_code, msgspec.json.decode(found.content, type=Readiness)

    async def says(self, words: str) -> Readiness:
        """What it says once it says so, which is not that it is ready."""

        def so(found: tuple[int, Readiness]) -> bool:
            return found[0] == 503 and any(words in reason for reason in found[1].reasons)

        return (await answer(self.readiness, so, words, within_s=WITHIN_S))[1]

    async def shows(self, cause: WaitCause | None) -> None:
        """The pages tell of it: the administrator why and how much, the analyst that it is so."""
        await until(lambda: self.administrator.waits is not None, "the page tells", within_s=WITHIN_S)
        await until(lambda: self.analyst.waits is not None, "the other page tells", within_s=WITHIN_S)
        self.shown(cause)

    def shown(self, cause: WaitCause | None) -> None:
        """What the pages tell now; None: whatever the cause."""
        told, other = self.administrator.waits, self.analyst.waits
        assert told is not None
        assert other is not None
        assert told.since == other.since
        assert told.cause is not None
        assert cause in {None, told.cause}
        assert told.calls
        assert (other.cause, other.calls, other.at_risk, other.lost) == (None,) * 4

    async def healed(self) -> None:
        """Ready again, nothing waits, and nothing is kept of what waited; the pages were never closed."""
        ours, pages = (self.running.calls, self.running.statuses), (self.administrator, self.analyst)
        await until(lambda: self.running.backlog() == 0, "nothing waits", within_s=WITHIN_S)
        await until(lambda: all(one.backlog == Backlog() for one in ours), "all is well", within_s=WITHIN_S)
        await until(lambda: not any(page.waits for page in pages), "the pages tell no more", within_s=WITHIN_S)
        await self.is_well()

    async def is_well(self) -> None:
        """As ``healed``, without waiting for it."""
        for writer in (self.running.calls, self.running.statuses):
            assert writer.backlog == Backlog()
            assert (len(writer._memory), len(writer._opened._starts), writer._path.stat().st_size) == (0, 0, 0)
        assert (await self.readiness())[0] == 200
        for page in (self.administrator, self.analyst):
            assert (page.waits, page.ended, page.frames.count("snapshot")) == (None, [], 1)

    def lost_or_doubled_nothing(self, numbers: range = range(AFTER[-1] + 1)) -> None:
        """All that can be read of it is as with a store that was spared."""
        with _spared(self._folder / "spared", numbers) as twin:
            assert _journal(self.running.store) == _journal(twin)
            for found in (self.running.store, twin):
                assert [
                    (each.status, each.began_at)
                    for each in found.statuses.stretches(ANN, TOLD_AT, TOLD_AT + numbers[-1])
                ] == [(_status(number).status, TOLD_AT + number) for number in numbers[:-1]]
            ours, theirs = (each.profile.counts(ANN, [DAY]) for each in (self.running.store, twin))
            assert ours == theirs

    async def through(self, fault: AbstractContextManager[object], words: str, cause: WaitCause | None) -> None:
        """Fed before, during and after a fault, which is there while ``fault`` is entered."""
        self.feed(BEFORE)
        await self.healed()
        with fault:
            self.feed(MEANWHILE)
            found = await self.says(words)
            assert found.backlog > 0
            await self.shows(cause)
        self.feed(AFTER)
        await self.healed()
        await asyncio.to_thread(self.lost_or_doubled_nothing)


@asynccontextmanager
async def faulty(folder: Path, url: str) -> AsyncIterator[Faulty]:
    """An installation with one project on that database; its data is in ``folder``."""
    store = await asyncio.to_thread(Store.open, url)
    site = Installed(store, read({"CALLFLOOR_DATA": str(folder), "CALLFLOOR_DATABASE_URL": url}), set_up=False)
    try:
        running = site.running(await site.add_project("One"))
        assert running.store.directory.add_employee("Ann", account_names=["101"]).id == ANN
        yield Faulty(site, running, folder.parent)
    finally:
        await site.client.aclose()
        await site.installation.close_all()
        site.passwords.close()
        store.close()


def _status(number: int) -> StatusTold:
    return StatusTold(
        at=TOLD_AT + number,
        employee_id=ANN,
        status=Status.ONLINE if number % 2 else Status.OFFLINE,
        cause=Cause(why=Why.REGISTERED),
    )


@contextmanager
def _spared(folder: Path, numbers: range) -> Iterator[ProjectStore]:
    """The same calls and statuses, where nothing ever failed."""
    store = Store.open(sqlite_in(folder))
    try:
        made = store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
        twin = store.project(made.id)
        assert twin.directory.add_employee("Ann", account_names=["101"]).id == ANN
        twin.journal.write(call(number) for number in numbers)
        twin.statuses.write(_status(number) for number in numbers)
        yield twin
    finally:
        store.close()


def _journal(project: ProjectStore) -> list[JournalCall]:
    found: list[JournalCall] = []
    cursor = None
    while True:
        page = project.journal.page(*EVER, limit=1000, cursor=cursor)
        found += page.calls
        cursor = page.next_cursor
        if cursor is None:
            return found
