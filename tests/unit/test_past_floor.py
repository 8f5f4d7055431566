"""The past floor's lines: any change of any rows comes back; a file cut anywhere is known up to its last whole line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.calls import CallStatus, CallType, LiveCall, LiveParty, PartyState
from callfloor.floor.changes import CallChanged, EmployeeChanged, Link, LinkChanged, LinkState, Snapshot
from callfloor.floor.directory import Department, Directory, Employee
from callfloor.floor.employees import Badge, BadgeKind, Cause, LiveEmployee, Status, Why
from callfloor.floor.past import PlainFloor, Reading, difference, ms_up, patched
from callfloor.floor.past_survey import counted, sees_groups
from callfloor.store.past_blocks import Span, packed, unpacked
from callfloor.store.past_segment import Segment, recovered

T = 1_790_000_000
NAMES = st.text("abc", min_size=1, max_size=2)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=5)
DIRECTORY = Directory(
    departments=(Department(id=1, name="Sales"), Department(id=2, name="Help")),
    employees=(Employee(id=1, name="Anna", department_id=1), Employee(id=2, name="Boris", department_id=2)),
)


def plainly(value: Any) -> Any:
    """To tell True from 1 and 0 from False, which are equal in Python and are not in JSON."""
    if isinstance(value, dict):
        return {name: plainly(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plainly(each) for each in value]
    return type(value).__name__, value


@given(OBJECTS, OBJECTS)
def test_what_differs_makes_the_one_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    kept = plainly(before)
    made = patched(before, difference(before, after))
    assert made == after
    assert plainly(before) == kept, "the row that was is as it was"
    if plainly(before) != plainly(after) and before == after:
        return  # 1 for True: a field of a struct has one type, and never becomes the other
    assert made.keys() == after.keys()


@pytest.mark.parametrize(("at", "expected"), [(5.0, 5000), (5.0004, 5001), (5.0006, 5001), (5.9999, 6000)])
def test_what_happens_within_a_millisecond_has_happened_at_its_end(at: float, expected: int) -> None:
    assert ms_up(T + at) == T * 1000 + expected


def call(name: str, *employees: int, status: CallStatus = CallStatus.TALKING) -> LiveCall:
    parties = tuple(LiveParty(account=f"10{e}", employee_id=e, state=PartyState.TALKING, since=T) for e in employees)
    return LiveCall(
        id=name, type=CallType.INBOUND, status=status, status_since=T, started_at=T, parties=parties, route=("sales",)
    )


def employee(number: int, status: Status, *badges: Badge) -> LiveEmployee:
    return LiveEmployee(id=number, status=status, since=T, cause=Cause(why=Why.CALL), badges=badges)


def snapshot() -> Snapshot:
    return Snapshot(
        at=T,
        calls=(call("a", 1),),
        links=(Link(id="1", name="PBX", state=LinkState.LIVE, since=T),),
        directory=DIRECTORY,
        employees=(employee(1, Status.TALKING), employee(2, Status.ONLINE)),
    )


def some_life(segment: Segment) -> None:
    """Two minutes: a call waits, is answered by Boris and ends; the link is lost."""
    waits = call("b", status=CallStatus.QUEUE)
    segment.take(T * 1000 + 500, CallChanged("b", None, waits))
    segment.take(T * 1000 + 61_000, CallChanged("b", waits, call("b", 2)))
    ringing = employee(2, Status.ONLINE, Badge(kind=BadgeKind.RINGING, since=T, queue="sales"))
    segment.take(T * 1000 + 61_000, EmployeeChanged(2, employee(2, Status.ONLINE), ringing))
    segment.take(T * 1000 + 62_000, EmployeeChanged(2, ringing, employee(2, Status.TALKING)))
    segment.take(T * 1000 + 90_000, CallChanged("b", call("b", 2), None))
    link = Link(id="1", name="PBX", state=LinkState.STALE, since=T + 100)
    segment.take(T * 1000 + 100_000, LinkChanged("1", None, link))
    segment.rest(T * 1000 + 119_000)


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    return Segment(tmp_path, T * 1000, PlainFloor.of(snapshot()))


def test_a_block_tells_how_many_calls_each_minute_had_by_who_may_see_them(segment: Segment) -> None:
    some_life(segment)
    sealed = segment.seal(T * 1000 + 120_000)
    first = T // 60
    everything, sales, support = sees_groups(None), sees_groups(frozenset({1})), sees_groups(frozenset({2}))
    assert counted(sealed.survey, everything) == {first: 2, first + 1: 2, first + 2: 1}
    # Who waits in a queue is every supervisor's; once Boris has answered, the call is his department's alone.
    assert counted(sealed.survey, sales) == {first: 2, first + 1: 1, first + 2: 1}
    assert counted(sealed.survey, support) == {first: 1, first + 1: 1, first + 2: 0}
    assert (sealed.survey.call_events, sealed.survey.employee_events) == (4, 3)


def test_a_file_cut_anywhere_is_known_up_to_its_last_whole_line(segment: Segment, tmp_path: Path) -> None:
    some_life(segment)
    segment.write()
    segment.close()
    whole = segment.path.read_bytes()
    first = whole.index(b"\n") + 1
    for size in (0, 5, first - 1, first, first + 3, len(whole) - 20, len(whole) - 1, len(whole)):
        path = tmp_path / f"{T * 1000}.past"
        path.write_bytes(whole[:size])
        found = recovered(path)
        if size < first:
            assert found is None
            continue
        assert found is not None
        text = path.read_bytes()
        assert whole.startswith(text)
        assert text.endswith(b"\n")
        reading = Reading(text, found.span.began_ms)
        reading.go(1 << 60)
        assert found.span == Span(T * 1000, reading.at_ms + 1)
    assert found is not None
    assert found.span.ended_ms == T * 1000 + 119_001


def test_what_a_disk_put_between_two_lines_ends_what_is_known(segment: Segment) -> None:
    some_life(segment)
    segment.write()
    segment.close()
    lines = segment.path.read_bytes().split(b"\n")
    segment.path.write_bytes(b"\n".join([*lines[:3], b"\0\0\0", *lines[3:]]))
    found = recovered(segment.path)
    assert found is not None
    assert found.span.ended_ms == T * 1000 + 61_001
    assert found.text() == b"\n".join([*lines[:3], b""])


def test_a_block_comes_out_of_its_wrapping_as_it_was(segment: Segment) -> None:
    some_life(segment)
    assert unpacked(packed(segment.text())) == segment.text()
    segment.close()
