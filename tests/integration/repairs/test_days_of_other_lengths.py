"""Outages over the night in which the clocks change: the PBX writes by the clock on the wall, which says an hour twice.

Warsaw in 2026: 29 March has 23 hours, 25 October has 25.
"""

import itertools
import re
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median_low
from zoneinfo import ZoneInfo

import msgspec
import pytest

from callfloor.floor.calls import CallRecord
from callfloor.floor.days import day_bounds
from callfloor.floor.employees import Cause, Status, StatusTold, Why
from callfloor.store import ProjectStore, Store
from callfloor.store.repairs import RepairState
from support.repair_files import FIRST, LAST, RecordFiles, everything, linked, tried

WARSAW = ZoneInfo("Europe/Warsaw")
CHANGES = [
    pytest.param(date(2026, 3, 29), 23, id="23 hours"),
    pytest.param(date(2026, 10, 25), 25, id="25 hours"),
]
CHANGED_AT = {date(2026, 3, 29): 1_774_746_000, date(2026, 10, 25): 1_792_890_000}  # 01:00 UTC
_ID = re.compile(r"\b(1795[23]\d{5})(?=[.|])")
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("Acme", timezone="Europe/Warsaw", country="RU", language="en", now=1.0)
    return store.project(made.id)


def moved(line: str, by_s: int) -> str:
    """A line as a PBX in Warsaw would have written it so much later or earlier."""
    line = _ID.sub(lambda found: str(int(found[1]) + by_s), line)
    return _TIME.sub(lambda found: _local(found[0], by_s), line)


def _local(text: str, by_s: int) -> str:
    at = datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp() + by_s
    return datetime.fromtimestamp(at, WARSAW).strftime("%Y-%m-%d %H:%M:%S")


def times(records: dict[str, CallRecord], by_s: int) -> list[tuple[object, ...]]:
    """What is known of when each call was, so much earlier."""

    def earlier(at: float | None) -> float | None:
        return None if at is None else round(at - by_s, 3)

    return sorted(
        (
            earlier(one.started_at), earlier(one.answered_at), earlier(one.ended_at), one.type, one.result,
            round(one.waiting_s, 3), round(one.talk_s, 3), round(one.hold_s, 3), one.client_number,
        )
        for one in records.values()
    )  # fmt: skip


@pytest.mark.parametrize(("day", "hours"), CHANGES)
def test_calls_of_the_hour_that_is_there_twice_or_never_are_repaired_to_the_instant(
    store: Store, project: ProjectStore, files: RecordFiles, day: date, hours: int, tmp_path: Path
) -> None:
    begins_at, ends_at = day_bounds(day, WARSAW)
    assert ends_at - begins_at == hours * 3600
    undisturbed = store.project(store.projects.add("UTC", timezone="UTC", country="RU", language="en", now=1.0).id)
    tried(undisturbed, files.specs())
    whole = everything(undisturbed)
    middle = median_low(round(record.started_at) for record in whole.values())
    by_s = CHANGED_AT[day] - middle
    for kind, lines in files.lines.items():
        files.write(kind, [moved(line, by_s) for line in lines])
    linked(project)
    repair, came = tried(project, files.specs(zone="Europe/Warsaw"), FIRST + by_s, LAST + by_s)
    assert (came.calls, came.refused, repair.state) == (len(whole), 0, RepairState.DONE)
    assert times(everything(project), by_s) == times(whole, 0)
    link = linked(project)
    project.links.down(link, at=CHANGED_AT[day] - 1800.0, reason="cut")
    project.links.up(link, at=CHANGED_AT[day] + 5400.0)
    project.repairs.note_outages(link, now=LAST)
    (outage,) = project.repairs.due(LAST)
    assert outage.ended_at - outage.began_at == 7200.0, "however many hours the clocks say it was"
    _, came = tried(project, files.specs(zone="Europe/Warsaw"), repair=outage)
    assert (came.calls, came.mended) == (0, 0)


@pytest.mark.parametrize(("day", "hours"), CHANGES)
def test_statuses_of_an_outage_over_the_change_add_up_to_the_day(project: ProjectStore, day: date, hours: int) -> None:
    begins_at, ends_at = day_bounds(day, WARSAW)
    lost_at, back_at = CHANGED_AT[day] - 1800.0, CHANGED_AT[day] + 3600.0
    anna = project.directory.add_employee("Anna", account_names=["101"]).id
    for at, status in ((begins_at - 600.0, Status.ONLINE), (lost_at, Status.UNKNOWN), (back_at, Status.ONLINE)):
        told = StatusTold(at=at, status=status, cause=Cause(why=Why.WATCH_BEGAN), employee_id=anna)
        project.statuses.write([told])
    talked = CHANGED_AT[day] - 300.0, CHANGED_AT[day] + 900.0, "pbx1-1.0", "101"
    project.status_repairs.talked([(anna, *talked)])
    found = project.statuses.stretches(anna, begins_at, ends_at)
    for before, after in itertools.pairwise(found):
        assert before.ended_at == after.began_at
    assert [one.status for one in found] == [
        Status.ONLINE, Status.UNKNOWN, Status.TALKING, Status.UNKNOWN, Status.ONLINE,
    ]  # fmt: skip
    (total,) = project.statuses.day_totals(anna, [(begins_at, ends_at)], ends_at)
    sums = {name: value for name, value in msgspec.structs.asdict(total).items() if name.endswith("_s") and value}
    assert sums == {"online_s": hours * 3600 - 5400.0, "unknown_s": 4200.0, "talking_s": 1200.0}
