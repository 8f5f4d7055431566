"""The floor of any past second, in databases of ten million calls: 90 days of a floor of 200 employees.

A day of 13,700 calls (ten million in two years) is simulated, kept as the service keeps it, and lies there ninety
times; CALLFLOOR_BENCH_CALLS: another number of calls beside it.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bench import Figure, at_most, shown
from bench.theft import tried
from bench.years import DATABASES, opened
from callfloor.asterisk.parties import Parties
from callfloor.asterisk.translate import Translator
from callfloor.floor import facts
from callfloor.floor.changes import CallFinished, Change
from callfloor.floor.floor import Floor
from callfloor.floor.past import PlainFloor, ms_up
from callfloor.project.simulated_past import hear
from callfloor.service import simulated_directory
from callfloor.simulator import Simulator
from callfloor.simulator.history import world_of
from callfloor.simulator.past import heard
from callfloor.simulator.world import Timed
from callfloor.store import ProjectStore
from callfloor.store.past_blocks import Packed, Span, packed
from callfloor.store.past_reader import PastReader
from callfloor.store.past_segment import Sealed, Segment
from callfloor.store.past_writer import BLOCK_GROWN, BLOCK_LEAST_S, BLOCK_LINES, BLOCK_MOST_S
from callfloor.web import past
from callfloor.web.access import Sight

EMPLOYEES = 200
CALLS_A_DAY = 13_700
DAYS = 90
DAY_MS = 86_400_000
BEGAN = 1_800_000_000.0
TIMES = 60
EVERYTHING = Sight(supervisions=True)
SOME = Sight(departments=frozenset({1, 2}))


def main() -> list[Figure]:
    """Both databases; some three minutes, and as long as ``journal`` where its databases are still to be made."""
    with tempfile.TemporaryDirectory() as folder:
        day = _Day(Path(folder))
        figures = day.figures()
        for name in DATABASES:
            with opened(name) as (store, _):
                project = store.project(1)
                try:
                    figures += _measured(name, project, day)
                finally:
                    project.past.delete_before(BEGAN + (DAYS + 1) * 86_400)
    return figures


class _Day:
    """One day, told and kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.blocks: list[Packed] = []
        self.calls = self.changes = 0
        self.keeping_s = self.packing_s = 0.0
        segment: Segment | None = None
        floor = Floor()
        for told in _told():
            for fact in told:
                changes = floor.apply(fact)
                kept = time.thread_time()
                at_ms = ms_up(fact.at)
                if segment is None or self._is_full(segment, at_ms):
                    segment = self._next(segment, at_ms, floor)
                self._keep(segment, at_ms, changes)
                self.keeping_s += time.thread_time() - kept
        if segment is not None:
            self._store(segment.seal(ms_up(BEGAN) + DAY_MS))

    def figures(self) -> list[Figure]:
        """What it cost to keep, and what it takes on the disk."""
        size = sum(len(block.content) + len(msgspec.json.encode(block.survey)) for block in self.blocks)
        note = f"{self.calls:,} calls, {EMPLOYEES} employees, {self.changes:,} changes, {len(self.blocks)} blocks a day"
        each = (self.keeping_s + self.packing_s) / self.changes * 1e6
        return [
            shown("past: disk for 90 days", size * DAYS / 1e6, "MB", note=note),
            shown(
                "past: kept, a change", each, "µs of CPU", note="in a thread, off the floor's way, compression included"
            ),
        ]

    def _keep(self, segment: Segment, at_ms: int, changes: list[Change]) -> None:
        for change in changes:
            self.calls += isinstance(change, CallFinished)
            before = segment.lines
            segment.take(max(at_ms, segment.last_ms), change)
            self.changes += segment.lines - before

    def _is_full(self, segment: Segment, at_ms: int) -> bool:
        age_s = (at_ms - segment.began_ms) / 1000
        grown = segment.bytes > BLOCK_GROWN * segment.first_bytes
        return segment.lines >= BLOCK_LINES or age_s >= BLOCK_MOST_S or (age_s >= BLOCK_LEAST_S and grown)

    def _next(self, segment: Segment | None, at_ms: int, floor: Floor) -> Segment:
        if segment is None:
            return Segment(self._folder, ms_up(BEGAN), PlainFloor.of(floor.snapshot()))
        self._store(segment.seal(at_ms))
        return Segment(self._folder, at_ms, segment.floor)

    def _store(self, sealed: Sealed) -> None:
        begun = time.thread_time()
        self.blocks.append(Packed(sealed.span, sealed.survey, packed(sealed.text())))
        self.packing_s += time.thread_time() - begun


def _told() -> Iterator[list[facts.Fact]]:
    simulator = Simulator(seed=1, employees=EMPLOYEES, timezone="UTC")
    directory = simulated_directory(simulator.directory())
    accounts = [account for employee in directory.employees for account in employee.accounts]
    world = world_of(start=BEGAN, employees=EMPLOYEES, timezone="UTC", calls_per_minute=CALLS_A_DAY / 1440)
    yield [facts.DirectorySet(BEGAN, directory)]
    timed: Iterator[Timed] = heard(world, BEGAN + 86_400)
    yield from hear(Translator("pbx", Parties(accounts), country="UA"), timed, name="PBX", watched=True)


def _measured(name: str, project: ProjectStore, day: _Day) -> list[Figure]:
    for number in range(DAYS):
        for block in day.blocks:
            span = Span(block.span.began_ms + number * DAY_MS, block.span.ended_ms + number * DAY_MS)
            minutes = msgspec.structs.replace(block.survey, first_minute=block.survey.first_minute + number * 1440)
            project.past.put(Packed(span, minutes, block.content))
    chance = random.Random(7)
    reader = PastReader(project.past, None)
    directory = past.moment(reader, EVERYTHING, BEGAN + 3600).snapshot
    assert directory is not None

    def cold() -> float:
        """Of two thousand blocks hardly any is asked for twice."""
        return BEGAN + chance.randrange(DAYS * 86_400)

    def moment() -> bytes:
        return msgspec.json.encode(past.moment(reader, EVERYTHING, cold()))

    def cut() -> bytes:
        return msgspec.json.encode(past.moment(reader, SOME, cold()))

    def step() -> object:
        return past.event(reader, SOME, cold(), employees=False, back=chance.random() < 0.5)

    def play() -> bytes:
        at = cold()
        return msgspec.json.encode(past.frames(reader, EVERYTHING, at, at + 1200, 12.0))

    def line() -> object:
        at = cold()
        return past.line(reader, SOME, directory.directory, at, at + 86_400, 120.0, BEGAN + DAYS * 86_400)

    title = f"past, {name}"
    return [
        *_timed(f"{title}: any second of 90 days", moment, 300),
        *_timed(f"{title}: any second, two departments", cut, 300),
        *_timed(f"{title}: the next event, or the one before", step, 600),
        *_timed(f"{title}: 20 s to be played at 60×", play, 1000),
        *_timed(f"{title}: a day's line", line, 300),
    ]


def _timed(title: str, ask: Callable[[], object], most_ms: float) -> list[Figure]:
    tries = tried(TIMES, ask)
    note = ", ".join(each for each in (f"median {tries.median_ms:.0f} ms", tries.stolen) if each)
    return [at_most(f"{title}, worst of {TIMES}", tries.worst_ms, most_ms, "ms", note=note)]
