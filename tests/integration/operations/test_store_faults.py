"""The store fails under a running installation: it says so, loses and doubles nothing, and heals by itself."""

import asyncio
import contextlib
import resource
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil
import pytest
from psycopg import sql

from callfloor.errors import StoreBusyError
from callfloor.floor.employees import Status
from callfloor.project import waiting
from callfloor.store.row_writer import RETRY_MOST_S
from callfloor.web.push.frames import WaitCause
from support.databases import Cluster, sqlite_in
from support.small_disk import SmallDisk, small_disk
from support.store_faults import ANN, Faulty, faulty
from support.virtual_time import passes, virtual_time
from support.waiting import until

MINUTES = 5


@pytest.fixture(autouse=True)
def told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are told of every hitch."""
    monkeypatch.setattr(waiting, "LOOK_S", 0.05)
    monkeypatch.setattr(waiting, "HELD_UP_S", 0.0)


@asynccontextmanager
async def impatient(folder: Path, url: str) -> AsyncIterator[Faulty]:
    """As ``faulty``; it tries again after a fifth of a second."""
    async with faulty(folder, url) as found:
        for writer in (found.running.calls, found.running.statuses):
            writer._retry_most_s = 0.2
        yield found


@contextmanager
def down(cluster: Cluster) -> Iterator[None]:
    """The server is stopped, and everybody who is connected is cut."""
    cluster.stop()
    try:
        yield
    finally:
        cluster.start()


@pytest.mark.postgres
async def test_postgresql_is_down_and_comes_back(breakable_postgres: Cluster, tmp_path: Path) -> None:
    async with impatient(tmp_path / "data", breakable_postgres.url(breakable_postgres.make())) as found:
        await found.through(down(breakable_postgres), "cannot be reached", WaitCause.UNREACHABLE)


@pytest.mark.postgres
def test_postgresql_is_down_for_five_minutes(breakable_postgres: Cluster, tmp_path: Path) -> None:
    calls = range(20 * MINUTES * 6)

    @virtual_time
    async def five_minutes() -> None:
        async with faulty(tmp_path / "data", breakable_postgres.url(breakable_postgres.make())) as found:
            found.feed(calls[:20])
            await found.healed()
            with down(breakable_postgres):
                for begins in calls[20:-20:20]:
                    found.feed(calls[begins : begins + 20])
                    await passes(10)
                    found.shown(WaitCause.UNREACHABLE)
                told = found.administrator.waits
                assert told is not None
                assert (told.calls, told.at_risk, told.lost) == (len(calls) - 40, 0, 0)
                status, ready = await found.readiness()
                assert (status, ready.backlog > len(calls)) == (503, True)
            back_at = asyncio.get_running_loop().time()
            await found.healed()
            assert asyncio.get_running_loop().time() - back_at < 1.2 * RETRY_MOST_S + 5
            found.feed(calls[-20:])
            await found.healed()
            await asyncio.to_thread(found.lost_or_doubled_nothing, calls)

    five_minutes()


@pytest.mark.postgres
async def test_postgresqls_disk_is_full(breakable_postgres: Cluster, tmp_path: Path) -> None:
    cluster = breakable_postgres
    with small_disk(cluster.folder / "small", 32) as disk:
        if disk is None:
            name, fault = cluster.make(), without_room(cluster)
            words, cause = "cannot be reached", None  # its processes die one by one, each with words of its own
        else:
            name, fault = cluster.make(place=cluster.place(disk.folder / "space")), full(disk)
            words, cause = "disk of the database is full", WaitCause.FULL
        async with impatient(tmp_path / "data", cluster.url(name)) as found:
            await found.through(fault, words, cause)
        cluster.drop(name)
        if disk is not None:
            cluster.execute(sql.SQL("DROP TABLESPACE small"))


async def test_sqlites_disk_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 16) as disk:
        url = sqlite_in(tmp_path / "small")
        async with impatient(tmp_path / "data", url) as found:
            fault = full(disk) if disk is not None else no_more_pages(found)
            await found.through(fault, "disk of the database is full", WaitCause.FULL)


async def test_the_disk_is_full_for_the_store_and_for_what_waits(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 16) as disk:
        fault = full(disk) if disk is not None else no_file_grows()
        async with impatient(tmp_path / "small" / "data", sqlite_in(tmp_path / "small" / "data")) as found:
            found.feed(range(40))
            await found.healed()
            with fault:
                found.feed(range(40, 900))
                await found.says("in memory alone: make room")
                page = found.administrator
                await until(lambda: page.waits is not None and page.waits.at_risk, "the page tells of the risk")
            found.feed(range(900, 940))
            await found.healed()
            await asyncio.to_thread(found.lost_or_doubled_nothing)


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

    async with impatient(tmp_path / "data", sqlite_url) as found:
        await found.through(locked(), "locked by another program", WaitCause.BUSY)


async def test_a_switch_is_stored_when_it_is_accepted_and_refused_where_it_cannot_be(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with impatient(tmp_path / "data", sqlite_url) as found:
        running = found.running
        await running.switch(ANN, Status.DND, by="anna")
        assert running.store.switches.load()[ANN].status is Status.DND, "a process that is killed now has kept it"
        with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreBusyError):
                await running.switch(ANN, None, by="anna")
        other.close()
        assert running.store.switches.load()[ANN].status is Status.DND


@contextmanager
def full(disk: SmallDisk) -> Iterator[None]:
    """Until somebody makes room."""
    disk.fill()
    try:
        yield
    finally:
        disk.make_room()


@contextmanager
def no_file_grows() -> Iterator[None]:
    """In this process: the kernel's own refusal."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def no_more_pages(found: Faulty) -> Iterator[None]:
    """SQLite's own bound on its file, which it tells as it tells a full disk."""
    engine = found.site.store._engines.write
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # as many as there are
    try:
        yield
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1073741823")


@contextmanager
def without_room(cluster: Cluster) -> Iterator[None]:
    """The server may write no file any further, and gives up as where its log has no room; then it is started anew."""
    postmaster = psutil.Process(cluster.pid())
    for process in (*postmaster.children(), postmaster):
        cluster.limit_files(process.pid)
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):  # it may have given up by itself
            postmaster.send_signal(signal.SIGQUIT)
        postmaster.wait(30)
        cluster.start()
