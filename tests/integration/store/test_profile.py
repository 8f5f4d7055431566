"""An employee's calls in numbers: what is kept by the day equals, to the unit, what the journal's rows give."""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callfloor.floor.calls import CallRecord, CallResult, CallType, EmployeePart
from callfloor.floor.days import day_bounds, day_of, days_between, hour_bounds
from callfloor.store import CallCounts, JournalCall, ProjectStore, Rebuilding, Store
from support.call_records import call

KYIV = ZoneInfo("Europe/Kyiv")
FIRST = date(2026, 10, 23)
DAYS = [day_bounds(day, KYIV) for day in days_between(FIRST, FIRST + timedelta(days=4))]  # one of 25 hours
BEGINS_AT, ENDS_AT = DAYS[0][0], DAYS[-1][1]
SOME = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=25)


@pytest.fixture
def project(store: Store) -> ProjectStore:
    made = store.projects.add("One", timezone="Europe/Kyiv", country="UA", language="uk", now=1.0)
    return store.project(made.id)


def part(account: str = "101", **more: object) -> EmployeePart:
    plain = {"ring_s": 0.0, "answered": False, "answered_at": None, "talk_s": 0.0, "missed": False}
    return EmployeePart(account=account, **{**plain, "taken_elsewhere": False, **more})  # type: ignore[arg-type]


def record(
    number: int, at: float, kind: CallType, result: CallResult, parts: Iterable[EmployeePart], hold_s: float = 0.0
) -> CallRecord:
    return msgspec.structs.replace(
        call(number, started_at=at), type=kind, result=result, employees=tuple(parts), hold_s=hold_s
    )


def by_hand(found: Iterable[JournalCall], employee_id: int) -> CallCounts:
    """The counting as words say it, over what the journal shows."""
    n = dict.fromkeys(CallCounts.__struct_fields__, 0.0)
    for each in found:
        record = each.record
        pairs = list(zip(record.employees, each.employees, strict=True))
        theirs = [part for part, person in pairs if person.employee_id == employee_id]
        if not theirs:
            continue
        talk_s = sum(part.talk_s for part in theirs)
        first = pairs[0][1].employee_id == employee_id and pairs[0][0].ring_s == 0
        dialled = first and record.type in (CallType.OUTBOUND, CallType.INTERNAL)
        if dialled or talk_s > 0 or any(part.answered for part in theirs):
            n[{"inbound": "answered_inbound"}.get(record.type.value, record.type.value)] += 1
            if record.result is CallResult.ANSWERED or talk_s > 0:
                n["answered"] += 1
                if record.type in (CallType.OUTBOUND, CallType.CALLBACK):
                    n[f"{record.type.value}_answered"] += 1
        elif any(part.missed for part in theirs):
            n["missed"] += 1
        elif any(part.taken_elsewhere for part in theirs):
            n["taken_elsewhere"] += 1
        n["talk_s"] += talk_s
        n["calls_s"] += talk_s
        longest = max(pairs, key=lambda pair: pair[0].talk_s)
        if talk_s > 0 and longest[1].employee_id == employee_id:
            n["calls_s"] += record.hold_s
        for part in theirs:
            if part.answered and part.ring_s > 0:
                n["answer_s"] += part.ring_s
                n["answer_n"] += 1
    return CallCounts(**{k: round(v, 3) if k.endswith("_s") else int(v) for k, v in n.items()})  # type: ignore[arg-type]


def rounded(counts: CallCounts) -> CallCounts:
    fields = msgspec.structs.asdict(counts)
    return CallCounts(**{k: round(v, 3) if k.endswith("_s") else v for k, v in fields.items()})


def of_the_journal(project: ProjectStore, employee_id: int, begins_at: float, ends_at: float) -> list[JournalCall]:
    found: list[JournalCall] = []
    cursor = None
    while True:
        page = project.journal.page(begins_at, ends_at, limit=7, cursor=cursor, employee_ids=[employee_id])
        found += page.calls
        cursor = page.next_cursor
        if cursor is None:
            return found


def check(project: ProjectStore, employee_id: int) -> list[CallCounts]:
    counted = project.profile.counts(employee_id, DAYS)
    for bounds, counts in zip(DAYS, counted, strict=True):
        found = of_the_journal(project, employee_id, *bounds)
        assert rounded(counts) == by_hand(found, employee_id)
        told = project.journal.of_employee(employee_id, *bounds)
        assert list(told) == found[::-1]
        periods = hour_bounds(day_of(bounds[0], KYIV), KYIV)
        hours = project.profile.counts(employee_id, periods)
        assert project.profile.counts_in(told, employee_id, periods) == hours
        assert rounded(sum(hours, CallCounts())) == rounded(counts)
    return list(counted)


ACCOUNTS = st.sampled_from(["101", "102", "201", "301", "999"])  # Ann has two, Ben one, 301 and 999 are nobody's
DURATIONS = st.sampled_from([0.0, 0.001, 5.0, 5.001, 61.25])
PARTS = st.builds(
    EmployeePart,
    account=ACCOUNTS,
    ring_s=DURATIONS,
    answered=st.booleans(),
    answered_at=st.none(),
    talk_s=DURATIONS,
    missed=st.booleans(),
    taken_elsewhere=st.booleans(),
)
RECORDS = st.builds(
    record,
    st.integers(0, 12),  # the same call may come again, as another
    st.floats(BEGINS_AT - 5000, ENDS_AT + 5000) | st.sampled_from([at for day in DAYS for at in day]),
    st.sampled_from(CallType),
    st.sampled_from(CallResult),
    st.lists(PARTS, max_size=4),
    DURATIONS,
)


@SOME
@given(batches=st.lists(st.lists(RECORDS, max_size=8), max_size=4))
def test_any_calls_written_in_any_order_and_again_are_counted_as_the_journal_has_them(
    project: ProjectStore, batches: list[list[CallRecord]]
) -> None:
    people = project.directory.load().employees or (
        project.directory.add_employee("Ann", account_names=["101", "102"]),
        project.directory.add_employee("Ben", account_names=["201"]),
    )
    for batch in batches:
        project.journal.write(batch)
    counted = [check(project, person.id) for person in people]
    project.rollups.rebuild()
    assert [check(project, person.id) for person in people] == counted


def test_who_took_part_and_who_missed(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101", "102"]).id
    ben = project.directory.add_employee("Ben", account_names=["201"]).id
    inbound, outbound, answered = CallType.INBOUND, CallType.OUTBOUND, CallResult.ANSWERED
    took = {"answered": True, "ring_s": 4.0, "talk_s": 60.0}
    calls = [
        # Both of Ann's phones rang, one answered: one call, and nothing missed by the other.
        record(
            1, BEGINS_AT, inbound, answered, [part("101", ring_s=4.0, taken_elsewhere=True), part("102", **took)], 30.0
        ),
        # Everybody rang, nobody answered: one missed call each.
        record(
            2, BEGINS_AT, inbound, CallResult.MISSED, [part(a, ring_s=9.0, missed=True) for a in ("101", "102", "201")]
        ),
        # Exactly five seconds are no missed call.
        record(3, BEGINS_AT, inbound, CallResult.ABANDONED, [part("101", ring_s=5.0)]),
        record(4, BEGINS_AT, inbound, answered, [part("101", ring_s=9.0, taken_elsewhere=True), part("201", **took)]),
        # Dialled, and the client did not answer; dialled, answered, passed on to Ben, who spoke longer.
        record(5, BEGINS_AT, outbound, CallResult.NO_ANSWER, [part("101")]),
        record(6, BEGINS_AT, outbound, answered, [part("101", talk_s=5.0), part("201", **took)], 12.0),
        # A colleague whose phone rang on Ann's call did not make it.
        record(7, BEGINS_AT, outbound, answered, [part("101", talk_s=5.0), part("201", ring_s=7.0, missed=True)]),
        # A callback: Ann picked up, the client did not.
        record(8, BEGINS_AT, CallType.CALLBACK, CallResult.NO_ANSWER, [part("101", answered=True, ring_s=2.0)]),
        # Ann called Ben.
        record(
            9, BEGINS_AT, CallType.INTERNAL, answered, [part("101", talk_s=8.0), part("201", **{**took, "talk_s": 8.0})]
        ),
        # Fetched from a colleague's phone: answered, and no offer of theirs.
        record(10, BEGINS_AT, inbound, answered, [part("201", answered=True, talk_s=1.0)]),
    ]
    project.journal.write(calls)
    assert check(project, ann)[0] == CallCounts(
        answered_inbound=1,
        outbound=3,
        outbound_answered=2,
        callback=1,
        internal=1,
        missed=1,
        taken_elsewhere=1,
        talk_s=78.0,
        calls_s=108.0,
        answered=4,
        answer_s=6.0,
        answer_n=2,
    )
    assert check(project, ben)[0] == CallCounts(
        answered_inbound=2,
        outbound=1,
        outbound_answered=1,
        internal=1,
        missed=2,
        talk_s=129.0,
        calls_s=141.0,
        answered=4,
        answer_s=12.0,
        answer_n=3,
    )


def test_a_call_belongs_to_the_day_it_began_in(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    edge = DAYS[1][1]  # midnight at the end of the day of 25 hours
    project.journal.write(
        [call(1, started_at=edge - 0.001), call(2, started_at=edge), call(3, started_at=edge - 0.0004)]
    )
    assert [counts.answered_inbound for counts in check(project, ann)] == [0, 1, 2, 0, 0]


def test_a_call_that_moves_or_changes_is_counted_where_and_as_it_is(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    project.journal.write([call(1, started_at=BEGINS_AT)])
    moved = msgspec.structs.replace(call(1, started_at=DAYS[2][0]), employees=(part("101", ring_s=9.0, missed=True),))
    project.journal.write([moved])
    assert [(each.answered_inbound, each.missed) for each in check(project, ann)] == [
        (0, 0),
        (0, 0),
        (0, 1),
        (0, 0),
        (0, 0),
    ]


def test_calls_of_their_time_stay_an_employees_when_the_account_goes_to_another(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    project.journal.write([call(1, started_at=BEGINS_AT)])
    project.directory.unlink_account("101")
    ben = project.directory.add_employee("Ben", account_names=["101"]).id
    project.journal.write([call(1, started_at=BEGINS_AT), call(2, started_at=BEGINS_AT)])
    assert [check(project, who)[0].answered_inbound for who in (ann, ben)] == [1, 1]


def test_two_projects_count_apart(store: Store, project: ProjectStore) -> None:
    other = store.project(store.projects.add("Two", timezone="UTC", country="PL", language="pl", now=1.0).id)
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    project.journal.write([call(1, started_at=BEGINS_AT)])
    for periods in (DAYS, [(BEGINS_AT, ENDS_AT)]):
        assert other.profile.counts(ann, periods) == (CallCounts(),) * len(periods)
    assert other.journal.of_employee(ann, BEGINS_AT, ENDS_AT) == ()
    other.rollups.rebuild()
    assert check(project, ann)[0].answered_inbound == 1


def test_another_zone_is_counted_from_the_calls_until_its_days_are_rebuilt(store: Store, project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    project.journal.write([call(n, started_at=BEGINS_AT + 7000 * n) for n in range(60)])
    store.projects.change(project.project_id, timezone="Asia/Kathmandu")
    kathmandu = ZoneInfo("Asia/Kathmandu")
    days = [day_bounds(day, kathmandu) for day in days_between(FIRST, FIRST + timedelta(days=5))]
    before = project.profile.counts(ann, days)
    assert [each.answered_inbound for each in before] == [11, 13, 12, 12, 12, 0]
    assert not project.rollups.hold()
    project.journal.write([call(60, started_at=BEGINS_AT + 7000 * 60)])
    steps: list[Rebuilding] = []
    project.rollups.rebuild(steps.append)
    assert project.rollups.hold()
    assert steps[-1] == Rebuilding(done=61, of=61)
    after = project.profile.counts(ann, days)
    assert [each.answered_inbound for each in after] == [11, 13, 12, 12, 13, 0]
    assert after[:4] == before[:4]
    assert check(project, ann)[0].answered_inbound == 13  # the old zone's days: from the calls


def test_a_call_of_an_impossible_year_is_in_no_day(project: ProjectStore) -> None:
    ann = project.directory.add_employee("Ann", account_names=["101"]).id
    project.journal.write([call(1, started_at=1e12)])
    assert project.profile.counts(ann, DAYS) == (CallCounts(),) * len(DAYS)
    assert project.profile.counts(ann, [(0.0, math.inf)])[0].answered_inbound == 1
    assert project.profile.counts(ann, []) == ()
