"""Conversations of an outage, put into what was unknown of it."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callfloor.floor.employees import Cause, Status, StatusTold, Why
from callfloor.store import ProjectStore, Store

DAY = 1_795_305_600.0
TOLD = ((0.0, Status.ONLINE), (1000.0, Status.UNKNOWN), (5000.0, Status.ONLINE))
SPANS = st.tuples(st.integers(0, 6000), st.integers(1, 3000))


@pytest.fixture
def projects(store: Store) -> Store:
    return store


def made(store: Store, number: int) -> tuple[ProjectStore, int]:
    """A project with an employee who was online, of whom nothing was known for a while, and who is online again."""
    project = store.project(store.projects.add(f"P{number}", timezone="UTC", country="RU", language="en", now=1.0).id)
    anna = project.directory.add_employee("Anna", account_names=["101"]).id
    for after_s, status in TOLD:
        cause = Cause(why=Why.WATCH_BEGAN)
        project.statuses.write([StatusTold(at=DAY + after_s, status=status, cause=cause, employee_id=anna)])
    return project, anna


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(SPANS, max_size=5))
def test_whatever_was_talked_the_stretches_follow_one_another_and_the_day_adds_up(
    projects: Store, spans: list[tuple[int, int]]
) -> None:
    project, anna = made(projects, len(projects.projects.all()))
    talks = [(anna, DAY + began, DAY + began + length, f"pbx1-{began}.0", "101") for began, length in spans]
    project.status_repairs.talked(talks)
    found = project.statuses.stretches(anna, DAY, DAY + 86_400)
    for before, after in itertools.pairwise(found):
        assert before.ended_at == after.began_at
    assert (found[0].status, found[0].ended_at) == (Status.ONLINE, DAY + 1000)
    assert (found[-1].status, found[-1].began_at) == (Status.ONLINE, DAY + 5000)
    talked = {second for began, length in spans for second in range(max(began, 1000), min(began + length, 5000))}
    told_s = sum((one.ended_at or 0.0) - one.began_at for one in found if one.status is Status.TALKING)
    assert told_s == len(talked)
    (total,) = project.statuses.day_totals(anna, [(DAY, DAY + 86_400)], DAY + 86_400)
    assert (total.talking_s, total.unknown_s) == (len(talked), 4000 - len(talked))
    assert project.status_repairs.talked(talks) == 0 or len(talked) < 4000
    assert project.statuses.stretches(anna, DAY, DAY + 86_400) == found
