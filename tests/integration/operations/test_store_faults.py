"""The store fails under a running installation: it says so, loses and doubles nothing, and heals by itself."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import pytest

from callfloor.config import read
from callfloor.errors import StoreBusyError
from callfloor.floor.employees import Cause, Status, StatusTold, Why
from callfloor.project.running import RunningProject
from callfloor.store import Backlog, Store
from callfloor.web.contract import Readiness
from support.call_records import call
from support.databases import Cluster
from support.installed import Installed
from support.waiting import answer, until

BEFORE, MEANWHILE, AFTER = range(40), range(40, 900), range(900, 940)
WITHIN_S = 60.0
ANN = 1
TOLD_AT = 2_000_000_000.0  # after everything that the project tells by itself


@asynccontextmanager
async def site_on(folder: Path, url: str) -> AsyncIterator[tuple[Installed, RunningProject]]:
    """An installation with one project on that database."""
    store = await asyncio.to_thread(Store.open, url)
    site = Installed(store, read({"CALLFLOOR_DATA": str(folder), "CALLFLOOR_DATABASE_URL": url}), set_up=False)
    try:
        running = site.running(await site.add_project("One"))
        assert running.store.directory.add_employee("Ann", account_names=["101"]).id == ANN
        for writer in (running.calls, running.statuses):
            writer._retry_most_s = 0.2
        yield site, running
    finally:
        await site.client.aclose()
        await site.installation.close_all()
        site.passwords.close()
        store.close()


def feed(running: RunningProject, numbers: range) -> None:
    """Calls that ended, and a status with each."""
    for number in numbers:
        running.calls.put(call(number))
        told = StatusTold(
            at=TOLD_AT + number,
            employee_id=ANN,
            status=Status.ONLINE if number % 2 else Status.OFFLINE,
            cause=Cause(why=Why.REGISTERED),
        )
        running.statuses.put(told)


async def readiness(site: Installed) -> tuple[int, Readiness]:
    found = await site.client.get("/readyz")
    return found.status_code, msgspec.json.decode(found.content, type=Readiness)


async def says(site: Installed, words: str) -> Readiness:
    """What it says once it says so, which is not that it is ready."""

    def so(found: tuple[int, Readiness]) -> bool:
        return found[0] == 503 and any(words in reason for reason in found[1].reasons)

    return (await answer(lambda: readiness(site), so, words, within_s=WITHIN_S))[1]


async def healed(site: Installed, running: RunningProject) -> None:
    """Ready again, nothing waits, and nothing is kept of what waited."""
    await until(lambda: running.backlog() == 0, "nothing waits", within_s=WITHIN_S)
    for writer in (running.calls, running.statuses):
        await until(lambda writer=writer: writer.backlog == Backlog(), "all is well", within_s=WITHIN_S)
        assert (len(writer._memory), len(writer._opened._starts), writer._path.stat().st_size) == (0, 0, 0)
    assert (await readiness(site))[0] == 200


def nothing_lost_or_doubled(running: RunningProject) -> None:
    """The journal has each call once, and Ann's statuses follow one another without a gap."""
    stretches = running.store.statuses.stretches(ANN, TOLD_AT, TOLD_AT + AFTER[-1])
    assert [(each.status, each.began_at) for each in stretches] == [
        (Status.ONLINE if number % 2 else Status.OFFLINE, TOLD_AT + number) for number in range(AFTER[-1])
    ]
    journal = running.store.journal
    found: list[str] = []
    cursor = None
    while True:
        page = journal.page(0.0, 9e9, limit=1000, cursor=cursor)
        found += [each.record.call_id for each in page.calls]
        cursor = page.next_cursor
        if cursor is None:
            break
    fed = [f"call-{number}" for part in (BEFORE, MEANWHILE, AFTER) for number in part]
    assert sorted(found) == sorted(fed)


async def through(site: Installed, running: RunningProject, fault: Callable[[], object], words: str) -> None:
    """Fed before, during and after a fault; ``fault`` is a context that makes it."""
    feed(running, BEFORE)
    await healed(site, running)
    with fault():  # type: ignore[attr-defined]
        feed(running, MEANWHILE)
        found = await says(site, words)
        assert found.backlog > 0
    feed(running, AFTER)
    await healed(site, running)
    await asyncio.to_thread(nothing_lost_or_doubled, running)


@pytest.mark.postgres
async def test_postgresql_is_down_and_comes_back(breakable_postgres: Cluster, tmp_path: Path) -> None:
    @contextmanager
    def down() -> Iterator[None]:
        breakable_postgres.stop()
        try:
            yield
        finally:
            breakable_postgres.start()

    async with site_on(tmp_path, breakable_postgres.url(breakable_postgres.make())) as (site, running):
        await through(site, running, down, "cannot be reached")


async def test_sqlites_file_is_locked_by_another_program(sqlite_url: str, tmp_path: Path) -> None:
    @contextmanager
    def locked() -> Iterator[None]:
        other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()

    async with site_on(tmp_path / "data", sqlite_url) as (site, running):
        await through(site, running, locked, "locked by another program")


async def test_the_disk_is_full_for_the_store_and_for_what_waits(sqlite_url: str, tmp_path: Path) -> None:
    @contextmanager
    def full() -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # no file grows any more: the kernel's own refusal
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    async with site_on(tmp_path / "data", sqlite_url) as (site, running):
        await through(site, running, full, "in memory alone: make room")


async def test_a_switch_is_stored_when_it_is_accepted_and_refused_where_it_cannot_be(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with site_on(tmp_path / "data", sqlite_url) as (_, running):
        await running.switch(ANN, Status.DND, by="anna")
        assert running.store.switches.load()[ANN].status is Status.DND, "a process that is killed now has kept it"
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError):
                await running.switch(ANN, None, by="anna")
        other.close()
        assert running.store.switches.load()[ANN].status is Status.DND
