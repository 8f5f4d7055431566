"""A database that has something in it is brought to today's tables: nothing is lost, wherever it is stopped."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from callfloor.errors import StoppedError, StoreDamagedError, StoreHalfUpgradedError
from callfloor.store import MigrationStep, Store, carrying, references
from callfloor.store.engine import Engines, connect
from callfloor.store.migrate import _config, migrate, newest, revisions, version

REVISIONS = revisions()
ROWS = 2
CALLS = 60
PIECE = 7


@pytest.fixture
def engines(empty_url: str) -> Iterator[Engines]:
    opened = connect(empty_url)
    yield opened
    opened.dispose()


def _filled(connection: Connection, known: set[str]) -> None:
    """Two rows in every table that is not known yet, each pointing at such rows as it must."""
    tables = sa.MetaData()
    tables.reflect(connection)
    for table in tables.sorted_tables:
        if table.name in known or table.name == "alembic_version":
            continue
        known.add(table.name)
        if connection.execute(sa.select(table).limit(1)).first() is not None:
            continue  # the step itself has written there
        for row in range(1, ROWS + 1):
            values = {column.name: _value(column, row) for column in table.columns}
            connection.execute(sa.insert(table).values(**values))


def _value(column: sa.Column[Any], row: int) -> object:
    if isinstance(column.type, sa.Boolean):
        return row % 2 == 0
    if isinstance(column.type, sa.LargeBinary):
        return bytes([row, 0, 255])
    if isinstance(column.type, sa.Text | sa.String):
        pointed_at = next((each.column.name for each in column.foreign_keys), column.name)
        return f"{pointed_at}-{row}"
    return row


def _content(connection: Connection) -> dict[str, list[dict[str, object]]]:
    tables = sa.MetaData()
    tables.reflect(connection)
    return {
        table.name: sorted(
            (dict(row) for row in connection.execute(sa.select(table)).mappings()),
            key=lambda row: repr(list(row.values())),
        )
        for table in tables.sorted_tables
        if table.name != "alembic_version"
    }


def test_what_each_version_kept_is_there_after_every_later_step(engines: Engines) -> None:
    known: set[str] = set()
    kept: dict[str, list[dict[str, object]]] = {}
    for revision in REVISIONS:
        migrate(engines, upto=revision)
        with engines.migrate.begin() as connection:
            now = _content(connection)
            for table, rows in kept.items():
                columns = rows[0].keys()
                there = [{name: row.get(name) for name in columns} for row in now[table]]
                lost = [row for row in rows if row not in there]
                assert lost == [], f"{revision} lost of {table}"
            _filled(connection, known)
            kept = {table: rows for table, rows in _content(connection).items() if rows}
    assert len(kept) == len(known), "every table had something in it"


def _old(engines: Engines) -> None:
    """Calls of two projects, as the first version kept them: clients come again, within a piece and after it."""
    migrate(engines, upto="0002")
    with engines.migrate.begin() as connection:
        for project in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO projects (name, timezone, country, language, settings, created_at)"
                    " VALUES (:name, 'UTC', 'PL', 'pl', '{}', 1)"
                ),
                {"name": f"p{project}"},
            )
            calls = [
                {
                    "project": project,
                    "id": (1_700_000_000_000 + number * 1000) * 4096,
                    "call": f"c{number}",
                    "type": "outbound" if number % 10 == 3 else "inbound",
                    "client": None if number % 7 == 0 else f"+4822{number * number % 11:07}",
                    "number": None if number % 14 == 0 else f"22{number % 5:07}",
                    "at": 1_700_000_000_000 + number * 1000,
                }
                for number in range(CALLS)
            ]
            connection.execute(
                text(
                    "INSERT INTO calls (project_id, id, call_id, type, result, client_number, client_e164, started_at,"
                    " ended_at, business_number, waiting_ms, ivr_ms, queue_ms, ringing_ms, talk_ms, hold_ms,"
                    " duration_ms, partial, route, story) VALUES (:project, :id, :call, :type, 'answered', :number,"
                    " :client, :at, :at, :number, 0, 0, 0, 0, 5, 0, 5, false, '[]', '[]')"
                ),
                calls,
            )


def _told(connection: Connection) -> list[dict[str, object]]:
    """What the step makes of the calls; a client by its name, for its number may be another."""
    rows = connection.execute(
        text(
            "SELECT calls.project_id, calls.id, calls.call_id, calls.since_ms, clients.name, clients.last_inbound,"
            " call_fresh.call AS fresh FROM calls LEFT JOIN clients ON clients.project_id = calls.project_id"
            " AND clients.id = calls.client LEFT JOIN call_fresh ON call_fresh.project_id = calls.project_id"
            " AND call_fresh.call = calls.id ORDER BY calls.project_id, calls.id"
        )
    ).mappings()
    words = text("SELECT project_id, word FROM call_words ORDER BY project_id, word")
    return [*map(dict, rows), *map(dict, connection.execute(words).mappings())]


def _expected() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    words: list[dict[str, object]] = []
    for project in (1, 2):
        last: dict[str, int] = {}
        rows: list[dict[str, Any]] = []
        for number in range(CALLS):
            at = 1_700_000_000_000 + number * 1000
            client = None if number % 7 == 0 else f"+4822{number * number % 11:07}"
            name = client or (None if number % 14 == 0 else f"22{number % 5:07}")
            since = None
            if client is not None and number % 10 != 3:
                since = at - last[client] // 4096 if client in last else None
                last[client] = at * 4096
            rows.append(
                {"project_id": project, "id": at * 4096, "call_id": f"c{number}", "since_ms": since, "name": name,
                 "fresh": at * 4096}
            )  # fmt: skip
        found += [{**row, "last_inbound": last.get(row["name"])} for row in rows]
        words += [{"project_id": project, "word": f"22{each:07}"} for each in range(5)]
    return [*found, *words]


def _same(found: list[dict[str, object]], wanted: list[dict[str, object]]) -> None:
    assert len(found) == len(wanted)
    for is_, should in zip(found, wanted, strict=True):
        assert is_ == should


def test_a_step_over_all_calls_says_how_far_it_is(engines: Engines) -> None:
    _old(engines)
    steps: list[MigrationStep] = []
    migrate(engines, steps.append, upto="0003", piece_rows=PIECE)
    with engines.migrate.begin() as connection:
        _same(_told(connection), _expected())
    told = [(step.rows, step.of_rows) for step in steps[1:-1]]
    assert told[0] == (0, 2 * CALLS)
    assert told[-1] == (2 * CALLS, 2 * CALLS)
    assert [rows for rows, _ in told] == sorted(rows for rows, _ in told)
    assert len(told) == 1 + 2 * -(-CALLS // PIECE)
    assert [step.percent for step in steps[1:4]] == [0, 5, 11]
    assert (steps[-1].done, steps[-1].percent) == (True, None)


def test_stopped_between_two_pieces_it_goes_on_there(engines: Engines, empty_url: str) -> None:
    _old(engines)

    def stop(step: MigrationStep) -> None:
        if step.rows == 3 * PIECE:
            raise StoppedError

    with pytest.raises(StoppedError):
        migrate(engines, stop, piece_rows=PIECE)
    with engines.migrate.begin() as connection, pytest.raises(StoreHalfUpgradedError):
        version(connection)
    steps: list[MigrationStep] = []
    migrate(engines, steps.append, piece_rows=PIECE, upto="0003")
    assert steps[0].rows == 4 * PIECE, "what was carried over is not gone over again"
    with engines.migrate.begin() as connection:
        _same(_told(connection), _expected())
    Store.open(empty_url).close()


def test_killed_at_any_statement_of_it_nothing_is_lost_or_doubled(engines: Engines, empty_url: str) -> None:
    _old(engines)
    engines.dispose()
    script = Path(__file__).with_name("killed_migration.py")
    for after in (25, 40, 57):  # in the tables' making, and at other places of the pieces each time
        died = subprocess.run([sys.executable, script, empty_url, str(after), str(PIECE)], check=False)
        assert died.returncode == -signal.SIGKILL
    migrate(engines, piece_rows=PIECE, upto="0003")
    with engines.migrate.begin() as connection:
        _same(_told(connection), _expected())
    migrate(engines)


MOVING = {
    "0003": "INSERT INTO call_fresh",
    "0006": "INSERT INTO callback_books",
    "0011": "UPDATE links",
    "0013": "SET masking_key",
}
"""What each of the steps that move rows does with them."""


def _rows_of_steps(connection: Connection) -> dict[str, list[Any]]:
    """What those steps make of the rows, but for what is drawn by lot."""
    asked = {
        "callbacks": "SELECT project_id, revision, whole FROM callback_books ORDER BY project_id",
        "links": "SELECT id, origin FROM links ORDER BY id",
        "keys": "SELECT id, length(masking_key) FROM projects ORDER BY id",
    }
    return {name: [tuple(row) for row in connection.execute(text(found))] for name, found in asked.items()}


def test_killed_in_each_step_that_moves_rows_it_has_not_happened_or_goes_on(engines: Engines, empty_url: str) -> None:
    _old(engines)
    with engines.migrate.begin() as connection:
        for project, name in ((1, "Simulated PBX"), (2, "pbx.example")):
            values = {"project": project, "name": name}
            connection.execute(
                text("INSERT INTO links (project_id, name, url, created_at) VALUES (:project, :name, 'ami://x', 1)"),
                values,
            )
    engines.dispose()
    script = Path(__file__).with_name("killed_migration.py")
    for revision, statement in MOVING.items():
        died = subprocess.run([sys.executable, script, empty_url, "1", str(PIECE), statement], check=False)
        assert died.returncode == -signal.SIGKILL, revision
        with engines.migrate.begin() as connection:
            unfinished = carrying.unfinished(connection)
            reached = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        # 0003 goes in pieces, and is at its version from the first on.
        assert unfinished == (
            carrying.Unfinished(revision="0003", place="", done=0, of=2 * CALLS) if revision == "0003" else None
        )
        assert reached == (revision if unfinished else REVISIONS[REVISIONS.index(revision) - 1])
        engines.dispose()
    migrate(engines, piece_rows=PIECE)
    with engines.migrate.begin() as connection:
        _same(_told(connection), _expected())
        assert _rows_of_steps(connection) == {
            "callbacks": [(1, 1, False), (2, 1, False)],
            "links": [(1, "simulator"), (2, "environment")],
            "keys": [(1, 64), (2, 64)],
        }


def test_the_files_are_the_chain() -> None:
    script = ScriptDirectory.from_config(_config(None))
    assert [each.revision for each in script.walk_revisions()][::-1] == REVISIONS
    assert newest() == script.get_current_head()


def test_a_row_that_a_step_leaves_pointing_at_nothing_is_found(sqlite_url: str) -> None:
    engines = connect(sqlite_url)
    with engines.migrate.begin() as connection:
        known: set[str] = set()
        _filled(connection, known)
        with references.heard(connection) as harmless:
            connection.execute(text("CREATE TABLE another (id BIGINT)"))
            connection.execute(text("ALTER TABLE another ADD COLUMN name TEXT"))
        assert references.to_check(connection, harmless) == []
        with references.heard(connection) as statements:
            connection.execute(text("DELETE FROM queues WHERE id = 1"))
        assert "calls" not in references.to_check(connection, statements), "it points at no queue"
        with references.heard(connection) as statements:
            connection.execute(text("DELETE FROM employees WHERE id = 1"))
        assert "call_employees" in references.to_check(connection, statements)
        with pytest.raises(StoreDamagedError):
            references.check(connection, statements)
    engines.dispose()
