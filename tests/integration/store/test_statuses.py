"""Statuses on both databases: told in order, kept for ever, and added up by the day."""

import itertools
import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callfloor.errors import ConflictError, RowRefusedError
from callfloor.floor.days import StatusTotals, day_bounds, days_between, tile, totals
from callfloor.floor.employees import Cause, Status, StatusStretch, StatusTold, Why
from callfloor.store import ProjectStore, Rebuilding, Store
from callfloor.store.status_entries import StatusEntry

KYIV = ZoneInfo("Europe/Kyiv")
T = 1_790_000_000.0
CAUSE = Cause(why=Why.REGISTERED, account="101", device="PJSIP/101", call_id="c-1", by="anna")
STOPPED = Cause(why=Why.STOPPED)
SOME = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)


def make_project(store: Store, name: str = "One", timezone: str = "Europe/Kyiv") -> ProjectStore:
    made = store.projects.add(name, timezone=timezone, country="UA", language="uk", now=1.0)
    return store.project(made.id)


@pytest.fixture
def project(store: Store) -> ProjectStore:
    return make_project(store)


def told(at: float, status: Status, subject: int | str, cause: Cause = CAUSE) -> StatusTold:
    if isinstance(subject, int):
        return StatusTold(at=at, status=status, cause=cause, employee_id=subject)
    return StatusTold(at=at, status=status, cause=cause, account=subject)


def history(project: ProjectStore, subject: int | str) -> tuple[StatusStretch, ...]:
    return project.statuses.stretches(subject, -math.inf, math.inf)


def short(stretches: Sequence[StatusStretch]) -> list[tuple[float, float | None, str]]:
    return [
        (each.began_at - T, None if each.ended_at is None else each.ended_at - T, each.status.value)
        for each in stretches
    ]


def test_what_is_told_of_a_person_and_of_an_account_is_their_own_history(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    project.statuses.write([told(T, Status.ONLINE, ann), told(T, Status.OFFLINE, "101")])
    project.statuses.write([told(T + 5.1234, Status.TALKING, ann)])
    assert history(project, ann) == (
        StatusStretch(status=Status.ONLINE, began_at=T, ended_at=T + 5.123, cause=CAUSE),
        StatusStretch(status=Status.TALKING, began_at=T + 5.123, ended_at=None, cause=CAUSE),
    )
    assert short(history(project, "101")) == [(0.0, None, "offline")]
    assert history(project, "102") == history(project, ann + 1) == ()
    assert project.statuses.tracks([ann, "101", "102"], T, T + 1) == (
        history(project, ann)[:1],
        history(project, "101"),
        (),
    )


def test_a_period_has_the_stretches_that_touch_it(project: ProjectStore) -> None:
    project.statuses.write([told(T + 10 * n, Status.ONLINE if n % 2 else Status.DND, "101") for n in range(5)])
    stretches = project.statuses.stretches

    def begins(begins_at: float, ends_at: float) -> list[float]:
        return [each.began_at - T for each in stretches("101", T + begins_at, T + ends_at)]

    assert begins(-9, 0) == []
    assert begins(-9, 1) == [0]
    assert begins(10, 20) == [10]
    assert begins(9, 21) == [0, 10, 20]
    assert begins(12, 13) == [10]
    assert begins(40, 41) == begins(99, 100) == [40]
    assert begins(30, 30) == [30]
    assert begins(100, 99) == [40]


def test_the_same_status_again_goes_on(project: ProjectStore) -> None:
    project.statuses.write([told(T, Status.ONLINE, "101"), told(T + 5, Status.ONLINE, "101", STOPPED)])
    project.statuses.write([told(T + 9, Status.ONLINE, "101")])
    assert history(project, "101") == (StatusStretch(status=Status.ONLINE, began_at=T, ended_at=None, cause=CAUSE),)


def test_what_is_told_last_of_an_instant_holds(project: ProjectStore) -> None:
    project.statuses.write([told(T, Status.ONLINE, "101"), told(T, Status.DND, "101")])
    project.statuses.write([told(T, Status.OFFLINE, "101")])
    assert short(history(project, "101")) == [(0.0, None, "offline")]


def test_a_clock_set_back_does_not_tear_history(project: ProjectStore) -> None:
    """Told later is so now; what is over stays; nothing overlaps."""
    project.statuses.write([told(T, Status.ONLINE, "101"), told(T + 10, Status.DND, "101")])
    project.statuses.write([told(T + 4, Status.TALKING, "101")])
    assert short(history(project, "101")) == [(0.0, 10.0, "online"), (10.0, None, "talking")]
    project.statuses.write([told(T + 12, Status.ONLINE, "101")])
    assert short(history(project, "101")) == [(0.0, 10.0, "online"), (10.0, 12.0, "talking"), (12.0, None, "online")]


def test_what_can_be_no_status_is_refused_and_nothing_of_its_batch_is_written(project: ProjectStore) -> None:
    good = told(T, Status.ONLINE, "101")
    nobody = StatusTold(at=T, status=Status.ONLINE, cause=CAUSE)
    both = StatusTold(at=T, status=Status.ONLINE, cause=CAUSE, account="101", employee_id=1)
    for bad in (
        nobody,
        both,
        told(math.nan, Status.DND, "101"),
        told(-1.0, Status.DND, "101"),
        told(1e13, Status.DND, "1"),
    ):
        with pytest.raises(RowRefusedError):
            project.statuses.write([good, bad])
    with pytest.raises(ConflictError):
        project.statuses.write([good, told(T, Status.ONLINE, 999)])
    with pytest.raises(RowRefusedError):
        project.statuses.take([StatusEntry(run="", number=0)])
    assert history(project, "101") == ()


def test_two_projects_share_nothing(store: Store) -> None:
    one, two = make_project(store, "One"), make_project(store, "Two")
    ann = one.directory.add_employee("Ann").id
    one.statuses.write([told(T, Status.ONLINE, "101"), told(T, Status.ONLINE, ann)])
    one.statuses.heartbeat(T + 3)
    two.statuses.write([told(T, Status.DND, "101")])
    with pytest.raises(ConflictError):
        two.statuses.write([told(T, Status.DND, ann)])
    two.statuses.recover(T + 50)
    assert history(two, ann) == ()
    assert short(history(one, "101")) == [(0.0, None, "online")]
    assert short(history(two, "101")) == [(0.0, None, "unknown")]
    assert (one.statuses.watched_at(), two.statuses.watched_at()) == (T + 3, None)
    day = [(T, T + 10)]
    assert two.statuses.day_totals(ann, day, T + 10) == (StatusTotals(unknown_s=10.0),)
    assert one.statuses.day_totals(ann, day, T + 10) == (StatusTotals(online_s=10.0),)


def test_any_text_of_a_cause_is_kept_or_made_keepable(project: ProjectStore) -> None:
    odd = Cause(why=Why.SWITCH, account="a\x00b", device="\ud800", by="їжак")
    project.statuses.write([told(T, Status.DND, "1\x0001", odd)])
    (kept,) = history(project, "1\ufffd01")
    assert kept.cause == Cause(why=Why.SWITCH, account="a\ufffdb", device="\ufffd", by="їжак")


# --- restarts ---------------------------------------------------------------------------------------------------


def test_what_ran_at_a_crash_ends_at_the_last_heartbeat_and_is_unknown_from_there(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann").id
    project.statuses.write([told(T, Status.ONLINE, ann), told(T, Status.ONLINE, "101"), told(T, Status.DND, "102")])
    project.statuses.heartbeat(T + 30)
    project.statuses.write([told(T + 20, Status.TALKING, "101"), told(T + 33, Status.ONLINE, "102")])
    project.statuses.recover(T + 100)
    assert short(history(project, ann)) == [(0.0, 30.0, "online"), (30.0, None, "unknown")]
    assert short(history(project, "101")) == [(0.0, 20.0, "online"), (20.0, 30.0, "talking"), (30.0, None, "unknown")]
    # Told after the heartbeat, and not known a moment longer.
    assert short(history(project, "102")) == [(0.0, 33.0, "dnd"), (33.0, None, "unknown")]
    assert history(project, ann)[-1].cause == STOPPED
    before = [history(project, subject) for subject in (ann, "101", "102")]
    project.statuses.recover(T + 120)
    assert [history(project, subject) for subject in (ann, "101", "102")] == before
    project.statuses.write([told(T + 130, Status.OFFLINE, ann)])
    assert short(history(project, ann))[1:] == [(30.0, 130.0, "unknown"), (130.0, None, "offline")]


def test_without_a_heartbeat_nothing_is_known_of_what_ran(project: ProjectStore) -> None:
    project.statuses.recover(T)
    project.statuses.write([told(T, Status.ONLINE, "101")])
    project.statuses.recover(T + 100)
    assert short(history(project, "101")) == [(0.0, None, "unknown")]


def test_a_numbered_entry_is_written_once_whatever_comes_again(project: ProjectStore) -> None:
    """Two runs, replayed from any entry on: a spill whose draining was cut short, as often as one likes."""
    first = [
        StatusEntry(run="a", number=0, began_at=T),
        StatusEntry(run="a", number=1, told=told(T + 1, Status.ONLINE, "101")),
        StatusEntry(run="a", number=2, watched_at=T + 5),
    ]
    second = [
        StatusEntry(run="b", number=0, began_at=T + 50),
        StatusEntry(run="b", number=1, told=told(T + 51, Status.DND, "101")),
        StatusEntry(run="b", number=2, told=told(T + 52, Status.TALKING, "101")),
        StatusEntry(run="b", number=4, watched_at=T + 60),
    ]
    entries = [*first, *second]
    expected = [
        (1.0, 5.0, "online"),
        (5.0, 51.0, "unknown"),
        (51.0, 52.0, "dnd"),
        (52.0, None, "talking"),
    ]
    for end in range(len(entries) + 1):
        project.statuses.take(entries[:end])
        for size in (1, 3):
            for start in range(0, end, size):
                project.statuses.take(entries[start : min(end, start + size)])
    assert short(history(project, "101")) == expected
    assert project.statuses.watched_at() == T + 60


@SOME
@given(data=st.data())
def test_batches_and_repetitions_make_no_difference(project: ProjectStore, data: st.DataObject) -> None:
    one, two = (project.directory.add_employee("E").id for _ in range(2))
    steps = data.draw(st.lists(st.tuples(st.integers(-3, 30), st.sampled_from(Status)), min_size=1, max_size=12))
    at, sequence = T, []
    for step, status in steps:
        at += step
        sequence.append((at, status))
    project.statuses.write([told(*each, one) for each in sequence])
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sequence)))))
    for start, end in zip([0, *cuts], [*cuts, len(sequence)], strict=True):
        project.statuses.write([told(*each, two) for each in sequence[start:end]])
    assert history(project, one) == history(project, two)
    stretches = history(project, one)
    for left, right in itertools.pairwise(stretches):
        assert left.ended_at == right.began_at
        assert left.began_at < right.began_at
    assert stretches[-1].ended_at is None
    assert stretches[-1].status is sequence[-1][1]
    in_order = [
        told(*each, one) for place, each in enumerate(sequence) if all(each[0] > b[0] for b in sequence[:place])
    ]
    project.statuses.write([each for each in in_order if each.at < stretches[-1].began_at])  # over, and told again
    assert history(project, one) == stretches


# --- by the day -------------------------------------------------------------------------------------------------


def _days(zone: ZoneInfo, first: date, count: int) -> list[tuple[float, float]]:
    return [day_bounds(day, zone) for day in days_between(first, first + timedelta(days=count - 1))]


def _near(ours: StatusTotals, theirs: StatusTotals) -> bool:
    return all(abs(getattr(ours, name) - getattr(theirs, name)) < 0.001 for name in StatusTotals.__struct_fields__)


def _check_days(
    project: ProjectStore, employee_id: int, days: list[tuple[float, float]], now: float
) -> tuple[StatusTotals, ...]:
    """As counted from the rows by the floor's own formula, and each day exactly its length."""
    stretches = history(project, employee_id)
    found = project.statuses.day_totals(employee_id, days, now)
    assert project.statuses.period_totals([employee_id], days, now) == {employee_id: sum(found, StatusTotals())}
    for (begins_at, ends_at), ours in zip(days, found, strict=True):
        assert _near(ours, totals(stretches, begins_at, ends_at, now)), (ours, begins_at)
        assert ours.length_s == ends_at - begins_at
        assert min(getattr(ours, name) for name in StatusTotals.__struct_fields__) >= 0
    return found


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Kyiv", date(2026, 3, 26)),  # a day of 23 hours among them
        ("Europe/Kyiv", date(2026, 10, 22)),  # of 25
        ("Australia/Lord_Howe", date(2026, 4, 2)),  # of 24.5
        ("America/Havana", date(2026, 3, 5)),  # one that begins at 01:00
        ("UTC", date(2026, 1, 1)),
    ],
)
def test_days_add_up_from_what_is_kept_from_the_rows_and_after_a_rebuild(store: Store, zone: str, first: date) -> None:
    chance = random.Random(zone)
    project = make_project(store, timezone=zone)
    people = [project.directory.add_employee(f"E{n}").id for n in range(3)]
    days = _days(ZoneInfo(zone), first, 7)
    begins_at, ends_at = days[0][0], days[-1][1]
    for employee_id in people:
        at = begins_at + chance.uniform(-90_000, 90_000)
        sequence = []
        while at < ends_at:
            sequence.append(told(at, chance.choice(list(Status)), employee_id))
            at += chance.choice((0.001, 0.7, 60.0, 3600.0, 50_000.0, 200_000.0)) * chance.random()
        project.statuses.write(sequence)
    for employee_id in people:
        for now in (begins_at - 5, days[3][0], days[3][0] + 1234.56789, ends_at + 1e6 / 3):
            _check_days(project, employee_id, days, now)
    now = ends_at - 3.3
    kept = [project.statuses.day_totals(employee_id, days, now) for employee_id in people]
    assert project.rollups.hold()
    steps: list[Rebuilding] = []
    project.rollups.rebuild(steps.append)
    assert steps[-1].done == steps[-1].of == len(people)
    assert [project.statuses.day_totals(employee_id, days, now) for employee_id in people] == kept
    # Another zone: what was kept does not hold, is not read, and after a rebuild is the other zone's.
    other = "Asia/Kathmandu"
    store.projects.change(project.project_id, timezone=other)
    assert not project.rollups.hold()
    elsewhere = _days(ZoneInfo(other), first, 6)
    for employee_id in people:
        _check_days(project, employee_id, elsewhere, now)
    project.statuses.write([told(ends_at + 10, Status.ONLINE, people[0]), told(ends_at + 20, Status.DND, people[0])])
    raw = [_check_days(project, employee_id, elsewhere, now) for employee_id in people]
    assert not project.rollups.hold()
    project.rollups.rebuild()
    assert project.rollups.hold()
    for employee_id, before in zip(people, raw, strict=True):
        after = _check_days(project, employee_id, elsewhere, now)
        assert all(_near(one, two) for one, two in zip(after, before, strict=True))
    # Days of a zone that is not the project's are counted from the rows.
    for employee_id, before in zip(people, kept, strict=True):
        assert all(
            _near(*each) for each in zip(project.statuses.day_totals(employee_id, days, now), before, strict=True)
        )


@SOME
@given(data=st.data())
def test_any_history_by_the_day_is_what_the_floors_formula_says(project: ProjectStore, data: st.DataObject) -> None:
    """Told, stopped, told again with the clock set back: kept days equal the rows."""
    employee_id = project.directory.add_employee("E").id
    days = _days(KYIV, date(2026, 10, 24), 3)
    at = days[0][0] + data.draw(st.floats(-40_000, 40_000))
    for _ in range(data.draw(st.integers(1, 8))):
        what = data.draw(st.sampled_from(("tell", "tell", "tell", "beat", "stop")))
        if what == "tell":
            project.statuses.write([told(at, data.draw(st.sampled_from(Status)), employee_id)])
        elif what == "beat":
            project.statuses.heartbeat(at)
        else:
            project.statuses.recover(at)
        at += data.draw(st.floats(-30, 60_000))
    now = data.draw(st.floats(days[0][0] - 10, days[-1][1] + 10))
    _check_days(project, employee_id, days, now)
    stretches = history(project, employee_id)
    for begins_at, ends_at in days:  # and the track has no gap
        tiles = tile(stretches, begins_at, ends_at, ends_at)
        assert tiles[0].began_at == begins_at


def test_a_stretch_over_months_counts_in_each_of_its_days(project: ProjectStore) -> None:
    employee_id = project.directory.add_employee("E").id
    days = _days(KYIV, date(2026, 9, 1), 90)
    project.statuses.write([told(days[2][0] + 60, Status.OFFLINE, employee_id)])
    project.statuses.write([told(days[80][0] + 3600, Status.ONLINE, employee_id)])
    found = _check_days(project, employee_id, days, days[85][0])
    assert found[1] == StatusTotals(unknown_s=86_400.0)
    assert found[2] == StatusTotals(unknown_s=60.0, offline_s=86_340.0)
    assert found[54] == StatusTotals(offline_s=90_000.0)  # 25 October
    assert found[80] == StatusTotals(offline_s=3600.0, online_s=82_800.0)
    assert found[85] == StatusTotals(future_s=86_400.0)
    assert project.statuses.day_totals(employee_id, [], 0.0) == ()
