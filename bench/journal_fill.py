"""Years of calls for ``bench.journal``, made as columns and written as rows and as blocks: seconds a million.

A store keeps of these calls what it would have kept had they been written one by one; the bench checks a sample of it.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import psycopg

from callfloor.floor.calls import CallResult, CallType
from callfloor.store import Store
from callfloor.store.block_sums import recipe_of
from callfloor.store.block_writer import LARGEST, write
from callfloor.store.blocks import KNOWN, NEVER, NO_COST, OUTCOMES, PARTIES, RECORDED, Array, order_of
from callfloor.store.call_filter import Outcome
from callfloor.store.client_search import gather
from callfloor.store.rows import SLOTS
from callfloor.store.scope import Scope
from callfloor.store.words import words_with

EMPLOYEES, DEPARTMENTS, QUEUES, NUMBERS, SOURCES = 200, 20, 12, 40, 8
FIRST = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
DAYS = 730
_TYPES = list(CallType)
_PORTION = LARGEST * 4
_ABANDONED = {Outcome.ABANDONED_QUEUE: "queue", Outcome.ABANDONED_IVR: "ivr"}
_INDEXES = (
    ("ix_calls_project_id_client_e164_id", "calls (project_id, client_e164, id)"),
    ("ix_call_employees_project_id_employee_id_call", "call_employees (project_id, employee_id, call)"),
    ("ix_call_employees_project_id_department_id_call", "call_employees (project_id, department_id, call)"),
    ("ix_call_queues_project_id_queue_call", "call_queues (project_id, queue, call)"),
)
_STORY = '[{"at":1700000000.0,"what":"arrived"},{"at":1700000003.0,"what":"queue_joined","queue":"queue-01"}]'
_INBOUND_ENDS = {
    Outcome.ANSWERED: 0.8,
    Outcome.MISSED: 0.05,
    Outcome.ABANDONED_QUEUE: 0.07,
    Outcome.ABANDONED_IVR: 0.03,
    Outcome.VOICEMAIL: 0.03,
    Outcome.FAX: 0.01,
    Outcome.BUSY: 0.01,
}
_OTHER_ENDS = {Outcome.ANSWERED: 0.7, Outcome.NO_ANSWER: 0.2, Outcome.BUSY: 0.07, Outcome.FAILED: 0.03}
_TOLD = ("key", "type", "outcome", "ended_by", "flags", "talk", "waiting", "since", "client", "number", "scheme")
_CALLS = (
    "project_id", "id", "call_id", "type", "result", "abandoned_in", "client_number", "client_e164", "business_number",
    "started_at", "answered_at", "ended_at", "waiting_ms", "ivr_ms", "queue_ms", "ringing_ms", "talk_ms", "hold_ms",
    "duration_ms", "scheme", "hung_up_by", "recording", "forwarded_from", "partial", "route", "story", "client",
    "since_ms", "cost", "currency",
)  # fmt: skip
_PEOPLE = (
    "project_id", "call", "part", "account", "employee_id", "department_id", "ring_ms", "answered", "answered_at",
    "talk_ms", "missed", "taken_elsewhere",
)  # fmt: skip
_QUEUED = (
    "project_id",
    "call",
    "part",
    "queue",
    "joined_at",
    "left_at",
    "wait_ms",
    "outcome",
    "answered_by",
    "position",
)


class Sink(Protocol):
    """A database that takes many rows."""

    def put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert them."""

    def run(self, statement: str) -> None:
        """Execute a statement."""

    def close(self) -> None:
        """Keep everything, and let go."""


class SqliteSink:
    """A SQLite file, written without care for a power cut."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("synchronous=OFF", "cache_size=-400000", "temp_store=MEMORY"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.execute("BEGIN")

    def put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert them."""
        marks = ",".join("?" * len(columns))
        self._connection.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows)
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")

    def run(self, statement: str) -> None:
        """Execute a statement."""
        self._connection.execute(statement)

    def close(self) -> None:
        """Keep everything, and let go."""
        self._connection.execute("COMMIT")
        self._connection.execute("ANALYZE")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()


class PostgresSink:
    """A PostgreSQL database whose owner may look away from references: the tests' private one."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True)
        self._connection.execute("SET session_replication_role = replica")
        self._connection.execute("SET maintenance_work_mem = '1GB'")

    def put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert them."""
        # Of our own names alone, so no quoting.
        with self._connection.cursor() as cursor, cursor.copy(f"COPY {table} ({','.join(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def run(self, statement: str) -> None:
        """Execute a statement."""
        self._connection.execute(statement.encode())

    def close(self) -> None:
        """Keep everything, and let go."""
        self._connection.execute("ANALYZE")
        self._connection.close()


def fill(store: Store, opened: Callable[[], Sink], count: int, clients: int) -> float:
    """So many calls of so many clients over two years, into an empty store; seconds taken for a million calls."""
    begun = time.perf_counter()
    project_id = store.projects.add("Bench", timezone="Europe/Warsaw", country="PL", language="en", now=1.0).id
    project = store.project(project_id)
    departments = [project.directory.add_department(f"Department {n:02}").id for n in range(DEPARTMENTS)]
    people = [
        project.directory.add_employee(
            f"Employee {n:03}", department_id=departments[n % DEPARTMENTS], account_names=[str(1000 + n)]
        ).id
        for n in range(EMPLOYEES)
    ]
    numbers, queues = [f"+4822100{n:04}" for n in range(NUMBERS)], [f"queue-{n:02}" for n in range(QUEUES)]
    for place, number in enumerate(numbers):
        project.lines.put_number(number, source=f"Source {place % SOURCES}")
    scope = project.journal._scope
    with scope.writing() as connection:
        words = words_with(connection, scope, [*numbers, *queues, "Main"])
    sink = opened()
    for name, _ in _INDEXES:
        sink.run(f"DROP INDEX {name}")
    names = np.array([f"+48{500_000_000 + n * 97 % 400_000_000:09}" for n in range(clients)])
    orders = np.array([order_of(name) for name in names.tolist()], np.int64)
    newest = np.full(clients, -1, np.int64)
    maker = _Maker(project_id, words, numbers, queues, np.array(people), np.array(departments), names, orders, newest)
    for block in maker.blocks(count):
        maker.rows(block, sink)
        _keep(scope, block)
    sink.put(
        "clients",
        ("project_id", "id", "name", "last_inbound"),
        (
            (project_id, place + 1, name, None if last < 0 else last)
            for place, (name, last) in enumerate(zip(names.tolist(), newest.tolist(), strict=True))
        ),
    )
    sink.run(f"INSERT INTO rollups (project_id, timezone) VALUES ({project_id}, NULL)")
    for name, on in _INDEXES:
        sink.run(f"CREATE INDEX {name} ON {on}")
    sink.close()
    with scope.writing() as connection:
        gather(connection, scope)
    return (time.perf_counter() - begun) / count * 1e6


def _keep(scope: Scope, block: dict[str, Array]) -> None:
    with scope.writing() as connection:
        write(connection, scope, block, recipe_of(connection, scope))


class _Maker:
    def __init__(
        self,
        project_id: int,
        words: dict[str, int],
        numbers: list[str],
        queues: list[str],
        people: Array,
        departments: Array,
        names: Array,
        orders: Array,
        newest: Array,
    ) -> None:
        self._project_id = project_id
        self._numbers, self._queues = numbers, queues
        self._words = {code: word for word, code in words.items()}
        self._main = words["Main"]
        self._number_codes = np.array([words[each] for each in numbers])
        self._queue_codes = np.array([words[each] for each in queues])
        self._people, self._departments = people, departments
        self._names, self._orders, self._newest = names, orders, newest
        self._chance = np.random.default_rng(1)

    def blocks(self, count: int) -> Iterator[dict[str, Array]]:
        """The calls in columns, by key."""
        chance = self._chance
        day = chance.integers(0, DAYS, count)
        hour = chance.choice(24, count, p=_hours())
        begins = np.sort((day * 24 + hour) * 3_600_000 + chance.integers(0, 3_600_000, count))
        started = round(FIRST * 1000) + begins
        same = np.concatenate([[False], started[1:] == started[:-1]])
        slot = np.zeros(count, np.int64)
        run = np.flatnonzero(same)
        for place in run:  # calls of one millisecond: a few of ten million
            slot[place] = slot[place - 1] + 1
        keys = started * SLOTS + slot
        for start in range(0, count, LARGEST):
            yield self._block(keys[start : start + LARGEST])

    def _block(self, keys: Array) -> dict[str, Array]:
        chance, size = self._chance, len(keys)
        kind = chance.choice(4, size, p=(0.6, 0.25, 0.1, 0.05))
        inbound = kind == _TYPES.index(CallType.INBOUND)
        outcome = np.where(
            inbound,
            _pick(chance, size, _INBOUND_ENDS),
            _pick(chance, size, _OTHER_ENDS),
        )
        answered = outcome == OUTCOMES.index(Outcome.ANSWERED)
        client = chance.integers(0, len(self._names), size) + 1
        client[kind == _TYPES.index(CallType.INTERNAL)] = 0
        client[inbound & (chance.random(size) < 0.02)] = 0  # anonymous
        known = client > 0
        talk = np.where(answered, np.round(chance.lognormal(4.5, 1.0, size) * 1000), 0).astype(np.int64)
        waiting = np.round(chance.lognormal(2.5, 0.8, size) * 1000).astype(np.int64)
        employee = chance.integers(0, EMPLOYEES, size)
        queue = self._queue_codes[chance.integers(0, QUEUES, size)]
        queued = inbound & (chance.random(size) < 0.7)
        row, account, had = self._parts(employee, answered, kind)
        return {
            "key": keys,
            "type": kind,
            "outcome": outcome,
            "ended_by": np.where(answered, chance.integers(1, len(PARTIES) + 1, size), 0),
            "flags": known * KNOWN | (answered & (chance.random(size) < 0.9)) * RECORDED,
            "talk": talk,
            "waiting": waiting,
            "duration": talk + waiting,
            "since": self._since(keys, client, inbound & known),
            "client": client,
            "digits": np.where(known, self._orders[client - 1], order_of(None)),
            "number": self._number_codes[chance.integers(0, NUMBERS, size)],
            "scheme": np.where(inbound, self._main, 0),
            "queue": np.where(queued, queue, 0),
            "employee": self._people[employee],
            "department": self._departments[employee % DEPARTMENTS],
            "cost": np.full(size, NO_COST),
            "currency": np.zeros(size, np.int64),
            "people_row": row,
            "people_employee": self._people[account],
            "people_department": self._departments[account % DEPARTMENTS],
            "people_part": had,
            "queues_row": np.flatnonzero(queued),
            "queues_word": queue[queued],
            "tags_row": np.zeros(0, np.int64),
            "tags_word": np.zeros(0, np.int64),
        }

    def _parts(self, employee: Array, answered: Array, kind: Array) -> tuple[Array, Array, Array]:
        """Who had the call, and in one of four who else it rang."""
        size = len(employee)
        others = np.flatnonzero((self._chance.random(size) < 0.25) & (kind == 0))
        row = np.concatenate([np.arange(size), others])
        account = np.concatenate([employee, (employee[others] + 7) % EMPLOYEES])
        dialled = (kind == _TYPES.index(CallType.OUTBOUND)) | (kind == _TYPES.index(CallType.INTERNAL))
        first = np.where(answered | dialled, 1, 2)
        had = np.concatenate([first, np.where(answered[others], 3, 2)])
        order = np.argsort(row, kind="stable")
        return row[order], account[order], had[order]

    def _since(self, keys: Array, client: Array, counted: Array) -> Array:
        since = np.full(len(keys), NEVER)
        newest = self._newest
        for place in np.flatnonzero(counted).tolist():
            who, key = client[place] - 1, keys[place]
            if newest[who] >= 0:
                since[place] = key // SLOTS - newest[who] // SLOTS
            newest[who] = key
        return since

    def rows(self, block: dict[str, Array], sink: Sink) -> None:
        """The same calls as rows."""
        sink.put("calls", _CALLS, self._calls(block))
        sink.put("call_employees", _PEOPLE, self._employees(block))
        sink.put("call_queues", _QUEUED, self._queue_entries(block))

    def _calls(self, block: dict[str, Array]) -> Iterator[tuple[Any, ...]]:
        told = {name: block[name].tolist() for name in _TOLD}
        names, words = self._names, self._words
        for key, kind, outcome, ended, flags, talk, waiting, since, client, number, scheme in zip(
            *told.values(), strict=True
        ):
            end = OUTCOMES[outcome]
            at = key // SLOTS
            name = str(names[client - 1]) if client else None
            yield (
                self._project_id, key, f"{key:016x}", _TYPES[kind].value,
                CallResult.ABANDONED.value if end in _ABANDONED else end.value, _ABANDONED.get(end), name, name,
                words[number], at, at + waiting if talk else None, at + waiting + talk, waiting, 0, 0, waiting, talk, 0,
                talk + waiting, words[scheme] if scheme else None, PARTIES[ended - 1].value if ended else None,
                f"q-{key}.wav" if flags & RECORDED else None, None, False, '["Day menu","queue"]', _STORY,
                client or None, None if since == NEVER else since, None, None,
            )  # fmt: skip

    def _employees(self, block: dict[str, Array]) -> Iterator[tuple[Any, ...]]:
        row = block["people_row"]
        part = np.concatenate([[0], np.where(row[1:] == row[:-1], 1, 0)])
        talk, waiting, keys = block["talk"][row], block["waiting"][row], block["key"][row]
        dials = np.isin(block["type"][row], [1, _TYPES.index(CallType.INTERNAL)]) & (part == 0)
        for key, place, employee, department, had, talked, waited, dialled in zip(
            keys.tolist(), part.tolist(), block["people_employee"].tolist(), block["people_department"].tolist(),
            block["people_part"].tolist(), talk.tolist(), waiting.tolist(), dials.tolist(), strict=True,
        ):  # fmt: skip
            took = had == 1 and talked > 0
            yield (
                self._project_id, key, place, str(999 + employee), employee, department, 0 if dialled else 6000, took,
                key // SLOTS + waited if took else None, talked if took else 0, had == 2, had == 3,
            )  # fmt: skip

    def _queue_entries(self, block: dict[str, Array]) -> Iterator[tuple[Any, ...]]:
        row = block["queues_row"]
        for key, word in zip(block["key"][row].tolist(), block["queues_word"].tolist(), strict=True):
            at = key // SLOTS
            yield self._project_id, key, 0, self._words[word], at, at + 5000, 5000, "answered", None, 1


def _hours() -> Array:
    weight = np.array([1, 1, 1, 1, 1, 2, 4, 8, 14, 16, 16, 15, 13, 14, 15, 15, 13, 10, 7, 5, 4, 3, 2, 1], np.float64)
    return np.asarray(weight / weight.sum())


def _pick(chance: Any, size: int, shares: Mapping[Outcome, float]) -> Array:
    codes = np.array([OUTCOMES.index(each) for each in shares])
    return np.asarray(codes[chance.choice(len(codes), size, p=list(shares.values()))])
