"""An employee's profile out of 10,000,000 calls and two years of statuses of 200 employees, on SQLite and PostgreSQL.

Each block of the panel as the server answers it, encoded: what a browser waits for but the network. The periods and
the employees are drawn by chance. ``bench.years`` makes the databases.
"""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import msgspec

from bench import Figure, at_most
from bench.journal_fill import DAYS, FIRST
from bench.theft import tried
from bench.years import CALLS, DATABASES, LAST, opened
from callfloor.store import Store
from callfloor.web import profiles

TIMES = 60
LIMIT_MS = 100


def main() -> list[Figure]:
    """Both databases; some ten seconds, and some minutes the first time."""
    figures: list[Figure] = []
    for name in DATABASES:
        with opened(name, statuses=True) as (store, made):
            figures += [*made, *_measured(name, store)]
    return figures


def _measured(name: str, store: Store) -> list[Figure]:
    chance, project = random.Random(8), store.project(1)
    directory = project.directory.load()
    people = [employee for employee in directory.employees if employee.accounts]
    first = datetime.fromtimestamp(FIRST, UTC).date()
    encode = msgspec.json.Encoder().encode

    def day() -> date:
        return first + timedelta(days=chance.randrange(7, DAYS - 1))

    def week() -> bytes:
        ends = day()
        period = (ends - timedelta(days=6), ends)
        return encode(profiles.profile(store, project, chance.choice(people), directory, period, LAST))

    def hours() -> bytes:
        return encode(profiles.hours(store, project, chance.choice(people), day()))

    def strip() -> bytes:
        return encode(profiles.statuses(store, project, chance.choice(people), day(), LAST))

    return [
        *_block(name, "summary, calls and statuses by day, 7 days", week),
        *_block(name, "a day's hours and its calls", hours),
        *_block(name, "a day's strip, with its accounts", strip),
    ]


def _block(name: str, what: str, ask: Callable[[], bytes]) -> list[Figure]:
    size = 0

    def asked() -> None:
        nonlocal size
        size = max(size, len(ask()))

    tries = tried(TIMES, asked)
    cost = f"{tries.cpu_ms:.1f} ms of CPU, at most {size / 1000:.0f} kB"
    note = f"{TIMES} times, {cost}; {CALLS:,} calls, 2 years of statuses"
    title = f"profile, {name}: {what}"
    return [
        at_most(title, tries.median_ms, LIMIT_MS, "ms", note=note),
        at_most(f"{title}, worst", tries.worst_ms, LIMIT_MS, "ms", note=tries.stolen),
    ]
