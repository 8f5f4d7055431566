"""The journal at 10,000,000 calls of 3,000,000 clients over 2 years, on SQLite and PostgreSQL.

Filters are drawn by chance from every part of a filter; each figure says its median and its worst. The databases are
made once, in the system's temporary folder, and used again (CALLFLOOR_BENCH_CALLS: another number of calls).
"""

import functools
import random
import threading
import time
from collections.abc import Callable

import msgspec

from bench import Figure, at_least, at_most, shown
from bench.journal_fill import FIRST
from bench.theft import calmest, tried
from bench.years import CALLS, CLIENTS, DATABASES, LAST, opened
from callfloor.floor.calls import CallRecord, CallType
from callfloor.store import ProjectStore
from callfloor.store.call_filter import Between, CallFilter, Grouping, Mark, Outcome, Party, Sort, SortKey
from support.call_records import call

TIMES = 60
WRITTEN = 6_000
BATCH = 500
_MONTH = 30 * 86_400


def main() -> list[Figure]:
    """Both databases; some two minutes, and a quarter of an hour the first time."""
    figures: list[Figure] = []
    for name in DATABASES:
        with opened(name) as (store, made):
            figures += [*made, *_measured(name, store.project(1))]
    return figures


def _measured(name: str, project: ProjectStore) -> list[Figure]:
    chance = random.Random(5)
    journal = project.journal
    ever = CallFilter(started_from=FIRST, started_to=LAST)
    begun, held = time.perf_counter(), 0
    for held in journal.warming():  # noqa: B007 - as the service does after its start
        pass
    warmed = time.perf_counter() - begun
    times = _Times(name)
    deep: list[tuple[CallFilter, str]] = []

    def first() -> None:
        wanted = any_filter(chance)
        page = journal.rows(wanted)
        if page.next_cursor is not None:
            deep.append((wanted, page.next_cursor))

    def deeper() -> None:
        wanted, cursor = chance.choice(deep)
        journal.rows(wanted, after=cursor)

    def far() -> None:
        journal.rows(ever.over(FIRST, FIRST + chance.random() * (LAST - FIRST)))

    def ordered() -> None:
        journal.rows(any_filter(chance), Sort(key=chance.choice(list(SortKey)), descending=chance.random() < 0.5))

    def part() -> None:
        digits = "".join(chance.choice("0123456789") for _ in range(chance.randint(4, 7)))
        journal.rows(msgspec.structs.replace(ever, number_part=digits))

    def month() -> CallFilter:
        begins = FIRST + chance.random() * (LAST - FIRST - _MONTH)
        return any_filter(chance).over(begins, begins + _MONTH)

    def whole() -> None:
        page = journal.rows(ever.over(FIRST, FIRST + chance.random() * (LAST - FIRST)), limit=1)
        journal.whole(page.rows[0].call_id)

    return [
        shown(f"journal, {name}: columns read ahead after a start", warmed, "s", note=f"{held / 1e6:,.0f} MB held"),
        *times.of("page of 50, any filters, any period up to 2 years", first, 30, 300),
        *times.of("the page after it", deeper, 30, 300),
        *times.of("page anywhere, without a filter", far, 30, 300),
        *times.of("page in any order, any filters", ordered, 30, 300),
        *times.of("page by 4 to 7 digits of a number, 2 years", part, 100),
        *times.of("a whole call and its client", whole, 100, 300),
        *times.of("totals of 30 days, any filters", lambda: journal.totals(month()), 300),
        *times.of("2 years by department", lambda: journal.groups(ever, Grouping.DEPARTMENT), 150),
        *times.of("2 years by day", lambda: journal.groups(ever, Grouping.DAY), 150),
        *times.of("30 days by employee, any filters", lambda: journal.groups(month(), Grouping.EMPLOYEE), 300),
        *_written(name, project),
    ]


class _Times:
    def __init__(self, name: str) -> None:
        self._name = name

    def of(self, what: str, ask: Callable[[], object], median_ms: float, worst_ms: float | None = None) -> list[Figure]:
        """Without ``worst_ms`` the target is one, and holds for the worst too."""
        tries = tried(TIMES, ask)
        note = (
            f"{TIMES} times, {tries.cpu_ms:.1f} ms of our CPU, 95 % within {tries.within_ms(0.95):.0f} ms, "
            f"at {CALLS:,} calls"
        )
        title = f"journal, {self._name}: {what}"
        return [
            at_most(title, tries.median_ms, median_ms, "ms", note=note),
            at_most(f"{title}, worst", tries.worst_ms, worst_ms or median_ms, "ms", note=tries.stolen),
        ]


def _written(name: str, project: ProjectStore) -> list[Figure]:
    """Calls a second with their marks, alone, and while somebody reads pages without a pause: the middle of three."""
    figures = []
    for beside in (False, True):
        runs = calmest(3, 5, functools.partial(_written_once, project, beside=beside))
        stolen, (calls_s, cpu_us, pages_s) = sorted(runs, key=lambda run: run[1])[1]
        note = f"batches of {BATCH}, {cpu_us:.0f} µs of our CPU a call; the middle of three runs"
        title = f"journal, {name}: calls written with their marks"
        if beside:
            note = f"{note}, {pages_s:.0f} pages/s beside it"
            title = f"{title}, pages asked beside it"
        if stolen >= 0.01:
            note = f"{note}; the host took {stolen:.0%} of the processors"
        figures.append(at_least(title, calls_s, 2_000, "calls/s", note=note))
    return figures


def _written_once(project: ProjectStore, *, beside: bool) -> tuple[float, float, float]:
    """Calls a second, microseconds of our CPU for each, and pages a second beside it."""
    records = _records(project)
    done = threading.Event()
    pages = [0]
    chance = random.Random(7)

    def read() -> None:
        while not done.is_set():
            project.journal.rows(any_filter(chance))
            pages[0] += 1

    reader = threading.Thread(target=read)
    if beside:
        reader.start()
    begun, cpu = time.perf_counter(), time.thread_time()
    try:
        for start in range(0, WRITTEN, BATCH):
            project.journal.write(records[start : start + BATCH])
    finally:
        taken, cpu = time.perf_counter() - begun, time.thread_time() - cpu
        done.set()
        if beside:
            reader.join()
    return WRITTEN / taken, cpu / WRITTEN * 1e6, pages[0] / taken


def _records(project: ProjectStore) -> list[CallRecord]:
    """Calls that begin after all that are there."""
    chance = random.Random(6)
    newest = project.journal.rows(CallFilter(started_from=FIRST, started_to=LAST * 2), limit=1)
    begins = newest.rows[0].started_at + 1
    records = []
    for number in range(WRITTEN):
        record = call(number, started_at=begins + number * 0.5, accounts=(str(1000 + chance.randrange(200)),))
        client = f"+48{500_000_000 + chance.randrange(CLIENTS) * 97 % 400_000_000:09}"
        records.append(msgspec.structs.replace(record, call_id=f"bench-{time.time_ns()}-{number}", client_e164=client))
    return records


def any_filter(chance: random.Random) -> CallFilter:
    """A filter with one to four parts, by chance."""
    length = chance.choice((86_400, 7 * 86_400, _MONTH, 365 * 86_400, LAST - FIRST))
    begins = FIRST + chance.random() * (LAST - FIRST - length)
    some: dict[str, object] = {
        "employee_ids": frozenset(chance.sample(range(1, 201), chance.choice((1, 1, 5)))),
        "department_ids": frozenset(chance.sample(range(1, 21), chance.choice((1, 3)))),
        "business_numbers": frozenset({f"+4822100{chance.randrange(40):04}"}),
        "sources": frozenset({f"Source {chance.randrange(8)}"}),
        "queues": frozenset({f"queue-{chance.randrange(12):02}"}),
        "types": frozenset({chance.choice(list(CallType))}),
        "outcomes": frozenset(chance.sample(list(Outcome), chance.choice((1, 2)))),
        "marks": frozenset({chance.choice(list(Mark))}),
        "hung_up_by": frozenset({chance.choice(list(Party))}),
        "talk": Between(least_s=float(chance.choice((10, 60, 600, 3000))), most_s=None),
        "waiting": Between(least_s=None, most_s=float(chance.choice((1, 5, 20)))),
        "duration": Between(least_s=float(chance.choice((60, 100))), most_s=120.0),
        "recorded": chance.random() < 0.5,
        "number_part": "".join(chance.choice("0123456789") for _ in range(chance.randint(4, 6))),
    }
    chosen = chance.sample(sorted(some), chance.randint(1, 4))
    return msgspec.structs.replace(
        CallFilter(started_from=begins, started_to=begins + length), **{name: some[name] for name in chosen}
    )
