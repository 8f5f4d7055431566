"""The journal's writer: whatever happens to the store, the disk or the process, each call is written once."""

import asyncio
import json
import logging
import math
import os
import pwd
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import msgspec
import psycopg
import pytest

from callfloor.errors import StoreError
from callfloor.floor.calls import CallRecord
from callfloor.store import Backlog, JournalWriter, ProjectStore, Store
from callfloor.store.call_filter import CallFilter
from callfloor.store.rows import as_kept
from support.call_records import call
from support.databases import Cluster

EVER = CallFilter(started_from=-math.inf, started_to=math.inf)
WAIT_S = 30  # for a condition that comes true in a second or two, on a busy machine


@pytest.fixture
def spill(tmp_path: Path) -> Path:
    return tmp_path / "spill" / "calls-1.spill"


def _project(store: Store) -> ProjectStore:
    return store.project(store.projects.add("One", timezone="UTC", country="PL", language="en", now=1.0).id)


@asynccontextmanager
async def writing(store: Store, project: ProjectStore, spill: Path, **options: object) -> AsyncIterator[JournalWriter]:
    writer = JournalWriter(store, project.journal, spill, retry_first_s=0.02, retry_most_s=0.1, **options)  # type: ignore[arg-type]
    await writer.start()
    try:
        yield writer
    finally:
        await writer.close()


async def until(writer: JournalWriter, so: object) -> Backlog:
    async with asyncio.timeout(WAIT_S):
        return await writer.changed(so)  # type: ignore[arg-type]


async def drained(writer: JournalWriter) -> None:
    try:
        async with asyncio.timeout(WAIT_S):
            await writer.drained()
    except TimeoutError:
        pytest.fail(f"still waiting: {writer.backlog}", pytrace=False)


def found(project: ProjectStore) -> dict[str, CallRecord]:
    calls: dict[str, CallRecord] = {}
    cursor = None
    while True:
        page = project.journal.page(-math.inf, math.inf, limit=1000, cursor=cursor)
        for each in page.calls:
            assert each.record.call_id not in calls
            calls[each.record.call_id] = each.record
        cursor = page.next_cursor
        if cursor is None:
            return calls


def expected(numbers: object) -> dict[str, CallRecord]:
    return {f"call-{number}": as_kept(call(number)) for number in numbers}  # type: ignore[attr-defined]


class Lock:
    """Another program that holds SQLite's write lock."""

    def __init__(self, url: str) -> None:
        self._connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)

    @contextmanager
    def held(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def lock(sqlite_url: str) -> Iterator[Lock]:
    made = Lock(sqlite_url)
    yield made
    made.close()


async def test_calls_put_are_soon_in_the_store_and_nothing_is_left_on_disk(store: Store, spill: Path) -> None:
    project = _project(store)
    async with writing(store, project, spill) as writer:
        assert writer.backlog == Backlog()
        for number in range(1700):
            writer.put(call(number))
        assert writer.backlog.rows == 1700
        await drained(writer)
        assert writer.backlog == Backlog()
    assert found(project) == expected(range(1700))
    assert spill.stat().st_size == 0


async def test_closing_writes_what_was_put_last(store: Store, spill: Path) -> None:
    project = _project(store)
    async with writing(store, project, spill) as writer:
        writer.put(call(1))
    assert found(project) == expected([1])
    writer.put(call(2))
    assert writer.backlog.lost == 1


async def test_a_closed_store_leaves_everything_in_the_spill_and_the_next_process_writes_it(
    database_url: str, spill: Path
) -> None:
    store = Store.open(database_url)
    project = _project(store)
    store.close()
    writer = JournalWriter(store, project.journal, spill, retry_first_s=0.02, retry_most_s=0.1)
    await writer.start()
    for number in range(20):
        writer.put(call(number))
    waiting = await until(writer, lambda backlog: backlog.on_disk == 20)
    assert (waiting.rows, waiting.at_risk, waiting.last_error) == (20, 0, "the store is closed")
    left = await writer.close(timeout_s=0.1)
    assert (left.on_disk, left.at_risk, left.lost) == (20, 0, 0)

    store = Store.open(database_url)
    project = store.project(project.project_id)
    async with writing(store, project, spill) as writer:
        assert writer.backlog.on_disk == 20
        await drained(writer)
    assert found(project) == expected(range(20))
    store.close()


@pytest.mark.postgres
async def test_postgresql_stopped_and_started_in_the_middle_loses_and_doubles_nothing(
    breakable_postgres: Cluster, spill: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store = Store.open(breakable_postgres.url(breakable_postgres.make()))
    project = _project(store)
    async with writing(store, project, spill, now=lambda: 1234.5) as writer:
        number = 0
        for _ in range(3):
            for _ in range(50):
                writer.put(call(number))
                number += 1
            stopping = asyncio.create_task(asyncio.to_thread(breakable_postgres.stop))
            while not stopping.done():
                writer.put(call(number))
                number += 1
                async with asyncio.timeout(WAIT_S):
                    await writer.flush()  # safe, in the store or on disk, all along
            await stopping
            for _ in range(600):  # more than a batch
                writer.put(call(number))
                number += 1
            waiting = await until(writer, lambda backlog: backlog.on_disk >= 600 and backlog.last_error)
            assert waiting.since == 1234.5
            assert "cannot be reached" in str(waiting.last_error)
            assert waiting.at_risk == waiting.lost == 0
            with pytest.raises(StoreError):
                await store.run(store.check)
            await asyncio.to_thread(breakable_postgres.start)
            writer.put(msgspec.structs.replace(call(0), talk_s=float(number)))  # newer than one that may still wait
            await drained(writer)
            assert writer.backlog == Backlog()
        last = msgspec.structs.replace(call(0), talk_s=float(number))
    assert found(project) == expected(range(number)) | {"call-0": as_kept(last)}
    store.close()
    told = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "INSERT" not in told
    assert "600000" not in told  # no client's number


async def test_a_locked_sqlite_is_waited_for_on_disk(sqlite_url: str, lock: Lock, spill: Path) -> None:
    store = Store.open(sqlite_url)
    project = _project(store)
    async with writing(store, project, spill) as writer:
        with lock.held():
            for number in range(30):
                writer.put(call(number))
            # Safe after half a second, long before SQLite's own patience of five ends.
            assert (await until(writer, lambda backlog: backlog.on_disk == 30)).last_error is None
            writer.put(call(30))
            waiting = await until(writer, lambda backlog: backlog.last_error is not None and backlog.on_disk == 31)
            assert "locked by another program" in str(waiting.last_error)
            assert waiting.since is not None
            assert waiting.since < time.time() - 3, "since it kept silent, not since it gave up"
        await drained(writer)
    assert found(project) == expected(range(31))
    store.close()


async def test_a_process_that_ends_while_sqlite_is_locked_leaves_its_calls_on_disk(
    sqlite_url: str, lock: Lock, spill: Path
) -> None:
    store = Store.open(sqlite_url)
    project = _project(store)
    writer = JournalWriter(store, project.journal, spill)
    await writer.start()
    with lock.held():
        writer.put(call(1))
        left = await writer.close(timeout_s=0.05)  # the write still hangs
        assert (left.on_disk, left.at_risk) == (1, 0)
    async with writing(store, project, spill) as writer:
        await drained(writer)
    assert found(project) == expected([1])
    store.close()


@pytest.mark.postgres
async def test_a_read_only_database_is_waited_for(postgres_url: str, spill: Path) -> None:
    store = Store.open(postgres_url)
    project = _project(store)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = connection.info.dbname
        throw_out = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
        )
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')  # type: ignore[call-overload]
        connection.execute(throw_out, [name])
        async with writing(store, project, spill) as writer:
            writer.put(call(1))
            waiting = await until(writer, lambda backlog: backlog.on_disk == 1 and backlog.last_error)
            assert "read-only" in str(waiting.last_error)
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')  # type: ignore[call-overload]
            connection.execute(throw_out, [name])
            await drained(writer)
    assert found(project) == expected([1])
    store.close()


@contextmanager
def as_somebody_else() -> Iterator[None]:
    """Not root, whom no file's rights keep from anything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_file_that_may_not_be_written_is_waited_for(sqlite_template: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="callfloor-readonly-") as name:  # pytest's own is closed to others
        folder, file = Path(name), Path(name) / "callfloor.db"
        shutil.copy(sqlite_template, file)
        store = Store.open(f"sqlite:///{file}")
        made = _project(store).project_id
        store.project(made).journal.write([call(0)])
        store.close()
        file.chmod(0o444)
        if os.geteuid() == 0:
            shutil.chown(folder, "nobody")
        with as_somebody_else():
            store = Store.open(f"sqlite:///{file}")
            async with writing(store, store.project(made), folder / "calls-1.spill") as writer:
                writer.put(call(1))
                waiting = await until(writer, lambda backlog: backlog.on_disk == 1 and backlog.last_error)
                assert (waiting.cause, "read-only" in str(waiting.last_error)) == ("store_read_only", True)
                assert found(store.project(made)) == expected([0]), "it is read meanwhile"
        file.chmod(0o666)
        with as_somebody_else():
            async with writing(store, store.project(made), folder / "calls-1.spill") as writer:
                writer.put(call(2))
                await drained(writer)
        assert found(store.project(made)) == expected(range(3))
        store.close()


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file of this process may grow beyond ``room`` bytes: a real refusal by the kernel, at any byte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_with_the_store_down_and_the_disk_full_calls_stay_in_memory_and_are_counted(
    database_url: str, spill: Path
) -> None:
    store = Store.open(database_url)
    project = _project(store)
    store.close()
    writer = JournalWriter(
        store, project.journal, spill, now=lambda: 77.0, memory_rows=100, retry_first_s=0.02, retry_most_s=0.1
    )
    await writer.start()
    with full_disk(5000):
        for number in range(3):
            writer.put(call(number))
        assert (await until(writer, lambda backlog: backlog.on_disk == 3)).at_risk == 0
        for number in range(3, 50):
            writer.put(call(number))
        waiting = await until(writer, lambda backlog: backlog.at_risk == 47)
        assert (waiting.rows, waiting.on_disk, waiting.since, waiting.lost) == (50, 3, 77.0, 0)
        assert "spill file cannot be written" in str(waiting.last_error)
        for number in range(50, 120):
            writer.put(call(number))
        assert writer.backlog.lost == 17  # beyond the bound, and said
        assert writer.backlog.at_risk == 100
    waiting = await until(writer, lambda backlog: backlog.on_disk == 103)  # there is room again
    assert waiting.at_risk == 0
    await writer.close(timeout_s=0.05)

    store = Store.open(database_url)
    project = store.project(project.project_id)
    async with writing(store, project, spill) as writer:
        await drained(writer)
    assert found(project) == expected(range(103))
    store.close()


async def test_with_the_disk_full_and_the_store_well_calls_go_to_the_store(postgres_url: str, spill: Path) -> None:
    store = Store.open(postgres_url)
    project = _project(store)
    async with writing(store, project, spill) as writer:
        with full_disk(0):
            for number in range(600):
                writer.put(call(number))
            await drained(writer)
            assert writer.backlog == Backlog()
    assert found(project) == expected(range(600))
    store.close()


async def test_at_the_end_what_neither_store_nor_disk_took_is_counted_as_lost(database_url: str, spill: Path) -> None:
    store = Store.open(database_url)
    project = _project(store)
    store.close()
    writer = JournalWriter(store, project.journal, spill, retry_first_s=0.02, retry_most_s=0.1)
    await writer.start()
    with full_disk(0):
        writer.put(call(1))
        left = await writer.close(timeout_s=0.2)
    assert (left.at_risk, left.rows) == (1, 1)
    assert writer.backlog.lost == 1


async def test_a_call_that_can_never_be_written_is_set_aside_and_holds_up_nobody(store: Store, spill: Path) -> None:
    project = _project(store)
    async with writing(store, project, spill) as writer:
        bad = [
            msgspec.structs.replace(call(1), ended_at=None),
            msgspec.structs.replace(call(2), started_at=math.nan),
            msgspec.structs.replace(call(3), talk_s="long"),  # a type that no check has seen
        ]
        for record in [call(10), *bad, call(11)]:
            writer.put(record)
        await drained(writer)
        assert writer.backlog == Backlog(refused=3)
        lines = [json.loads(line) for line in writer.refused_path.read_text().splitlines()]
    assert [line["row"]["call_id"] for line in lines] == ["call-1", "call-2", "call-3"]
    assert "the call has not ended" in lines[0]["reason"]
    assert found(project) == expected([10, 11])


async def test_two_writers_of_one_project_cannot_share_a_spill(store: Store, spill: Path) -> None:
    project = _project(store)
    async with writing(store, project, spill):
        second = JournalWriter(store, project.journal, spill)
        with pytest.raises(StoreError, match="another Callfloor"):
            await second.start()
        await second.close()


def test_killed_again_and_again_nothing_acknowledged_is_lost_and_nothing_is_doubled(
    database_url: str, spill: Path
) -> None:
    """kill -9 at many points, with the store well, and (SQLite) locked, so that the spill is what is being written."""
    store = Store.open(database_url)
    project = _project(store)
    other = Lock(database_url) if database_url.startswith("sqlite") else None
    acknowledged: set[int] = set()
    first = 0
    for turn, stop_after in enumerate((1, 60, 13, 200, 5, 90, 2, 150)):
        first += 100_000
        if other is not None and turn % 2:
            with other.held():
                acknowledged |= _write_until_killed(database_url, project.project_id, spill, first, stop_after)
            assert spill.stat().st_size > 0
        else:
            acknowledged |= _write_until_killed(database_url, project.project_id, spill, first, stop_after)
    if other is not None:
        other.close()
    asyncio.run(_drain(store, project, spill))
    calls = found(project)  # sees that none is there twice
    assert {f"call-{number}" for number in acknowledged} <= set(calls)
    assert len(acknowledged) >= 521
    for call_id, record in calls.items():
        assert record == as_kept(call(int(call_id.removeprefix("call-"))))
    # The journal's columns, which were folded in between, know the very same calls.
    assert {row.call_id for row in project.journal.stream(EVER)} == set(calls)
    assert project.journal.totals(EVER).talk_s == sum(record.talk_s for record in calls.values())
    assert project.journal.unfolded() < len(calls)
    store.close()


def _write_until_killed(url: str, project_id: int, spill: Path, first: int, stop_after: int) -> set[int]:
    script = Path(__file__).with_name("killed_writer.py")
    child = subprocess.Popen(
        [sys.executable, script, url, str(project_id), spill, str(first)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert child.stdout is not None
    said: set[int] = set()
    with child, child.stdout:
        for line in child.stdout:
            if line.endswith("\n"):  # the last may be cut
                said.add(int(line))
            if len(said) == stop_after:
                child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    return said


async def _drain(store: Store, project: ProjectStore, spill: Path) -> None:
    async with writing(store, project, spill) as writer:
        await drained(writer)
        assert writer.backlog == Backlog()
