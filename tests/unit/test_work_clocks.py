"""Whose hours run when: the project's, a department's with those below it, a queue's, and on days that are others."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from callfloor.errors import InvalidInputError
from callfloor.floor.changes import Snapshot
from callfloor.floor.directory import Department, Directory, Employee, Queue
from callfloor.floor.employees import Cause, LiveEmployee, Status, Switch, Why
from callfloor.project.keeping_hours import OUTSIDE_HOURS, KeptHours
from callfloor.store.rules import Rules
from callfloor.store.working_hours import (
    DayHours,
    DepartmentHours,
    Holiday,
    QueueHours,
    WorkClocks,
    WorkingHours,
    check_hours,
)

KYIV = ZoneInfo("Europe/Kyiv")
DIRECTORY = Directory(
    departments=(
        Department(id=1, name="Sales"),
        Department(id=2, name="North", parent_id=1),
        Department(id=3, name="Help"),
    ),
    employees=(
        Employee(id=1, name="Anna", department_id=2),
        Employee(id=2, name="Boris", department_id=3),
        Employee(id=3, name="Cleo", department_id=3),
    ),
    queues=(Queue(name="north", department_id=2), Queue(name="help", department_id=3), Queue(name="any")),
)


def week(begins: int, ends: int) -> tuple[WorkingHours, ...]:
    return tuple(WorkingHours(weekday=day, begins_minute=begins * 60, ends_minute=ends * 60) for day in range(5))


RULES = Rules(
    working_hours=week(9, 18),
    department_hours=(DepartmentHours(department_id=1, hours=week(12, 20)),),
    queue_hours=(QueueHours(queue="help", hours=week(7, 8)),),
    holidays=(
        Holiday(day="2025-12-25", every_year=True),
        Holiday(day="2026-12-24", hours=(DayHours(begins_minute=540, ends_minute=720),)),
        Holiday(day="2027-12-25", hours=(DayHours(begins_minute=0, ends_minute=1440),)),
    ),
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=KYIV).timestamp()


@pytest.mark.parametrize(
    ("whose", "name", "works", "rests"),
    [
        ("department", None, "2026-11-23T10:00", "2026-11-23T19:00"),
        ("department", 3, "2026-11-23T10:00", "2026-11-23T19:00"),
        ("department", 2, "2026-11-23T19:00", "2026-11-23T10:00"),  # those of Sales, above it
        ("department", 99, "2026-11-23T10:00", "2026-11-23T19:00"),
        ("queue", "north", "2026-11-23T19:00", "2026-11-23T10:00"),
        ("queue", "help", "2026-11-23T07:30", "2026-11-23T10:00"),
        ("queue", "any", "2026-11-23T10:00", "2026-11-23T19:00"),
        ("queue", None, "2026-11-23T10:00", "2026-11-22T10:00"),  # a Sunday
        ("department", None, "2026-12-24T11:00", "2026-12-24T13:00"),  # a short day
        # Christmas of every year; that of 2027, a Saturday, has hours of its own.
        ("department", None, "2027-12-25T23:00", "2026-12-25T10:00"),
    ],
)
def test_whose_hours_run(whose: str, name: Any, works: str, rests: str) -> None:
    clock = getattr(WorkClocks(RULES, DIRECTORY, KYIV), whose)(name)
    assert clock.runs(at(works))
    assert not clock.runs(at(rests))


def test_where_nobody_said_there_are_no_hours() -> None:
    clocks = WorkClocks(Rules(), DIRECTORY, KYIV)
    assert (clocks.project, clocks.department(2), clocks.queue("help")) == (None, None, None)
    short = WorkClocks(RULES, DIRECTORY, KYIV).project
    assert short is not None
    assert short.worked_s(at("2026-12-23T18:00"), at("2026-12-28T09:00")) == 3 * 3600


@pytest.mark.parametrize(
    "wrong",
    [
        {"holidays": (Holiday(day="2026-02-30"),)},
        {"holidays": (Holiday(day="2026-02-20"), Holiday(day="2026-02-20"))},
        {"holidays": (Holiday(day="2026-02-20", hours=(DayHours(begins_minute=5, ends_minute=5),)),)},
        {"department_hours": (DepartmentHours(department_id=1, hours=()),)},
        {"queue_hours": (QueueHours(queue="a", hours=week(1, 2)), QueueHours(queue="a", hours=week(1, 2)))},
        {"queue_hours": (QueueHours(queue="a", hours=(WorkingHours(weekday=7, begins_minute=0, ends_minute=1),)),)},
    ],
)
def test_what_are_no_hours_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        check_hours(Rules(**wrong))


def row(employee_id: int, switch: Switch | None = None) -> LiveEmployee:
    return LiveEmployee(
        id=employee_id, status=Status.ONLINE, since=0.0, cause=Cause(why=Why.WATCH_BEGAN), switch=switch
    )


def test_employees_are_switched_by_the_hours_of_their_departments_and_never_over_their_own_switch() -> None:
    kept = KeptHours()
    ours = Switch(status=Status.OFFLINE, since=0.0, by=OUTSIDE_HOURS, by_rule=True)
    own = Switch(status=Status.DND, since=0.0, by="cleo")
    snapshot = Snapshot(at=0.0, calls=(), links=(), directory=DIRECTORY, employees=(row(1, ours), row(2), row(3, own)))
    evening = kept.switches(RULES, snapshot, "Europe/Kyiv", at("2026-11-23T19:00"))
    assert [(each.employee_id, each.status) for each in evening] == [(1, None), (2, Status.OFFLINE)]
    off = Rules(working_hours=week(9, 18), offline_outside_hours=False)
    assert kept.concern(RULES)
    assert kept.concern(off), "what was switched is taken back once"
    assert [(each.employee_id, each.status) for each in kept.switches(off, snapshot, "Europe/Kyiv", 0.0)] == [(1, None)]
    assert not kept.concern(off)
