"""Jobs in the store: each step once, secrets forgotten, nothing of another project's."""

import pytest

from callfloor.errors import ConflictError, InvalidInputError, NotFoundError
from callfloor.store import ProjectStore, Store
from callfloor.store.jobs import INTERRUPTED, JobState

AT = 1_700_000_000.0


def project(store: Store, name: str = "One") -> ProjectStore:
    return store.project(store.projects.add(name, timezone="UTC", country="PL", language="en", now=1.0).id)


def test_a_job_waits_runs_and_ends_once(store: Store) -> None:
    jobs = project(store).jobs
    made = jobs.put("export", {"kind": "csv", "_password": "secret"}, user_id=7, user_name="Anna", at=AT)
    assert (made.state, made.done, made.of, made.asked_at) == (JobState.WAITING, 0, None, AT)
    running = jobs.take(made.id, at=AT + 1)
    assert (running.state, running.began_at, running.params["_password"]) == (JobState.RUNNING, AT + 1, "secret")
    with pytest.raises(ConflictError):
        jobs.take(made.id, at=AT + 2)
    jobs.progress(made.id, 5, 10)
    assert (jobs.get(made.id).done, jobs.get(made.id).of) == (5, 10)
    done = jobs.finish(made.id, JobState.DONE, at=AT + 3, done=10, of=10, result={"rows": 10})
    assert (done.state, done.done, done.result, done.ended_at) == (JobState.DONE, 10, {"rows": 10}, AT + 3)
    assert done.params == {"kind": "csv"}
    jobs.progress(made.id, 1, 10)
    assert jobs.get(made.id).done == 10
    with pytest.raises(ConflictError):
        jobs.finish(made.id, JobState.FAILED, at=AT + 4)


def test_an_end_is_no_beginning_and_params_are_json(store: Store) -> None:
    jobs = project(store).jobs
    made = jobs.put("export", {"text": "half \ud800 of a pair"}, user_id=None, at=AT)
    assert jobs.get(made.id).params == {"text": "half \ufffd of a pair"}
    with pytest.raises(InvalidInputError):
        jobs.finish(made.id, JobState.RUNNING, at=AT)
    with pytest.raises(InvalidInputError):
        jobs.put("export", {"what": object()}, user_id=None, at=AT)


def test_jobs_are_listed_latest_first_by_user_kind_and_state(store: Store) -> None:
    jobs = project(store).jobs
    ids = [
        jobs.put(kind, {}, user_id=user_id, at=AT).id
        for kind, user_id in (("export", 1), ("remark", None), ("export", 2))
    ]
    jobs.take(ids[1], at=AT)
    assert [job.id for job in jobs.list()] == ids[::-1]
    assert [job.id for job in jobs.list(limit=1)] == ids[2:]
    assert [job.id for job in jobs.list(user_id=1)] == ids[:1]
    assert [job.id for job in jobs.list(kinds=("remark",))] == ids[1:2]
    assert [job.id for job in jobs.list(states=(JobState.WAITING,))] == [ids[2], ids[0]]
    with pytest.raises(InvalidInputError):
        jobs.list(limit=0)


def test_after_a_crash_what_can_go_on_waits_and_the_rest_has_failed(store: Store) -> None:
    jobs = project(store).jobs
    export, remark, waiting, done = (
        jobs.put(kind, {"_secret": 1}, user_id=None, at=AT).id for kind in ("export", "remark", "export", "export")
    )
    for job_id in (export, remark, done):
        jobs.take(job_id, at=AT)
    jobs.finish(done, JobState.DONE, at=AT)
    assert [job.id for job in jobs.recover({"remark"}, at=AT + 60)] == [remark, waiting]
    failed = jobs.get(export)
    assert (failed.state, failed.error_id, failed.ended_at) == (JobState.FAILED, INTERRUPTED, AT + 60)
    assert failed.params == {}
    assert jobs.get(remark).params == {"_secret": 1}
    assert jobs.get(done).state is JobState.DONE


def test_given_back_it_waits_again(store: Store) -> None:
    jobs = project(store).jobs
    made = jobs.put("remark", {}, user_id=None, at=AT)
    jobs.give_back(made.id)
    jobs.take(made.id, at=AT)
    jobs.give_back(made.id)
    assert jobs.get(made.id).state is JobState.WAITING


def test_old_ones_are_forgotten(store: Store) -> None:
    jobs = project(store).jobs
    old, new, running = (jobs.put("export", {}, user_id=None, at=AT).id for _ in range(3))
    jobs.finish(old, JobState.DONE, at=AT)
    jobs.finish(new, JobState.CANCELLED, at=AT + 100)
    assert jobs.forget(before=AT + 50) == (old,)
    assert [job.id for job in jobs.list()] == [running, new]


def test_another_projects_jobs_do_not_exist(store: Store) -> None:
    ours, theirs = project(store).jobs, project(store, "Two").jobs
    job = theirs.put("export", {}, user_id=1, at=AT)
    assert ours.list() == ()
    for attempt in (
        lambda: ours.get(job.id),
        lambda: ours.take(job.id, at=AT),
        lambda: ours.finish(job.id, JobState.DONE, at=AT),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    ours.progress(job.id, 3, 4)
    ours.give_back(job.id)
    assert ours.recover((), at=AT) == ()
    assert ours.forget(before=AT + 1000) == ()
    assert theirs.get(job.id) == job
