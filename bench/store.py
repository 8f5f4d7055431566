"""The store on SQLite as it is shipped (WAL, synchronous=FULL): calls and statuses written a second, pages and profiles
at 1,000,000 calls and 60 days of statuses of 200 employees.

The peer of writing is Python's bare sqlite3 with the same rows, batches and pragmas: what our layers add is the rest.
"""

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from bench import Figure, at_least, at_most
from callfloor.floor.calls import CallRecord
from callfloor.floor.days import day_bounds, days_between, hour_bounds
from callfloor.floor.employees import Cause, Status, StatusTold, Why
from callfloor.store import ProjectStore, Store
from callfloor.store.columns import metadata
from callfloor.store.history_tables import account_statuses, employee_statuses
from callfloor.store.rows import to_rows
from callfloor.store.tables import call_employees, call_queues, calls

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from support.call_records import call

WRITTEN = 50_000
COPIES = 20  # of what was written, each at another time: 1,000,000 calls
BATCH = 500
BARE = 20_000
EMPLOYEES = 100
DEPARTMENTS = 5
GAP_S = 3.0  # between two calls' starts
PAGES = 60
STATUS_PEOPLE = 200
STATUS_DAYS = 60
STATUS_STRETCHES = 120  # of one employee on one day, and of their account
WEEK = days_between(date(2023, 11, 22), date(2023, 11, 28))  # within the calls and the statuses
UTC = ZoneInfo("UTC")
LAST_DAY = day_bounds(date(2023, 12, 18), UTC)


def main() -> list[Figure]:
    """Writing, then reading; about a minute and a half."""
    with tempfile.TemporaryDirectory(prefix="callfloor-bench-") as folder:
        ours, bare = _written_s(Path(folder)), _bare(Path(folder))
        figures = [
            at_least(
                "store: calls written", ours, 2_000, "calls/s", peer=bare, note="batches of 500; against bare sqlite3"
            )
        ]
        path = Path(folder) / "ours.db"
        _copy(path)
        store = Store.open(f"sqlite:///{path}")
        try:
            project = store.project(1)
            figures += _pages(project)
            figures += _profiles(project, path)
        finally:
            store.close()
    return figures


def _records(count: int) -> list[CallRecord]:
    chance = random.Random(1)
    return [
        call(
            number,
            started_at=1_700_000_000.0 + number * GAP_S + chance.random(),
            accounts=tuple(str(100 + chance.randrange(EMPLOYEES)) for _ in range(chance.choice((1, 1, 1, 2)))),
            queue=f"queue-{chance.randrange(3)}",
        )
        for number in range(count)
    ]


def _written_s(folder: Path) -> float:
    store = Store.open(f"sqlite:///{folder / 'ours.db'}")
    try:
        project = store.project(store.projects.add("Bench", timezone="UTC", country="PL", language="en", now=1.0).id)
        departments = [project.directory.add_department(f"D{number}") for number in range(DEPARTMENTS)]
        for number in range(EMPLOYEES):
            department = departments[number % DEPARTMENTS]
            project.directory.add_employee(f"E{number}", department_id=department.id, account_names=[str(100 + number)])
        records = _records(WRITTEN)
        begun = time.perf_counter()
        for start in range(0, len(records), BATCH):
            project.journal.write(records[start : start + BATCH])
        return len(records) / (time.perf_counter() - begun)
    finally:
        store.close()


def _bare(folder: Path) -> float:
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}")
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=sqlite.dialect())))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
    prepared = {
        table: f"INSERT INTO {table.name} ({','.join(f'{c.name}' for c in table.columns)})"
        f" VALUES ({','.join(':' + c.name for c in table.columns)})"
        for table in (calls, call_employees, call_queues)
    }
    records = _records(BARE)
    batches = []
    for start in range(0, BARE, BATCH):
        rows: dict[object, list[dict[str, object]]] = {table: [] for table in prepared}
        blank = dict.fromkeys(column.name for column in calls.columns)
        for place, record in enumerate(records[start : start + BATCH]):
            made = to_rows(record)
            key = made.started_ms * 4096 + place
            rows[calls].append({**blank, "project_id": 1, "id": key, **made.call})
            for table, parts in ((call_employees, made.employees), (call_queues, made.queues)):
                for number, part in enumerate(parts):
                    more = {"employee_id": 1, "department_id": 1} if table is call_employees else {}
                    rows[table].append({"project_id": 1, "call": key, "part": number, **more, **part})
        batches.append(rows)
    begun = time.perf_counter()
    for rows in batches:
        connection.execute("BEGIN IMMEDIATE")
        for table, statement in prepared.items():
            connection.executemany(statement, rows[table])
        connection.execute("COMMIT")
    took = time.perf_counter() - begun
    connection.close()
    return BARE / took


def _copy(path: Path) -> None:
    """Let the database copy its calls to other times: as many as an installation has after years."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-200000")
    shift_ms = int(WRITTEN * GAP_S * 1000)
    connection.execute("BEGIN")
    for copy in range(1, COPIES):
        for table in (calls, call_employees, call_queues):
            changed = {
                "id": f"id + {copy * shift_ms * 4096}",
                "call": f"call + {copy * shift_ms * 4096}",
                "call_id": f"call_id || '-{copy}'",
                "started_at": f"started_at + {copy * shift_ms}",
            }
            key = "id" if table is calls else "call"
            names = [column.name for column in table.columns]
            last = (1_700_000_000_000 + shift_ms) * 4096
            connection.execute(
                f"INSERT INTO {table.name} ({','.join(names)})"
                f" SELECT {','.join(changed.get(name, name) for name in names)} FROM {table.name} WHERE {key} < {last}"
            )
    connection.execute("COMMIT")
    connection.close()


def _pages(project: ProjectStore) -> list[Figure]:
    chance = random.Random(2)
    first, last = 1_700_000_000.0, 1_700_000_000.0 + COPIES * WRITTEN * GAP_S
    department = [1]
    team = list(range(1, EMPLOYEES + 1, DEPARTMENTS))

    def page(name: str, ask: Callable[[], object], target_ms: float) -> Figure:
        times = []
        for _ in range(PAGES):
            begun = time.perf_counter()
            ask()
            times.append((time.perf_counter() - begun) * 1000)
        worst = sorted(times)[int(PAGES * 0.95)]
        note = f"median of {PAGES}, 95 % within {worst:.1f} ms, at {COPIES * WRITTEN:,} calls"
        return at_most(f"store: page of 50, {name}", statistics.median(times), target_ms, "ms", note=note)

    def deep() -> object:
        end = first + chance.random() * (last - first)
        return project.journal.page(first, end)

    encode = msgspec.json.Encoder().encode
    return [
        page("newest", lambda: project.journal.page(first, last), 20),
        page("any day", deep, 20),
        page("one employee", lambda: project.journal.page(first, last, employee_ids=[chance.choice(team)]), 20),
        page("one department", lambda: project.journal.page(first, last, department_ids=department), 20),
        page(f"{len(team)} employees", lambda: project.journal.page(first, last, employee_ids=team), 40),
        page("newest, with its JSON", lambda: encode(project.journal.page(first, last)), 25),
    ]


def _profiles(project: ProjectStore, path: Path) -> list[Figure]:
    written = _statuses(project, path)
    begun = time.perf_counter()
    project.rollups.rebuild()  # the copies were made behind the store's back
    stretches = STATUS_DAYS * STATUS_STRETCHES * STATUS_PEOPLE
    rebuilt = (COPIES * WRITTEN + stretches) / (time.perf_counter() - begun)
    chance = random.Random(3)
    bounds = [day_bounds(day, UTC) for day in WEEK]

    def block(name: str, ask: Callable[[int, tuple[float, float]], object]) -> Figure:
        times = []
        for _ in range(PAGES):
            employee_id, day = 1 + chance.randrange(EMPLOYEES), chance.choice(bounds)
            begun = time.perf_counter()
            ask(employee_id, day)
            times.append((time.perf_counter() - begun) * 1000)
        worst = sorted(times)[int(PAGES * 0.95)]
        note = f"median of {PAGES}, 95 % within {worst:.1f} ms; an employee has some 360 calls a day"
        return at_most(f"store: profile, {name}", statistics.median(times), 100, "ms", note=note)

    def hours(employee_id: int, day: tuple[float, float]) -> object:
        return project.profile.counts(employee_id, hour_bounds(WEEK[bounds.index(day)], UTC))

    def tracks(employee_id: int, day: tuple[float, float]) -> object:
        return project.statuses.tracks([employee_id, str(99 + employee_id)], *day)

    return [
        at_least("store: statuses written", written, 2_000, "statuses/s", note="batches of 500, half of accounts"),
        at_least(
            "store: days rebuilt",
            rebuilt,
            10_000,
            "rows/s",
            note=f"{COPIES * WRITTEN:,} calls, {stretches:,} stretches",
        ),
        block("calls of 7 days", lambda employee_id, _: project.profile.counts(employee_id, bounds)),
        block(
            "statuses of 7 days", lambda employee_id, _: project.statuses.day_totals(employee_id, bounds, LAST_DAY[1])
        ),
        block("the hours of a day", hours),
        block("the calls of a day", lambda employee_id, day: project.journal.of_employee(employee_id, *day)),
        block("the statuses of a day", tracks),
    ]


def _statuses(project: ProjectStore, path: Path) -> float:
    """Written a second, over one day; the database copies it to the days before."""
    for number in range(EMPLOYEES, STATUS_PEOPLE):
        project.directory.add_employee(f"E{number}", account_names=[str(100 + number)])
    told = _told()
    begun = time.perf_counter()
    for start in range(0, len(told), BATCH):
        project.statuses.write(told[start : start + BATCH])
    written = len(told) / (time.perf_counter() - begun)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("BEGIN")
    for day in range(1, STATUS_DAYS):
        for table in (employee_statuses, account_statuses):
            names = [column.name for column in table.columns]
            moved = [f"{name} - {day * 86_400_000}" if name in {"began_at", "ended_at"} else name for name in names]
            connection.execute(
                f"INSERT INTO {table.name} SELECT {','.join(moved)} FROM {table.name}"
                f" WHERE ended_at IS NOT NULL AND began_at >= {round(LAST_DAY[0] * 1000)}"
            )
    connection.execute("COMMIT")
    connection.close()
    return written


def _told() -> list[StatusTold]:
    chance = random.Random(4)
    cause = Cause(why=Why.CALL, account="101", device="PJSIP/101-00000001", call_id="1700000000.123")
    changes = STATUS_STRETCHES * STATUS_PEOPLE
    step_s = (LAST_DAY[1] - LAST_DAY[0]) / changes
    turns = [0] * STATUS_PEOPLE
    told: list[StatusTold] = []
    for number in range(changes):
        person = chance.randrange(STATUS_PEOPLE)
        turns[person] += 1
        status = (Status.ONLINE, Status.TALKING, Status.ONLINE, Status.DND)[turns[person] % 4]
        at = LAST_DAY[0] + number * step_s
        told.append(StatusTold(at=at, status=status, cause=cause, account=str(100 + person)))
        told.append(StatusTold(at=at, status=status, cause=cause, employee_id=1 + person))
    return told
