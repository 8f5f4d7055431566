"""Long work from its start to its end, and through the end of the process, on a real store."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from callfloor.errors import InvalidInputError, NotFoundError, StoreFullError
from callfloor.project.long_work import FILES_KEPT_S, JOBS_KEPT_S, Kind, LongWork, Report
from callfloor.store import ProjectStore, Store
from callfloor.store.jobs import JobState
from support.databases import sqlite_in
from support.waiting import until


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(sqlite_in(tmp_path))
    store.projects.add("One", timezone="UTC", country="PL", language="en", now=1.0)
    yield store
    store.close()


class Stepwise:
    """Work that goes on by the test's leave: one step for each ``go``."""

    def __init__(self, steps: int = 3) -> None:
        self.steps = steps
        self.go = threading.Semaphore(0)
        self.began: list[int] = []

    def __call__(self, project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        self.began.append(params.get("n", 0))
        for step in range(self.steps):
            report.progress(step, self.steps)
            self.go.acquire()
        report.progress(self.steps, self.steps)
        return {"n": params.get("n", 0)}

    def let(self, steps: int) -> None:
        self.go.release(steps)


def long_work(store: Store, tmp_path: Path, clock: Clock | None = None, **kinds: Kind) -> LongWork:
    work = LongWork(store, store.project(1), tmp_path / "work", clock or Clock())
    for name, kind in kinds.items():
        work.register(name, kind)
    return work


async def test_it_tells_how_far_it_is_and_ends_with_its_result(store: Store, tmp_path: Path) -> None:
    steps = Stepwise()
    work = long_work(store, tmp_path, step=Kind(run=steps))
    job = await work.start("step", {"n": 4}, user_id=9, user_name="Anna")
    assert (job.state, job.user_id, job.user_name) == (JobState.WAITING, 9, "Anna")
    get = store.project(1).jobs.get
    await until(lambda: work.now(get(job.id)).of == 3, "it runs")
    steps.let(2)
    await until(lambda: work.now(get(job.id)).done == 2, "two steps are done")
    assert get(job.id).state is JobState.RUNNING
    steps.let(1)
    ended = await work.ended(job.id)
    assert (ended.state, ended.done, ended.of, ended.result) == (JobState.DONE, 3, 3, {"n": 4})
    await work.close()


async def test_of_one_kind_they_run_in_turn_and_kinds_do_not_wait_for_each_other(store: Store, tmp_path: Path) -> None:
    slow, quick = Stepwise(1), Stepwise(0)
    work = long_work(store, tmp_path, slow=Kind(run=slow), quick=Kind(run=quick))
    first, second = [await work.start("slow", {"n": n}) for n in (1, 2)]
    await until(lambda: slow.began, "the first runs")
    other = await work.start("quick", {})
    assert (await work.ended(other.id)).state is JobState.DONE
    assert slow.began == [1]
    slow.let(2)
    assert (await work.ended(first.id)).state is (await work.ended(second.id)).state is JobState.DONE
    assert slow.began == [1, 2]
    await work.close()


async def test_cancelled_it_stops_at_its_next_step_and_a_waiting_one_never_begins(store: Store, tmp_path: Path) -> None:
    steps = Stepwise()
    work = long_work(store, tmp_path, step=Kind(run=steps))
    running, waiting = [await work.start("step", {"n": n}) for n in (1, 2)]
    await until(lambda: steps.began, "the first runs")
    assert (await work.cancel(waiting.id)).state is JobState.CANCELLED
    await work.cancel(running.id)
    steps.let(1)
    ended = await work.ended(running.id)
    assert (ended.state, ended.error_id, ended.done) == (JobState.CANCELLED, "job_cancelled", 1)
    assert (await work.ended(waiting.id)).began_at is None
    assert steps.began == [1]
    assert (await work.cancel(running.id)) == ended
    with pytest.raises(NotFoundError):
        await work.cancel(999)
    await work.close()


async def test_a_newer_one_takes_the_place_of_those_before_it(store: Store, tmp_path: Path) -> None:
    steps = Stepwise()
    work = long_work(store, tmp_path, step=Kind(run=steps, newest_only=True))
    first, second = [await work.start("step", {"n": n}) for n in (1, 2)]
    third = await work.start("step", {"n": 3})
    steps.let(10)
    ended = [await work.ended(job.id) for job in (first, second, third)]
    assert [job.state for job in ended] == [JobState.CANCELLED, JobState.CANCELLED, JobState.DONE]
    await work.close()


async def test_what_it_raises_is_told_and_nothing_of_the_unforeseen(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def known(project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        raise StoreFullError

    def unknown(project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        raise KeyError("a client's number")

    def wordless(project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        return {"what": object()}

    work = long_work(store, tmp_path, known=Kind(run=known), unknown=Kind(run=unknown), wordless=Kind(run=wordless))
    ended = [await work.ended((await work.start(kind, {})).id) for kind in ("known", "unknown", "wordless")]
    assert [(job.state, job.error_id) for job in ended] == [
        (JobState.FAILED, "store_full"),
        (JobState.FAILED, "internal"),
        (JobState.FAILED, "internal"),
    ]
    assert "number" not in (ended[1].error or "")
    assert "KeyError" in caplog.text
    with pytest.raises(InvalidInputError):
        await work.start("nothing", {})
    await work.close()


async def test_its_file_is_there_when_it_is_done_and_goes_when_it_is_old(store: Store, tmp_path: Path) -> None:
    go = threading.Event()

    def write(project: ProjectStore, params: dict[str, Any], report: Report) -> dict[str, Any]:
        report.file("журнал.csv", "text/csv").write_text("a;b")
        if params.get("fails"):
            go.wait(10)
            report.progress(1)
        return {"rows": 1}

    clock = Clock()
    work = long_work(store, tmp_path, clock, write=Kind(run=write))
    job = await work.ended((await work.start("write", {})).id)
    assert job.result == {"rows": 1, "file": {"name": "журнал.csv", "media_type": "text/csv", "bytes": 3}}
    path = work.file(job)
    assert path is not None
    assert path.read_text() == "a;b"
    stopped = await work.start("write", {"fails": True})
    left = tmp_path / "work" / str(stopped.id)
    await until(left.is_dir, "it writes")
    await work.tidy()
    assert left.is_dir()
    await work.cancel(stopped.id)
    go.set()
    assert work.file(await work.ended(stopped.id)) is None
    assert not left.exists()
    (tmp_path / "work" / "777").mkdir()
    await work.tidy()
    assert work.file(job) == path
    assert not (tmp_path / "work" / "777").exists()
    clock.now += FILES_KEPT_S + 1
    await work.tidy()
    assert work.file(job) is None
    clock.now += JOBS_KEPT_S
    await work.tidy()
    assert store.project(1).jobs.list() == ()
    await work.close()


async def test_through_the_end_of_the_process(store: Store, tmp_path: Path) -> None:
    before = Stepwise()
    work = long_work(
        store, tmp_path, remark=Kind(run=before, resumable=True), export=Kind(run=before), other=Kind(run=before)
    )
    resumed, failed = await work.start("remark", {"n": 1}), await work.start("export", {"n": 2})
    waiting, orphan = await work.start("export", {"n": 3}), await work.start("other", {"n": 4})
    await until(lambda: len(before.began) == 3, "three run")
    await work.cancel(orphan.id)
    before.let(3)
    closing = work.close()
    await closing
    get = store.project(1).jobs.get
    assert get(resumed.id).state is get(waiting.id).state is JobState.WAITING
    assert (get(failed.id).state, get(failed.id).error_id) == (JobState.FAILED, "interrupted")
    # A crash: nobody said goodbye.
    store.project(1).jobs.take(resumed.id, at=5.0)
    unknown = store.project(1).jobs.put("gone", {}, user_id=None, at=5.0)
    after = Stepwise()
    after.let(100)
    work = long_work(store, tmp_path, remark=Kind(run=after, resumable=True), export=Kind(run=after))
    await work.begin()
    assert (await work.ended(resumed.id)).result == {"n": 1}
    assert (await work.ended(waiting.id)).result == {"n": 3}
    assert get(unknown.id).state is JobState.FAILED
    await work.close()
