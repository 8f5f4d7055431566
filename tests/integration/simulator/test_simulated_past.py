"""The simulated past in a real store: the same rows each time, without a gap, up to where the present begins."""

import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from callfloor.config import Config, read
from callfloor.floor.days import day_bounds, day_of, days_between, tile
from callfloor.floor.employees import Cause, Status, StatusStretch, StatusTold, Why
from callfloor.project.simulated_past import Filled, fill, is_needed, notes
from callfloor.service import simulated_directory
from callfloor.simulator import directory
from callfloor.store import ProjectStore, Store
from support.databases import sqlite_in
from support.waiting import wait_until

KYIV = ZoneInfo("Europe/Kyiv")
UNTIL = 1_795_633_200.0
DAYS = [day_bounds(day, KYIV) for day in days_between(day_of(UNTIL - 3 * 86_400, KYIV), day_of(UNTIL, KYIV))]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    settings = read({"CALLFLOOR_DATA": str(tmp_path), "CALLFLOOR_SIMULATED_HISTORY_DAYS": "2"})
    return msgspec.structs.replace(settings, simulated=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store.open(sqlite_in(tmp_path))
    yield store
    store.close()


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    found = store.project(made.id)
    found.directory.accept(simulated_directory(directory()))
    return found


def filled(store: Store, project: ProjectStore, config: Config) -> tuple[Filled, list[float], list[float]]:
    shares, pauses = list[float](), list[float]()
    done = fill(
        store, project.project_id, "UA", config, until=UNTIL, progress=lambda share, _: shares.append(share),
        pause=pauses.append,
    )  # fmt: skip
    return done, shares, pauses


def everybody(project: ProjectStore) -> list[tuple[int | str, tuple[StatusStretch, ...]]]:
    people = project.directory.load().employees
    subjects: list[int | str] = [each for person in people for each in (person.id, *person.accounts)]
    return [(each, project.statuses.stretches(each, -math.inf, math.inf)) for each in subjects]


def test_the_past_fills_calls_and_statuses_up_to_the_present_and_lets_others_write(
    store: Store, project: ProjectStore, config: Config
) -> None:
    assert is_needed(store, project.project_id, UNTIL)
    done, shares, pauses = filled(store, project, config)
    assert not is_needed(store, project.project_id, UNTIL)
    assert done.calls > 300
    history = everybody(project)
    assert done.stretches == sum(len(stretches) for _, stretches in history)
    for _, stretches in history:
        assert stretches[0].began_at == UNTIL - 2 * 86_400
        assert stretches[-1].ended_at == UNTIL
        assert all(before.ended_at == after.began_at for before, after in pairwise(stretches))
    assert len(pauses) == len(shares) > 3
    assert shares == sorted(shares)
    assert 0.0 < shares[0] < shares[-1] <= 1.0


def test_repeated_it_writes_the_same_rows_and_the_days_add_up_once(
    store: Store, project: ProjectStore, config: Config
) -> None:
    filled(store, project, config)
    first = everybody(project)
    calls = project.journal.page(0.0, UNTIL + 60, limit=200)
    again, _, _ = filled(store, project, config)
    assert again.stretches == 0  # history knows better than a past that is told afterwards
    assert everybody(project) == first
    assert project.journal.page(0.0, UNTIL + 60, limit=200) == calls
    for subject, stretches in first:
        if isinstance(subject, int):
            for (begins_at, ends_at), kept in zip(DAYS, project.statuses.day_totals(subject, DAYS, UNTIL), strict=True):
                talking = sum(
                    (each.ended_at or UNTIL) - each.began_at
                    for each in tile(stretches, begins_at, ends_at, UNTIL)
                    if each.status is Status.TALKING
                )
                assert kept.talking_s == pytest.approx(talking, abs=0.001)
                assert kept.length_s == ends_at - begins_at


def test_two_stores_get_the_same_past(store: Store, project: ProjectStore, config: Config, tmp_path: Path) -> None:
    filled(store, project, config)
    other = Store.open(sqlite_in(tmp_path, "other.db"))
    try:
        made = other.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
        twin = other.project(made.id)
        twin.directory.accept(simulated_directory(directory()))
        filled(other, twin, config)
        assert everybody(twin) == everybody(project)
    finally:
        other.close()


def test_what_the_present_told_already_stays_and_the_past_ends_there(
    store: Store, project: ProjectStore, config: Config
) -> None:
    person = project.directory.load().employees[0]
    cause = Cause(why=Why.WATCH_BEGAN)
    project.statuses.write(
        [
            StatusTold(at=UNTIL, status=Status.TALKING, cause=cause, account=person.accounts[0]),
            StatusTold(at=UNTIL - 3600.5, status=Status.DND, cause=cause, employee_id=person.id),
        ]
    )
    filled(store, project, config)
    for subject, began_at, status in (
        (person.accounts[0], UNTIL, Status.TALKING),
        (person.id, UNTIL - 3600.5, Status.DND),
    ):
        *past, before, now = project.statuses.stretches(subject, -math.inf, math.inf)
        assert past
        assert (now.status, now.began_at, now.ended_at) == (status, began_at, None)
        assert before.ended_at == began_at


def test_one_that_is_killed_is_done_again_at_the_next_start_to_the_same_end(
    store: Store, project: ProjectStore, config: Config, tmp_path: Path
) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CALLFLOOR_")} | {
        "CALLFLOOR_DATA": str(tmp_path),
        "CALLFLOOR_SIMULATED_HISTORY_DAYS": "1",
        "CALLFLOOR_PBX_URL": "simulator:",
    }
    command = [sys.executable, "-m", "callfloor", "simulate-history", "--until"]
    killed = subprocess.Popen([*command, repr(UNTIL)], env=environment, stdout=subprocess.DEVNULL)
    wait_until(lambda: project.journal.page(0.0, UNTIL, limit=1).calls, "it has begun", within_s=100)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL, "in the middle of it"
    half = sum(len(stretches) for _, stretches in everybody(project))
    # The next start is later, and the present has told of everybody meanwhile.
    subprocess.run([*command, repr(UNTIL + 60)], env=environment, check=True, stdout=subprocess.DEVNULL)
    other = Store.open(sqlite_in(tmp_path, "other.db"))
    try:
        made = other.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
        twin = other.project(made.id)
        twin.directory.accept(simulated_directory(directory()))
        done, _, _ = filled(other, twin, msgspec.structs.replace(config, simulated_history_days=1))
        assert half < done.stretches
        assert everybody(project) == everybody(twin)
        calls = [each.project(made.id).journal.page(0.0, UNTIL + 60, limit=1000).calls for each in (store, other)]
        assert calls[0] == calls[1]
    finally:
        other.close()
    with notes(tmp_path) as noted:
        assert noted.begun() is None
