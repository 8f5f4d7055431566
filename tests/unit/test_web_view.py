"""Law L1 for each view: a snapshot and the frames after it give the later snapshot, whatever changes came between."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.calls import CallStatus, CallType, LiveCall, LiveParty, PartyState
from callfloor.floor.changes import Link, LinkState
from callfloor.floor.directory import Department, Directory, Employee
from callfloor.floor.employees import (
    Badge,
    BadgeKind,
    Cause,
    LiveAccount,
    LiveDevice,
    LiveEmployee,
    Status,
    Switch,
    Why,
)
from callfloor.web.access import Sight
from callfloor.web.push import view as views
from callfloor.web.push.frames import (
    CallPatch,
    CallsDelta,
    DeltaFrame,
    EmployeePatch,
    EmployeesDelta,
    Frame,
    SnapshotFrame,
    WaitCause,
    Waits,
)
from callfloor.web.push.rows import Moved
from callfloor.web.push.view import View
from support.web_page import Page, payload

SIGHTS = (
    Sight(),
    Sight(departments=frozenset({1})),
    Sight(departments=frozenset({2, 3})),
    Sight(departments=frozenset()),
    Sight(employee_id=4),
    Sight(causes=True),
)


def directory(departments: tuple[int | None, ...]) -> Directory:
    """Employees 1 … n in the given departments; department 3 is below department 1."""
    return Directory(
        departments=(
            Department(id=1, name="Sales"),
            Department(id=2, name="Help"),
            Department(id=3, name="Sales, night", parent_id=1),
        ),
        employees=tuple(
            Employee(id=number, name=f"E{number}", department_id=department)
            for number, department in enumerate(departments, 1)
        ),
    )


directories = st.tuples(*[st.sampled_from([None, 1, 2, 3])] * 4).map(directory)

parties = st.builds(
    LiveParty,
    account=st.just("101"),
    employee_id=st.sampled_from([None, 1, 2, 3, 4]),
    state=st.sampled_from(PartyState),
    since=st.just(5.0),
)


def call_of(call_id: str) -> st.SearchStrategy[LiveCall]:
    return st.builds(
        LiveCall,
        id=st.just(call_id),
        type=st.sampled_from(CallType),
        status=st.sampled_from([CallStatus.IVR, CallStatus.QUEUE, CallStatus.RINGING, CallStatus.TALKING]),
        status_since=st.sampled_from([1.0, 2.0]),
        started_at=st.just(1.0),
        answered_at=st.sampled_from([None, 3.0]),
        parties=st.lists(parties, max_size=2).map(tuple),
        client_number=st.sampled_from([None, "+48123456789", "анонім"]),
        queue_position=st.sampled_from([None, 1, 2]),
        talk_s=st.sampled_from([0.0, 1.5]),
        stale=st.booleans(),
    )


def row_of(employee_id: int) -> st.SearchStrategy[LiveEmployee]:
    devices = st.lists(
        st.builds(
            LiveDevice,
            id=st.sampled_from(["d1", "d2"]),
            status=st.sampled_from(Status),
            since=st.just(3.0),
            user_agent=st.sampled_from([None, "Yealink SIP-T46S"]),
        ),
        max_size=2,
    )
    cause = st.builds(Cause, why=st.sampled_from(Why), by=st.sampled_from([None, "anna"]))
    account = st.builds(
        LiveAccount,
        account=st.just("101"),
        status=st.sampled_from(Status),
        since=st.just(2.0),
        cause=cause,
        devices=devices.map(tuple),
    )
    switch = st.builds(Switch, status=st.just(Status.DND), since=st.just(4.0), by=st.sampled_from(["anna", "boris"]))
    return st.builds(
        LiveEmployee,
        id=st.just(employee_id),
        status=st.sampled_from(Status),
        since=st.sampled_from([1.0, 2.0]),
        cause=cause,
        accounts=st.lists(account, max_size=2).map(tuple),
        badges=st.lists(st.builds(Badge, kind=st.sampled_from(BadgeKind), since=st.just(5.0)), max_size=1).map(tuple),
        switch=st.none() | switch,
        stale=st.booleans(),
    )


ids = ["a", "b", "c", "d"]
people = [1, 2, 3, 4]
links = st.tuples(
    st.builds(Link, id=st.just("1"), name=st.just("PBX"), state=st.sampled_from(LinkState), since=st.just(2.0))
)


waits = st.none() | st.builds(
    Waits,
    since=st.sampled_from([1.0, 2.0]),
    cause=st.sampled_from(WaitCause),
    calls=st.sampled_from([1, 2]),
    at_risk=st.just(0),
    lost=st.just(0),
)


class Step(msgspec.Struct, kw_only=True):
    """What changes between two frames."""

    calls: dict[str, LiveCall | None]
    employees: dict[int, LiveEmployee | None]
    links: tuple[Link, ...] | None
    directory: Directory | None
    waits: Waits | msgspec.UnsetType | None


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    return [
        Step(
            calls={key: draw(st.none() | call_of(key)) for key in draw(st.sets(st.sampled_from(ids)))},
            employees={key: draw(st.none() | row_of(key)) for key in draw(st.sets(st.sampled_from(people)))},
            links=draw(st.none() | links),
            directory=draw(st.none() | directories),
            waits=draw(st.just(msgspec.UNSET) | waits),
        )
        for _ in range(draw(st.integers(1, 8)))
    ]


def put(rows: dict[Any, Any], touched: dict[Any, Any]) -> None:
    for key, state in touched.items():
        if state is None:
            rows.pop(key, None)
        else:
            rows[key] = state


@given(st.sampled_from(SIGHTS), directories, steps(), st.data())
def test_a_snapshot_and_the_frames_after_it_give_the_later_snapshot(
    sight: Sight, who: Directory, history: list[Step], data: st.DataObject
) -> None:
    calls: dict[str, LiveCall] = {}
    employees: dict[int, LiveEmployee] = {}
    seen = View(sight, calls.values(), (), who)
    frames = [seen.snapshot(0.0)]  # what a viewer attached at each step was sent first
    later: list[bytes | None] = []
    for number, step in enumerate(history, 1):
        put(calls, step.calls)
        put(employees, step.employees)
        edited = step.directory is not None
        later.append(
            seen.advance(
                {**step.calls, **calls} if edited else step.calls,
                float(number),
                employees={**step.employees, **employees} if edited else step.employees,
                links=step.links,
                directory=step.directory,
                waits=step.waits,
            )
        )
        frames.append(seen.snapshot(float(number)))

    truth = Page()
    truth.take(frames[-1])
    who_now = next((step.directory for step in reversed(history) if step.directory is not None), who)
    lens = sight.lens(who_now)
    assert truth.calls == {key: call for key, call in calls.items() if lens(call)}
    visible = sight.employees(who_now)
    assert truth.employees == {key: row for key, row in employees.items() if visible is None or key in visible}
    assert truth.directory == who_now
    waiting = next((step.waits for step in reversed(history) if step.waits is not msgspec.UNSET), None)
    assert truth.waits == (waiting if waiting is None or sight.causes else Waits(since=waiting.since))

    start = data.draw(st.integers(0, len(history)), label="joined after step")
    page = Page()
    page.take(frames[start])
    left = data.draw(st.integers(start, len(history)), label="lost the network after step")
    for frame in later[start:left]:
        if frame is not None:
            page.take(frame)
    missed = seen.since(page.epoch, page.sequence)
    assert missed is not None
    for frame in missed:
        page.take(frame)
    assert (page.calls, page.employees) == (truth.calls, truth.employees)
    assert (page.links, page.directory, page.waits) == (truth.links, truth.directory, truth.waits)
    assert (page.epoch, page.sequence) == (truth.epoch, truth.sequence)


def a_call(call_id: str = "a", **fields: Any) -> LiveCall:
    return LiveCall(
        id=call_id,
        **{"type": CallType.INBOUND, "status": CallStatus.QUEUE, "status_since": 1.0, "started_at": 1.0, **fields},
    )


def frame_of(wire: bytes | None) -> Any:
    assert wire is not None
    return msgspec.json.decode(payload(wire), type=Frame)


def test_only_changed_fields_are_sent_and_null_is_a_value() -> None:
    before = a_call(queue="sales", queue_position=2)
    seen = View(Sight(), [before], (), Directory())
    wire = seen.advance({"a": msgspec.structs.replace(before, queue_position=None)}, 7.0)
    assert wire is not None
    assert msgspec.json.decode(payload(wire)) == {
        "type": "delta",
        "epoch": seen.epoch,
        "sequence": 1,
        "server_time": 7.0,
        "calls": {"added": [], "changed": [{"queue_position": None, "id": "a"}], "removed": []},
    }
    assert frame_of(wire).calls.changed == (CallPatch(id="a", queue_position=None),)


def test_a_call_that_begins_and_ends_within_one_batch_is_never_told() -> None:
    seen = View(Sight(), [], (), Directory())
    assert seen.advance({"a": None}, 1.0) is None
    assert seen.sequence == 0


def test_a_call_that_comes_into_sight_is_added_and_one_that_goes_out_is_removed() -> None:
    who = directory((1, 2))
    seen = View(Sight(departments=frozenset({1})), [], (), who)
    theirs = a_call(
        status=CallStatus.TALKING,
        parties=(LiveParty(account="102", employee_id=2, state=PartyState.TALKING, since=1.0),),
    )
    assert seen.advance({"a": theirs}, 1.0) is None
    ours = msgspec.structs.replace(
        theirs, parties=(LiveParty(account="101", employee_id=1, state=PartyState.TALKING, since=2.0),)
    )
    assert frame_of(seen.advance({"a": ours}, 2.0)).calls.added == (ours,)
    assert frame_of(seen.advance({"a": theirs}, 3.0)).calls.removed == ("a",)


def a_row(employee_id: int, **fields: Any) -> LiveEmployee:
    given = {"status": Status.ONLINE, "since": 1.0, "cause": Cause(why=Why.REGISTERED), **fields}
    return LiveEmployee(id=employee_id, **given)


def test_employees_stand_in_a_frame_only_where_one_changed_and_as_their_changed_fields() -> None:
    seen = View(Sight(), [], (), Directory(), [a_row(1), a_row(2)])
    alone = seen.advance({"a": a_call()}, 6.0)
    assert alone is not None
    assert "employees" not in msgspec.json.decode(payload(alone))
    assert seen.advance({}, 6.5, employees={1: a_row(1)}) is None
    now = a_row(1, status=Status.TALKING, since=7.0, cause=Cause(why=Why.CALL, call_id="a"))
    wire = seen.advance({}, 7.0, employees={1: now, 2: None})
    assert wire is not None
    found = msgspec.json.decode(payload(wire))
    assert found["calls"] == {"added": [], "changed": [], "removed": []}
    assert found["employees"] == {
        "added": [],
        "changed": [{"status": "talking", "since": 7.0, "cause": {"why": "call", "call_id": "a"}, "id": 1}],
        "removed": [2],
    }
    assert frame_of(wire).employees.changed == (
        EmployeePatch(id=1, status=Status.TALKING, since=7.0, cause=Cause(why=Why.CALL, call_id="a")),
    )


def test_an_employee_who_moves_to_another_department_comes_into_sight_or_goes_out() -> None:
    seen = View(Sight(departments=frozenset({1})), [], (), directory((1, 2)), [a_row(1), a_row(2)])
    assert set(seen.employees.rows) == {1}
    everyone = {1: a_row(1), 2: a_row(2)}
    moved = frame_of(seen.advance({}, 1.0, employees=everyone, directory=directory((2, 3)))).employees
    assert (moved.added, moved.changed, moved.removed) == ((a_row(2),), (), (1,))
    assert seen.advance({}, 2.0, employees={1: a_row(1, stale=True)}) is None, "out of sight, nothing is told"


def test_a_position_of_another_epoch_or_of_the_future_is_unknown() -> None:
    seen, other = (View(Sight(), [], (), Directory()) for _ in range(2))
    assert seen.since(other.epoch, 0) is None
    assert seen.since(seen.epoch, 1) is None
    assert seen.since(seen.epoch, -1) is None
    assert seen.since(seen.epoch, 0) == []


def test_the_ring_is_bounded_in_frames_and_in_bytes() -> None:
    seen = View(Sight(), [], (), Directory())
    for number in range(views.RING_FRAMES + 10):
        seen.advance({"a": a_call(status_since=float(number + 2))}, 1.0)
    assert seen.since(seen.epoch, 10) is not None
    assert seen.since(seen.epoch, 9) is None
    large = "x" * (views.RING_BYTES // 3)
    for number in range(4):
        seen.advance({"a": a_call(scheme=large + str(number))}, 1.0)
    assert seen.since(seen.epoch, seen.sequence - 2) is not None
    assert seen.since(seen.epoch, seen.sequence - 3) is None


def test_snapshots_of_one_moment_are_one_piece_of_bytes() -> None:
    seen = View(Sight(), [a_call()], (), Directory())
    first = seen.snapshot(10.0)
    assert seen.snapshot(10.0 + views.SNAPSHOT_KEPT_S / 2) is first
    assert frame_of(seen.snapshot(11.0)).server_time == 11.0
    seen.advance({"b": a_call("b")}, 11.0)
    found = frame_of(seen.snapshot(11.0))
    assert isinstance(found, SnapshotFrame)
    assert [call.id for call in found.snapshot.calls] == ["a", "b"]


def test_a_frame_names_no_field_that_the_page_does_not_know() -> None:
    for patch, row in ((CallPatch, LiveCall), (EmployeePatch, LiveEmployee)):
        assert {f.name for f in msgspec.structs.fields(patch)} == {f.name for f in msgspec.structs.fields(row)}
    for delta in (CallsDelta, EmployeesDelta):  # what is encoded in their place has their fields
        assert Moved.__struct_fields__ == delta.__struct_fields__
    assert DeltaFrame.__struct_config__.tag == "delta"
