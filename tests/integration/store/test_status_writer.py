"""The statuses' writer: in order, each once, and honest about what nobody watched."""

import asyncio
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callfloor.errors import StoreError
from callfloor.floor.employees import Cause, Status, StatusStretch, StatusTold, Why
from callfloor.store import Backlog, ProjectStore, StatusWriter, Store
from support.databases import Cluster

WAIT_S = 30  # for a condition that comes true in a second or two, on a busy machine
T = 1_790_000_000.0
CAUSE = Cause(why=Why.CALL)
ORDER = (Status.ONLINE, Status.TALKING, Status.DND)


class Clock:
    """The writer's clock, moved by the test."""

    def __init__(self) -> None:
        self.now = T

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def spill(tmp_path: Path) -> Path:
    return tmp_path / "spill" / "statuses-1.spill"


def _project(store: Store) -> ProjectStore:
    return store.project(store.projects.add("One", timezone="UTC", country="PL", language="en", now=1.0).id)


def told(at: float, status: Status, account: str = "101") -> StatusTold:
    return StatusTold(at=T + at, status=status, cause=CAUSE, account=account)


def _writer(store: Store, project: ProjectStore, spill: Path, clock: Clock, **options: int) -> StatusWriter:
    return StatusWriter(store, project.statuses, spill, now=clock, retry_first_s=0.02, retry_most_s=0.1, **options)


@asynccontextmanager
async def writing(store: Store, project: ProjectStore, spill: Path, clock: Clock) -> AsyncIterator[StatusWriter]:
    writer = _writer(store, project, spill, clock)
    await writer.start()
    try:
        yield writer
    finally:
        await writer.close()


async def drained(writer: StatusWriter) -> None:
    async with asyncio.timeout(WAIT_S):
        await writer.drained()


async def until(writer: StatusWriter, so: object) -> Backlog:
    async with asyncio.timeout(WAIT_S):
        return await writer.changed(so)  # type: ignore[arg-type]


def history(project: ProjectStore, account: str = "101") -> tuple[StatusStretch, ...]:
    return project.statuses.stretches(account, -math.inf, math.inf)


def short(project: ProjectStore, account: str = "101") -> list[tuple[float, float | None, str]]:
    return [
        (each.began_at - T, None if each.ended_at is None else each.ended_at - T, each.status.value)
        for each in history(project, account)
    ]


async def test_statuses_put_are_soon_in_the_store_in_their_order(store: Store, spill: Path) -> None:
    project, clock = _project(store), Clock()
    async with writing(store, project, spill, clock) as writer:
        for second in range(1700):
            writer.put(told(second, ORDER[second % 3]))
        writer.heartbeat(T + 1700)
        await drained(writer)
        assert writer.backlog == Backlog()
    assert short(project) == [
        (float(second), None if second == 1699 else second + 1.0, ORDER[second % 3].value) for second in range(1700)
    ]
    assert spill.stat().st_size == 0


async def test_a_process_that_ended_well_was_watching_until_its_end_and_the_next_knows_nothing_before_its_first(
    store: Store, spill: Path
) -> None:
    project, clock = _project(store), Clock()
    async with writing(store, project, spill, clock) as writer:
        writer.put(told(1, Status.ONLINE))
        clock.now = T + 60
    assert project.statuses.watched_at() == T + 60
    assert short(project) == [(1.0, None, "online")]
    clock.now = T + 100
    async with writing(store, project, spill, clock) as writer:
        writer.put(told(105, Status.TALKING))
        await drained(writer)
        assert short(project) == [(1.0, 60.0, "online"), (60.0, 105.0, "unknown"), (105.0, None, "talking")]
        assert history(project)[1].cause == Cause(why=Why.STOPPED)


async def test_statuses_that_wait_on_disk_are_closed_at_their_own_process_last_heartbeat(
    database_url: str, spill: Path
) -> None:
    """The store is down at the end of one process and at the start of the next: order is all that tells the truth."""
    store = Store.open(database_url)
    project, clock = _project(store), Clock()
    store.close()
    writer = _writer(store, project, spill, clock)
    await writer.start()
    writer.put(told(1, Status.ONLINE))
    writer.heartbeat(T + 30)
    await until(writer, lambda backlog: backlog.on_disk == 3)
    clock.now = T + 40
    left = await writer.close(timeout_s=0.05)
    assert (left.on_disk, left.at_risk) == (4, 0)

    clock.now = T + 100
    second = _writer(store, project, spill, clock)
    await second.start()
    second.put(told(110, Status.DND))
    await until(second, lambda backlog: backlog.on_disk == 6)
    clock.now = T + 120
    await second.close(timeout_s=0.05)

    store = Store.open(database_url)
    project = store.project(project.project_id)
    clock.now = T + 200
    async with writing(store, project, spill, clock) as third:
        await drained(third)
        assert short(project) == [
            (1.0, 40.0, "online"),
            (40.0, 110.0, "unknown"),
            (110.0, 120.0, "dnd"),
            (120.0, None, "unknown"),
        ]
    store.close()


@pytest.mark.postgres
async def test_postgresql_stopped_in_the_middle_loses_and_doubles_nothing(
    breakable_postgres: Cluster, spill: Path
) -> None:
    store = Store.open(breakable_postgres.url(breakable_postgres.make()))
    project, clock = _project(store), Clock()
    second = 0
    async with writing(store, project, spill, clock) as writer:
        for _ in range(2):
            stopping = asyncio.create_task(asyncio.to_thread(breakable_postgres.stop))
            while not stopping.done():
                writer.put(told(second, ORDER[second % 3]))
                second += 1
                async with asyncio.timeout(WAIT_S):
                    await writer.flush()
            for _ in range(600):
                writer.put(told(second, ORDER[second % 3]))
                second += 1
            await until(writer, lambda backlog: backlog.on_disk >= 600 and backlog.last_error)
            await asyncio.to_thread(breakable_postgres.start)
            await drained(writer)
        assert writer.backlog == Backlog()
        assert [(begun, status) for begun, _, status in short(project)] == [
            (float(n), ORDER[n % 3].value) for n in range(second)
        ]
    store.close()


async def test_a_status_of_nobody_is_set_aside_and_holds_up_nobody(store: Store, spill: Path) -> None:
    project, clock = _project(store), Clock()
    async with writing(store, project, spill, clock) as writer:
        writer.put(told(1, Status.ONLINE))
        writer.put(StatusTold(at=T + 2, status=Status.DND, cause=CAUSE, employee_id=999))
        writer.put(told(3, Status.DND))
        await drained(writer)
        assert writer.backlog == Backlog(refused=1)
        assert short(project) == [(1.0, 3.0, "online"), (3.0, None, "dnd")]
        (line,) = [json.loads(line) for line in writer.refused_path.read_text().splitlines()]
    assert line["row"]["told"]["employee_id"] == 999


async def test_after_a_status_was_lost_history_says_unknown_rather_than_what_is_not_so(
    store: Store, spill: Path
) -> None:
    project, clock = _project(store), Clock()
    writer = _writer(store, project, spill, clock, memory_rows=3)
    await writer.start()
    writer.put(told(1, Status.ONLINE))
    writer.heartbeat(T + 2)
    await drained(writer)
    for second in (3, 4, 5, 6):  # in one turn of the loop: there is no room for the last
        writer.put(told(second, ORDER[second % 3]))
    assert writer.backlog.lost == 1
    await drained(writer)
    writer.heartbeat(T + 7)
    await drained(writer)
    # From the last heartbeat on nothing is known, and no later than what was told after it.
    assert short(project)[-1] == (5.0, None, "unknown")
    writer.heartbeat(T + 8)
    writer.put(told(9, Status.ONLINE))
    clock.now = T + 10
    await writer.close()
    assert short(project)[-2:] == [(5.0, 9.0, "unknown"), (9.0, None, "online")]
    assert project.statuses.watched_at() == T + 10


async def test_a_second_writer_cannot_share_the_spill(store: Store, spill: Path) -> None:
    project, clock = _project(store), Clock()
    async with writing(store, project, spill, clock):
        second = _writer(store, project, spill, clock)
        with pytest.raises(StoreError, match="another Callfloor"):
            await second.start()
        await second.close()


def test_killed_again_and_again_what_ran_ends_at_the_last_heartbeat(database_url: str, spill: Path) -> None:
    """kill -9 at many points, with the store well, and (SQLite) locked, so that the spill is what is being written."""
    store = Store.open(database_url)
    project = _project(store)
    lock = None
    if database_url.startswith("sqlite"):
        lock = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    runs: list[tuple[int, int]] = []  # when each began, and the last second that it said was safe
    for turn, stop_after in enumerate((1, 7, 3, 12, 2, 9)):
        began = int(T) + turn * 100_000
        if lock is not None and turn % 2:
            lock.execute("BEGIN IMMEDIATE")
            runs.append((began, _tell_until_killed(database_url, project.project_id, spill, began, stop_after)))
            lock.execute("ROLLBACK")
            assert spill.stat().st_size > 0
        else:
            runs.append((began, _tell_until_killed(database_url, project.project_id, spill, began, stop_after)))
    if lock is not None:
        lock.close()

    async def come_back() -> None:
        clock = Clock()
        clock.now = T + 1e6
        async with writing(store, project, spill, clock) as writer:
            await drained(writer)
            assert writer.backlog == Backlog()

    asyncio.run(come_back())
    stretches = history(project)
    assert [each.ended_at for each in stretches[:-1]] == [each.began_at for each in stretches[1:]]
    assert stretches[-1].status is Status.UNKNOWN
    holes = [each for each in stretches if each.status is Status.UNKNOWN]
    assert len(holes) == len(runs)
    assert all(each.cause.why is Why.STOPPED for each in holes)
    begun = {each.began_at: each.status for each in stretches}
    for (began, safe), hole in zip(runs, holes, strict=True):
        # Every second that was safe is there, under its own status, and none is there twice.
        assert {second: ORDER[second % 3] for second in range(began + 1, safe + 1)}.items() <= begun.items()
        # Closed at the last heartbeat that was written, half a second after a status: not before the safe one, and
        # never long after what was told.
        last = max(at for at in begun if at < hole.began_at)
        assert hole.began_at in (last, last + 0.5) or hole.began_at == last + 1
        assert hole.began_at >= safe + 0.5
    store.close()


def _tell_until_killed(url: str, project_id: int, spill: Path, began: int, stop_after: int) -> int:
    script = Path(__file__).with_name("killed_status_writer.py")
    child = subprocess.Popen(
        [sys.executable, script, url, str(project_id), spill, str(began)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert child.stdout is not None
    said: list[int] = []
    with child, child.stdout:
        for line in child.stdout:
            if line.endswith("\n"):  # the last may be cut
                said.append(int(line))
            if len(said) == stop_after:
                child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL
    return said[-1]
