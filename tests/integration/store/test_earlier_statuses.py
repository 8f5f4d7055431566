"""A past that is told after the present began: written once, refused whole, added up by the day."""

import math
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from callfloor.errors import ConflictError, RowRefusedError
from callfloor.floor.days import day_bounds
from callfloor.floor.employees import Cause, Status, StatusStretch, StatusTold, Why
from callfloor.store import ProjectStore, Store

BEGINS_AT, ENDS_AT = day_bounds(date(2026, 11, 18), ZoneInfo("Europe/Kyiv"))
NOON = BEGINS_AT + 12 * 3600
CAUSE = Cause(why=Why.REGISTERED, account="101")


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    return store.project(made.id)


def stretch(began_at: float, ended_at: float | None, status: Status = Status.ONLINE) -> StatusStretch:
    return StatusStretch(status=status, began_at=began_at, ended_at=ended_at, cause=CAUSE)


def test_the_past_comes_before_what_runs_and_both_add_up(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    now = StatusTold(at=NOON, status=Status.TALKING, cause=CAUSE, employee_id=ann)
    project.statuses.write([now])
    past = [stretch(BEGINS_AT, NOON - 3600, Status.OFFLINE), stretch(NOON - 3600, NOON)]
    assert project.statuses.write_earlier([(ann, each) for each in past]) == 2
    running = stretch(NOON, None, Status.TALKING)
    assert project.statuses.stretches(ann, -math.inf, math.inf) == (*past, running)
    for _ in range(2):
        (day,) = project.statuses.day_totals(ann, [(BEGINS_AT, ENDS_AT)], NOON + 60)
        assert (day.offline_s, day.online_s, day.talking_s, day.unknown_s) == (11 * 3600, 3600, 60, 0)
        assert project.statuses.write_earlier([(ann, each) for each in past]) == 0  # again: nothing is counted twice
    project.rollups.rebuild()
    assert project.statuses.day_totals(ann, [(BEGINS_AT, ENDS_AT)], NOON + 60) == (day,)


def test_the_first_instant_is_known_of_each(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    assert project.statuses.known_since() == {}
    project.statuses.write_earlier([(ann, stretch(NOON, NOON + 1)), ("101", stretch(NOON - 5.5, NOON))])
    project.statuses.write_earlier([(ann, stretch(NOON - 60, NOON))])
    assert project.statuses.known_since() == {ann: NOON - 60, "101": NOON - 5.5}


def test_what_begins_and_ends_in_one_millisecond_is_nothing(project: ProjectStore) -> None:
    assert (
        project.statuses.write_earlier([("101", stretch(NOON, NOON + 0.0001)), ("101", stretch(NOON, NOON + 1))]) == 1
    )
    assert project.statuses.stretches("101", -math.inf, math.inf) == (stretch(NOON, NOON + 1),)


@pytest.mark.parametrize("wrong", [stretch(NOON, None), stretch(NOON, NOON - 1), stretch(-1.0, NOON)])
def test_a_past_with_a_wrong_stretch_is_refused_whole(project: ProjectStore, wrong: StatusStretch) -> None:
    with pytest.raises(RowRefusedError):
        project.statuses.write_earlier([("101", stretch(NOON, NOON + 1)), ("102", wrong)])
    assert project.statuses.known_since() == {}


def test_the_past_of_another_projects_employee_is_refused(store: Store, project: ProjectStore) -> None:
    other = store.projects.add("Two", timezone="UTC", country="UA", language="uk", now=1.0)
    stranger = store.project(other.id).directory.add_employee("Bob", account_names=["101"]).id
    with pytest.raises(ConflictError):
        project.statuses.write_earlier([("101", stretch(NOON, NOON + 1)), (stranger, stretch(NOON, NOON + 1))])
    assert project.statuses.known_since() == {}
