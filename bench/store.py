"""The journal on SQLite as it is shipped (WAL, synchronous=FULL): calls written a second, and pages at 1,000,000 calls.

The peer of writing is Python's bare sqlite3 with the same rows, batches and pragmas: what our layers add is the rest.
"""

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from bench import Figure, at_least, at_most
from callfloor.floor.calls import CallRecord
from callfloor.store import ProjectStore, Store
from callfloor.store.rows import to_rows
from callfloor.store.tables import call_employees, call_queues, calls, metadata

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


def main() -> list[Figure]:
    """Writing, then reading; about half a minute."""
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
            figures += _pages(store.project(1))
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
        for place, record in enumerate(records[start : start + BATCH]):
            made = to_rows(record)
            key = made.started_ms * 4096 + place
            rows[calls].append({"project_id": 1, "id": key, **made.call})
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
