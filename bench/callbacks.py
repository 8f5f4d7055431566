"""The list of clients to call back, out of 10,000,000 calls of 2 years, on SQLite and PostgreSQL.

A company has not called back one in ten of its clients, or lets a machine do it: 1,100,000 cases, and a third of them
open, are more than anybody works through. Filters and periods are drawn by chance.
"""

import random
import statistics
import time
from collections.abc import Callable

import msgspec

from bench import Figure, at_most, shown
from bench.journal_fill import FIRST
from bench.years import CALLS, DATABASES, LAST, opened
from callfloor.store.callbacks import CallbackFilter, Callbacks, CallbackSight, CallbackSort

TIMES = 60
WORST_MS = 300
_SORTS: tuple[CallbackSort, ...] = ("since", "last", "tries", "attempts", "closed")
_DAY = 86_400


def main() -> list[Figure]:
    """Both databases; the list is made once, which takes minutes."""
    figures: list[Figure] = []
    for name in DATABASES:
        with opened(name, callbacks=True) as (store, made):
            figures += [*made, *_measured(name, store.project(1).callbacks)]
    return figures


def _measured(name: str, book: Callbacks) -> list[Figure]:
    chance = random.Random(9)
    ever = CallbackFilter(missed_from=FIRST, missed_to=LAST)

    def listed(wanted: CallbackFilter) -> Callable[[], object]:
        def ask() -> object:
            closed = chance.random() < 0.5
            sort = chance.choice(_SORTS)
            return book.page(wanted, closed=closed, sort=sort, descending=chance.random() < 0.5)

        return ask

    def some() -> object:
        return listed(_any_filter(chance))()

    def spanning() -> object:
        return listed(_within(chance))()

    def part() -> object:
        digits = "".join(chance.choice("0123456789") for _ in range(chance.randint(3, 7)))
        return listed(msgspec.structs.replace(ever, number_part=digits))()

    def counted() -> object:
        return book.counts(msgspec.structs.replace(_any_filter(chance), missed_from=None), *_period(chance))

    def today() -> object:
        return book.counts(CallbackFilter(), LAST - _DAY, LAST)

    begun = time.perf_counter()
    book.warm()  # as the service does after its start
    warmed = time.perf_counter() - begun
    return [
        shown(f"callbacks, {name}: columns read ahead after a start", warmed, "s"),
        *_times(name, "page of 100 open ones, who waited longest first", lambda: book.page(CallbackFilter())),
        *_times(name, "page of a period of any length, any order", spanning),
        *_times(name, "page with any filters, any order", some),
        *_times(name, "page by 3 to 7 digits of a number, 2 years", part),
        *_times(name, "how today stands", today),
        *_times(name, "how any period stands, any filters", counted),
    ]


def _times(name: str, what: str, ask: Callable[[], object]) -> list[Figure]:
    taken = []
    cpu = time.process_time()
    for _ in range(TIMES):
        begun = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - begun) * 1000)
    cpu = (time.process_time() - cpu) / TIMES * 1000
    within = sorted(taken)[int(TIMES * 0.95)]
    note = f"{TIMES} times, {cpu:.0f} ms of our CPU, 95 % within {within:.0f} ms, at {CALLS:,} calls"
    title = f"callbacks, {name}: {what}"
    return [
        at_most(title, statistics.median(taken), WORST_MS, "ms", note=note),
        at_most(f"{title}, worst", max(taken), WORST_MS, "ms"),
    ]


def _period(chance: random.Random) -> tuple[float, float]:
    length = chance.choice((_DAY, 7 * _DAY, 30 * _DAY, 365 * _DAY, LAST - FIRST))
    begins = FIRST + chance.random() * (LAST - FIRST - length)
    return begins, begins + length


def _within(chance: random.Random) -> CallbackFilter:
    begins, ends = _period(chance)
    return CallbackFilter(missed_from=begins, missed_to=ends)


def _any_filter(chance: random.Random) -> CallbackFilter:
    """One to three parts, in a period or at any time."""
    some: dict[str, object] = {
        "sight": CallbackSight(
            department_ids=frozenset(chance.sample(range(1, 21), 2)),
            queues=frozenset({f"queue-{chance.randrange(12):02}"}),
        ),
        "queues": frozenset({f"queue-{chance.randrange(12):02}"}),
        "department_ids": frozenset(chance.sample(range(1, 21), chance.choice((1, 3)))),
        "business_numbers": frozenset({f"+4822100{chance.randrange(40):04}"}),
        "sources": frozenset({f"Source {chance.randrange(8)}"}),
        "employee_ids": frozenset(chance.sample(range(1, 201), chance.choice((1, 5)))),
        "number_part": "".join(chance.choice("0123456789") for _ in range(chance.randint(3, 6))),
    }
    chosen = chance.sample(sorted(some), chance.randint(1, 3))
    base = CallbackFilter() if chance.random() < 0.3 else _within(chance)
    return msgspec.structs.replace(base, **{name: some[name] for name in chosen})
