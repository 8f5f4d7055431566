"""The hub in virtual time: when frames go out, to whom, and what happens to those who cannot keep up."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callfloor.floor.calls import CallStatus, CallType, LiveCall
from callfloor.floor.changes import CallChanged, DirectoryChanged, EmployeeChanged, Snapshot, StatusChanged
from callfloor.floor.directory import Department, Directory, Employee
from callfloor.floor.employees import Cause, LiveEmployee, Status, StatusTold, Why
from callfloor.web.access import Sight
from callfloor.web.push.frames import CloseCode, on_wire
from callfloor.web.push.hub import HEARTBEAT_S, VIEW_KEPT_S, Hub
from callfloor.web.push.outlet import OUTBOX_BYTES, Outlet
from callfloor.web.push.pace import LONGEST_S, SHORTEST_S, Pace
from support.virtual_time import passes, settled, virtual_time
from support.web_page import Page, payload


class Wire:
    """A line and its transport in one, whose peer reads all, or nothing."""

    def __init__(self) -> None:
        self.frames: list[tuple[float, bytes]] = []
        self.ended: list[tuple[int, str]] = []
        self.waiting = 0
        self.stalled = False
        self.lost: Callable[[], None] | None = None

    @property
    def wire(self) -> "Wire":
        return self

    def write(self, data: bytes, /) -> None:
        assert not self.ended, "nothing may follow a close frame"
        self.frames.append((asyncio.get_running_loop().time(), data))
        if self.stalled:
            self.waiting += len(data)

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def when_lost(self, call: Callable[[], None]) -> None:
        self.lost = call

    def end(self, code: int, reason: str) -> None:
        self.ended.append((code, reason))

    @property
    def page(self) -> Page:
        page = Page()
        for _, data in self.frames:
            page.take(data)
        return page

    @property
    def times(self) -> list[float]:
        return [at for at, _ in self.frames]


def a_call(call_id: str, status_since: float = 1.0, **fields: str) -> LiveCall:
    return LiveCall(
        id=call_id,
        type=CallType.INBOUND,
        status=CallStatus.QUEUE,
        status_since=status_since,
        started_at=1.0,
        **fields,
    )


def a_hub(*calls: LiveCall) -> Hub:
    return Hub(Snapshot(at=1.0, calls=calls, links=(), directory=Directory()), lambda: 1000.0)


def put(hub: Hub, call: LiveCall) -> None:
    hub.publish([CallChanged(call_id=call.id, before=None, after=call)])


def join(hub: Hub, sight: Sight | None = None, wire: Wire | None = None) -> Wire:
    found = wire or Wire()
    hub.attach(sight or Sight(), Outlet(found), None, None)
    return found


@virtual_time
async def test_the_first_change_goes_at_once_and_those_after_it_together() -> None:
    hub = a_hub()
    viewer = join(hub)
    await passes(1)
    begin = asyncio.get_running_loop().time()
    put(hub, a_call("a"))
    put(hub, a_call("b"))
    await settled()
    assert viewer.times[1:] == [begin], "at once, and both in one frame"
    for number in range(5):
        put(hub, a_call("a", float(number + 2)))
    await settled()
    assert len(viewer.frames) == 2
    await passes(SHORTEST_S)
    assert viewer.times[2:] == [pytest.approx(begin + SHORTEST_S)]
    assert viewer.page.calls["a"].status_since == 6.0
    hub.close()


@virtual_time
async def test_nothing_changed_for_a_view_sends_nothing() -> None:
    hub = a_hub(a_call("a"))
    viewer, blind = join(hub), join(hub, Sight(employee_id=1))
    put(hub, a_call("a"))
    hub.publish([])
    await passes(1)
    assert viewer.page.frames == blind.page.frames == ["snapshot"]
    hub.close()


@virtual_time
async def test_employees_go_out_in_the_same_frame_as_calls_and_history_is_not_told() -> None:
    hub = a_hub()
    viewer, blind = join(hub), join(hub, Sight(departments=frozenset({1})))
    row = LiveEmployee(id=7, status=Status.ONLINE, since=1.0, cause=Cause(why=Why.REGISTERED))
    told = StatusTold(at=1.0, status=Status.ONLINE, cause=row.cause, employee_id=7)
    hub.publish([EmployeeChanged(employee_id=7, before=None, after=row), StatusChanged(told=told)])
    put(hub, a_call("a"))
    await passes(1)
    assert viewer.page.frames == ["snapshot", "delta"]
    assert (viewer.page.employees, set(viewer.page.calls)) == ({7: row}, {"a"})
    assert blind.page.employees == {}
    hub.publish([StatusChanged(told=told)])
    await passes(1)
    assert len(viewer.frames) == 2, "history alone is no news to the page"
    hub.publish([EmployeeChanged(employee_id=7, before=row, after=None)])
    await passes(1)
    assert viewer.page.employees == join(hub).page.employees == {}
    hub.close()


@virtual_time
async def test_a_directory_brings_an_employee_into_sight_who_did_not_change() -> None:
    row = LiveEmployee(id=7, status=Status.ONLINE, since=1.0, cause=Cause(why=Why.REGISTERED))
    hub = Hub(Snapshot(at=1.0, calls=(), links=(), directory=Directory(), employees=(row,)), lambda: 1000.0)
    viewer = join(hub, Sight(departments=frozenset({1})))
    assert viewer.page.employees == {}
    after = Directory(
        departments=(Department(id=1, name="Sales"),), employees=(Employee(id=7, name="Anna", department_id=1),)
    )
    hub.publish([DirectoryChanged(before=Directory(), after=after)])
    await passes(1)
    assert viewer.page.employees == {7: row}
    hub.close()


@virtual_time
async def test_an_idle_viewer_hears_a_heartbeat_every_ten_seconds() -> None:
    hub = a_hub()
    viewer = join(hub)
    await passes(3 * HEARTBEAT_S + 2)
    assert viewer.page.frames == ["snapshot", "heartbeat", "heartbeat", "heartbeat"]
    hub.close()


@virtual_time
async def test_a_viewer_too_slow_is_closed_and_gets_no_more() -> None:
    hub = a_hub()
    slow, quick = Wire(), join(hub)
    slow.stalled = True
    join(hub, wire=slow)
    number = 0
    while not slow.ended:
        number += 1
        put(hub, a_call("a", float(number), scheme=str(number) + "x" * 10_000))
        await passes(0.2)
        assert number < 100
    assert slow.ended == [(CloseCode.TOO_SLOW, "too slow: reconnect for a new snapshot")]
    assert OUTBOX_BYTES < slow.waiting < OUTBOX_BYTES + 50_000
    assert hub.viewers == 1
    put(hub, a_call("b"))
    await passes(1)
    assert set(quick.page.calls) == {"a", "b"}
    hub.close()


@virtual_time
async def test_an_opening_snapshot_larger_than_the_bound_is_borne_until_it_is_read() -> None:
    hub = a_hub(a_call("large", scheme="x" * 2 * OUTBOX_BYTES))
    viewer = Wire()
    viewer.stalled = True
    join(hub, wire=viewer)
    put(hub, a_call("a"))
    await passes(1)
    assert not viewer.ended
    viewer.waiting = 0
    put(hub, a_call("b"))
    await passes(1)
    viewer.waiting = OUTBOX_BYTES + 1
    put(hub, a_call("c"))
    await passes(1)
    assert viewer.ended[0][0] == CloseCode.TOO_SLOW
    hub.close()


@virtual_time
async def test_a_lost_connection_is_never_written_to_again() -> None:
    hub = a_hub()
    viewer = join(hub)
    assert viewer.lost is not None
    viewer.lost()
    put(hub, a_call("a"))
    await passes(1)
    assert viewer.page.frames == ["snapshot"]
    hub.close()


@virtual_time
async def test_a_deserted_view_is_kept_for_a_while_and_then_its_positions_are_unknown() -> None:
    hub = a_hub()
    first = Wire()
    outlet = Outlet(first)
    hub.attach(Sight(), outlet)
    page = first.page
    hub.detach(outlet)
    hub.detach(outlet)
    put(hub, a_call("a"))
    await passes(VIEW_KEPT_S / 2)
    again = Wire()
    outlet = Outlet(again)
    hub.attach(Sight(), outlet, page.epoch, page.sequence)
    assert [f.decode()[9] for f in map(payload, split(again.frames[0][1]))] == ["d", "h"]
    hub.detach(outlet)
    await passes(VIEW_KEPT_S + 2)
    late = Wire()
    hub.attach(Sight(), Outlet(late), page.epoch, page.sequence)
    assert late.page.frames == ["snapshot"]
    assert set(late.page.calls) == {"a"}
    hub.close()


@virtual_time
async def test_a_closed_hub_ends_its_streams_and_takes_no_more() -> None:
    hub = a_hub()
    viewer = join(hub)
    put(hub, a_call("a"))
    hub.close()
    await passes(2 * HEARTBEAT_S)
    assert viewer.ended == [(CloseCode.RESTARTING, "the server is restarting")]
    late = join(hub)
    assert late.ended == viewer.ended
    assert hub.viewers == 0


def split(data: bytes) -> list[bytes]:
    """The short frames in one piece of bytes."""
    found = []
    while data:
        size = data[1] if data[1] < 126 else int.from_bytes(data[2:4], "big")
        length = size + (2 if data[1] < 126 else 4)
        found.append(data[:length])
        data = data[length:]
    return found


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.5)), min_size=1))
def test_nothing_waits_longer_than_a_tenth_of_a_second(history: list[tuple[float, float]]) -> None:
    pace, now = Pace(), 0.0
    for passed, cost_s in history:
        now += passed
        due = pace.due_at(now)
        assert now <= due <= now + LONGEST_S + 1e-9
        pace.sent(due, cost_s)
        assert SHORTEST_S <= pace.gap_s <= LONGEST_S
        now = due


@pytest.mark.parametrize(("cost_s", "gap_s"), [(0.0, 0.02), (0.002, 0.02), (0.012, 0.03), (0.04, 0.1), (1.0, 0.1)])
def test_dear_frames_are_rarer(cost_s: float, gap_s: float) -> None:
    pace = Pace()
    pace.sent(1.0, cost_s)
    assert pace.due_at(1.0) == pytest.approx(1.0 + gap_s)
    assert pace.due_at(9.0) == 9.0


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, 200_000])
def test_a_frame_has_the_shortest_header_of_its_length(size: int) -> None:
    assert payload(on_wire(b"x" * size)) == b"x" * size
