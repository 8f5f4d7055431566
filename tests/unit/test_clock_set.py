"""Our clock is put on or back while calls go on: each lasts as long as it does, and nothing is ever negative."""

import random

import msgspec
import pytest

from callfloor.asterisk.steady_clock import STEP_S, SteadyClock
from callfloor.floor import facts
from callfloor.floor.calls import CallRecord
from callfloor.floor.changes import CallFinished, StatusChanged
from callfloor.floor.directory import Directory, Employee
from callfloor.floor.employees import Status, StatusTold, Why
from callfloor.floor.facts import Fact
from callfloor.floor.floor import Floor
from support.laws import Mirror
from support.scenarios import Capture, Player, load, names

STEPS = (3600.0, -3600.0, 0.9, -0.9, 86_400.0)
ALIKE_S = 1e-5
CHOSEN = random.Random("clocks").sample([name for name in names() if not name.endswith("-late")], 40)
PEOPLE = Directory(employees=(Employee(id=1, name="Anna", accounts=("101",)),))


class Watched:
    """A floor, who follows it by its changes (law L1), and what it told for ever."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.mirror = Mirror(self.floor.snapshot())
        self.records: list[CallRecord] = []
        self.told: list[StatusTold] = []

    def put(self, *some: Fact) -> None:
        for fact in some:
            for change in self.floor.apply(fact):
                self.mirror.apply(change)
                if isinstance(change, CallFinished):
                    self.records.append(change.record)
                elif isinstance(change, StatusChanged):
                    self.told.append(change.told)
            assert self.mirror.equals(self.floor.snapshot())


def heard(capture: Capture, at_line: int, by_s: float) -> Watched:
    """A capture during which the clock is set."""
    watched, player = Watched(), Player()
    for some in player.play(capture.start_at, capture.lines[:at_line]):
        watched.put(*some)
    player.translator.clock_set(by_s)
    watched.put(facts.ClockSet(capture.start_at + capture.lines[at_line].at_s + by_s, by_s))
    for some in player.play(capture.start_at + by_s, capture.lines[at_line:]):
        watched.put(*some)
    return watched


@pytest.mark.parametrize("name", CHOSEN)
def test_a_call_lasts_as_long_by_a_clock_that_is_set(name: str) -> None:
    capture = load(name)
    rolls = random.Random(name)
    whole = heard(capture, 0, 0.0).records
    for by_s in rolls.sample(STEPS, 2):
        at_line = rolls.randrange(len(capture.lines) // 2, len(capture.lines))
        set_at = capture.start_at + capture.lines[at_line].at_s
        is_ = {row.call_id: row for row in heard(capture, at_line, by_s).records}
        assert is_.keys() == {row.call_id for row in whole}
        for should in whole:
            assert should.ended_at is not None
            gone = should.ended_at <= set_at and is_[should.call_id] == should  # its row was told before
            assert gone or alike(is_[should.call_id], moved(should, by_s)), f"{name}, {by_s:+g} s at {at_line}"


def moved(value: object, by_s: float) -> object:
    """A row with its instants so much later."""
    built = msgspec.to_builtins(value)

    def walk(part: object) -> object:
        if isinstance(part, dict):
            return {
                key: each + by_s if each is not None and (key == "at" or key.endswith("_at")) else walk(each)
                for key, each in part.items()
            }
        return [walk(each) for each in part] if isinstance(part, list | tuple) else part

    return walk(built)


def alike(one: object, other: object) -> bool:
    """Equal but for what is lost in sums of large floats."""
    one = msgspec.to_builtins(one)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) < ALIKE_S
    return one == other


def staffed(at: float) -> Watched:
    watched = Watched()
    watched.put(
        facts.DirectorySet(at, PEOPLE),
        facts.DeviceSeen(at=at, link="pbx", account="101", device="d", reachable=True, found=True),
        facts.PeopleListed(at=at, link="pbx", devices=True, seats=True, dnd=True),
        facts.LinkUp(at, "pbx", "PBX"),
    )
    return watched


def of_anna(watched: Watched) -> list[tuple[float, Status, Why]]:
    return [(told.at, told.status, told.cause.why) for told in watched.told if told.employee_id == 1]


def test_an_hour_that_the_clock_passes_over_was_watched_by_nobody() -> None:
    watched = staffed(1000.0)
    watched.put(facts.ClockSet(5600.0, 3600.0))
    assert of_anna(watched)[1:] == [
        (2000.0, Status.UNKNOWN, Why.NOT_WATCHED),
        (5600.0, Status.ONLINE, Why.WATCH_BEGAN),
    ]
    (row,) = watched.floor.snapshot().employees
    assert (row.status, row.since) == (Status.ONLINE, 4600.0), "online for as long as they were"


def test_an_hour_that_the_clock_goes_through_again_changes_no_status() -> None:
    watched = staffed(10_000.0)
    watched.put(facts.ClockSet(7000.0, -3600.0))
    assert of_anna(watched)[1:] == []
    (row,) = watched.floor.snapshot().employees
    assert (row.status, row.since) == (Status.ONLINE, 6400.0)
    watched.put(facts.Tick(7002.0))
    assert watched.floor.snapshot().at == 7002.0


class Clocks:
    """The two clocks of a machine, moved by hand."""

    def __init__(self) -> None:
        self.wall_at, self.elapsed_s = 1_000_000.0, 50.0
        self.steps: list[tuple[float, float]] = []
        self.clock = SteadyClock(self._stepped, wall=lambda: self.wall_at, elapsed=lambda: self.elapsed_s)

    def _stepped(self, at: float, by_s: float) -> None:
        self.steps.append((at, by_s))

    def pass_(self, seconds: float, *, wall_s: float | None = None) -> float:
        self.elapsed_s += seconds
        self.wall_at += seconds if wall_s is None else wall_s
        return self.clock()


def test_time_that_passes_is_no_step() -> None:
    clocks = Clocks()
    for _ in range(100):
        clocks.pass_(2.0, wall_s=2.001)  # slewing at its fastest
    assert clocks.clock() == clocks.wall_at
    assert clocks.steps == []


@pytest.mark.parametrize("by_s", [STEP_S + 0.1, 3600.0, -STEP_S - 0.1, -3600.0])
def test_a_step_is_told_before_its_first_instant(by_s: float) -> None:
    clocks = Clocks()
    clocks.pass_(10.0)
    at = clocks.pass_(1.0, wall_s=1.0 + by_s)
    assert at == clocks.wall_at
    assert clocks.steps == [(at, pytest.approx(by_s))]
    clocks.pass_(1.0)
    assert len(clocks.steps) == 1


def test_a_clock_that_is_slewed_back_stands_until_it_is_right() -> None:
    clocks = Clocks()
    before = clocks.pass_(1.0)
    shown = [clocks.pass_(0.1, wall_s=-0.2), *(clocks.pass_(0.1) for _ in range(9))]
    assert shown == sorted(shown)
    assert shown[0] == before
    assert shown[-1] == clocks.wall_at
    assert clocks.steps == []
