"""Opening the store: migrations, and every way in which a database may not be there or not be right."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from callfloor.errors import (
    ConfigurationError,
    ConflictError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    StoreTooNewError,
    StoreUnreachableError,
)
from callfloor.store import MigrationStep, ProjectStore, Store
from callfloor.store.engine import connect, parse
from callfloor.store.migrate import _config
from callfloor.store.tables import metadata
from support.call_records import call
from support.databases import Cluster


def _project(store: Store) -> ProjectStore:
    return store.project(store.projects.add("One", timezone="UTC", country="PL", language="en", now=1.0).id)


def _differences(url: str) -> list[object]:
    engines = connect(url)
    try:
        with engines.migrate.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return list(compare_metadata(context, metadata))
    finally:
        engines.dispose()


def test_the_migrations_make_the_very_tables_that_the_program_has(empty_url: str) -> None:
    steps: list[MigrationStep] = []
    Store.open(empty_url, progress=steps.append).close()
    assert _differences(empty_url) == []
    total = steps[0].of
    assert [(step.number, step.done) for step in steps] == [
        (number, done) for number in range(1, total + 1) for done in (False, True)
    ]
    assert all(step.title for step in steps)
    steps.clear()
    Store.open(empty_url, progress=steps.append).close()
    assert steps == []


@pytest.mark.parametrize("after", [1, 2, 9, 20, 30, 38, 45])
def test_killed_in_the_middle_of_a_migration_the_next_start_does_it_again(empty_url: str, after: int) -> None:
    script = Path(__file__).with_name("killed_migration.py")
    died = subprocess.run([sys.executable, script, empty_url, str(after)], check=False)
    assert died.returncode == -signal.SIGKILL
    store = Store.open(empty_url)
    _project(store).journal.write([call(1)])
    store.close()
    assert _differences(empty_url) == []


def test_calls_of_a_database_from_before_are_counted_and_their_days_are_kept_after_a_rebuild(empty_url: str) -> None:
    engines = connect(empty_url)
    with engines.migrate.begin() as connection:
        command.upgrade(_config(connection), "0001")
    old, empty = _old_project(engines.migrate, "Old"), _old_project(engines.migrate, "Empty")
    with engines.migrate.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO calls (project_id, id, call_id, type, result, started_at, ended_at, waiting_ms, ivr_ms,"
                " queue_ms, ringing_ms, talk_ms, hold_ms, duration_ms, partial, route, story)"
                " VALUES (:project, :id, 'c', 'inbound', 'answered', :at, :at, 0, 0, 0, 0, 5, 0, 5, false, '[]', '[]')"
            ),
            {"project": old, "id": 1_700_000_000_000 * 4096, "at": 1_700_000_000_000},
        )
        connection.execute(text("INSERT INTO employees (project_id, name) VALUES (:project, 'Ann')"), {"project": old})
        connection.execute(
            text(
                "INSERT INTO call_employees (project_id, call, part, account, employee_id, ring_ms, answered, talk_ms,"
                " missed, taken_elsewhere) SELECT :project, :id, 0, '101', id, 3, true, 5, false, false FROM employees"
            ),
            {"project": old, "id": 1_700_000_000_000 * 4096},
        )
    engines.dispose()
    store = Store.open(empty_url)
    project = store.project(old)
    (ann,) = project.directory.load().employees
    day = [(1_699_920_000.0, 1_700_006_400.0)]  # of UTC
    project.journal.write([call(1)])  # nobody's, and kept by no day yet
    assert [project.rollups.hold(), store.project(empty).rollups.hold()] == [False, True]
    before = project.profile.counts(ann.id, day)
    assert [(each.answered_inbound, each.talk_s) for each in before] == [(1, 0.005)]
    project.rollups.rebuild()
    assert project.rollups.hold()
    assert project.profile.counts(ann.id, day) == before
    store.close()


def _old_project(engine: Engine, name: str) -> int:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO projects (name, timezone, country, language, settings, created_at)"
                " VALUES (:name, 'UTC', 'PL', 'pl', '{}', 1)"
            ),
            {"name": name},
        )
        return int(connection.execute(text("SELECT max(id) FROM projects")).scalar_one())


def test_two_that_start_at_once_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        steps: list[MigrationStep] = []
        opened = [threads.submit(Store.open, empty_url, progress=steps.append) for _ in range(4)]
        for each in opened:
            each.result().close()
    assert len([step for step in steps if step.done]) == steps[0].of
    assert _differences(empty_url) == []


def test_a_database_of_a_newer_program_is_left_alone(database_url: str) -> None:
    engines = connect(database_url)
    with engines.migrate.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engines.dispose()
    with pytest.raises(StoreTooNewError, match="newer Callfloor") as caught:
        Store.open(database_url)
    assert caught.value.details == {"revision": "9999"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "mysql://u:geheim@h/d",
        "postgresql+asyncpg://u:geheim@h/d",
        "nonsense",
        "http://[x",
    ],
)
def test_a_url_that_is_none_of_ours_is_refused_without_repeating_its_secret(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Store.open(url)
    assert "CALLFLOOR_DATABASE_URL" in str(caught.value) or "sqlite:///" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgresql_goes_by_its_three_names(scheme: str) -> None:
    assert parse(f"{scheme}://u@h/d").drivername == "postgresql+psycopg"


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"Dear Sir or Madam, " * 100)
    with pytest.raises(StoreDamagedError):
        Store.open(f"sqlite:///{path}")
    assert path.read_bytes() == b"Dear Sir or Madam, " * 100


def test_a_file_that_cannot_be_made_is_told_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"file/callfloor\.db"):
        Store.open(f"sqlite:///{tmp_path}/file/callfloor.db")


def test_the_file_is_its_users_alone_and_never_loses_what_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "new" / "callfloor.db"
    store = Store.open(f"sqlite:///{path}")
    _project(store).journal.write([call(1)])
    for file in (path, path.with_name("callfloor.db-wal")):
        assert file.stat().st_mode & 0o077 == 0, file
    engines = connect(f"sqlite:///{path}")
    for engine, expected in ((engines.write, 0), (engines.read, 1)):
        with engine.connect() as connection:
            asked = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
            }
        assert asked == {
            "journal_mode": "wal",
            "synchronous": 2,  # FULL
            "foreign_keys": 1,
            "busy_timeout": 5000,
            "query_only": expected,
        }
    engines.dispose()
    store.close()


@pytest.mark.postgres
def test_a_postgresql_that_is_not_there_is_told_without_its_password(postgres: Cluster, tmp_path: Path) -> None:
    for url, says in (
        (f"postgresql://u:geheim@/d?host={tmp_path}", "cannot be reached"),
        (postgres.url("nowhere"), "does not exist"),
        (postgres.url("postgres").replace("callfloor@", "stranger:geheim@"), "stranger"),
    ):
        with pytest.raises(StoreUnreachableError, match=says) as caught:
            Store.open(url)
        assert "geheim" not in str(caught.value) + repr(caught.value.details)
        assert caught.value.__suppress_context__


def test_a_locked_sqlite_is_told(sqlite_url: str) -> None:
    store = Store.open(sqlite_url)
    project = _project(store)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="locked by another program"):
        project.journal.write([call(1)])
    assert project.journal.page(0.0, 9e9).calls == ()  # reading goes on
    other.execute("ROLLBACK")
    other.close()
    project.journal.write([call(1)])
    store.close()


def test_a_full_sqlite_is_told_and_takes_calls_again_when_there_is_room(sqlite_url: str) -> None:
    store = Store.open(sqlite_url)
    project = _project(store)
    engine = store._engines.write
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 2}")  # the pool's one connection keeps it
    with pytest.raises(StoreFullError, match="disk of the database is full"):
        project.journal.write([call(number) for number in range(500)])
    assert project.journal.page(0.0, 9e9).calls == ()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    project.journal.write([call(number) for number in range(500)])
    store.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user may enter."""
    with tempfile.TemporaryDirectory(prefix="callfloor-store-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_a_read_only_sqlite_file_is_told(open_folder: Path) -> None:
    path = open_folder / "callfloor.db"
    Store.open(f"sqlite:///{path}").close()
    path.chmod(0o444)
    open_folder.chmod(0o555)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)  # nothing is read-only for root
    try:
        with pytest.raises((StoreReadOnlyError, StoreUnreachableError)) as caught:
            Store.open(f"sqlite:///{path}")
    finally:
        os.seteuid(was)
        open_folder.chmod(0o755)
    assert "read-only" in str(caught.value) or "cannot be opened" in str(caught.value)


@pytest.mark.postgres
def test_a_read_only_postgresql_is_told(postgres_url: str) -> None:
    store = Store.open(postgres_url)
    project = _project(store)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')  # type: ignore[call-overload]
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            [name],
        )
    with pytest.raises(StoreReadOnlyError, match="read-only"):
        project.journal.write([call(1)])
    store.check()
    store.close()


def test_a_reading_connection_cannot_write(store: Store) -> None:
    from sqlalchemy import insert  # noqa: PLC0415 - for what no room may do

    from callfloor.store.tables import users  # noqa: PLC0415

    with pytest.raises(StoreReadOnlyError), store._scope.reading() as connection:
        connection.execute(
            insert(users),
            {"login": "x"} | dict.fromkeys(("login_key", "name", "locale", "theme"), "x") | {"created_at": 1},
        )


def test_a_statement_prepared_while_a_table_was_empty_is_planned_anew_when_it_is_not(postgres_url: str) -> None:
    engines = connect(postgres_url)
    try:
        with engines.write.begin() as connection:
            run = connection.exec_driver_sql
            run("CREATE TEMPORARY TABLE many (name text UNIQUE, kind bigint)")
            run("CREATE INDEX ON many (kind)")
            run("PREPARE one (bigint, text[]) AS SELECT * FROM many WHERE kind = $1 AND name = ANY ($2)")
            asked = "EXECUTE one (1, ARRAY['7'])"
            for _ in range(8):  # after five PostgreSQL may keep one plan for all
                run(asked)
            run("INSERT INTO many SELECT number, 1 FROM generate_series(1, 20000) number")
            plan = "\n".join(run(f"EXPLAIN {asked}").scalars())
            assert "many_name_key" in plan, plan
        with engines.read.begin() as connection:
            assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar() == "force_custom_plan"
    finally:
        engines.dispose()


def test_what_breaks_a_rule_says_neither_sql_nor_values(store: Store) -> None:
    store.users.add("anna.nowak", name="Anna", password_hash=None, now=1.0)
    user = store.users.by_login("anna.nowak")
    assert user is not None
    store.sessions.open(user.user.id, token_sha256="deadbeef", now=1.0, expires_at=2.0)
    with pytest.raises(ConflictError) as caught:
        store.sessions.open(user.user.id, token_sha256="deadbeef", now=1.0, expires_at=2.0)
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__  # a log that prints the error does not print the driver's
    for leak in ("deadbeef", "INSERT", "sessions", "token"):
        assert leak not in f"{error!r} {error} {error.details}"


async def test_reads_and_writes_leave_the_loop_free_and_writes_keep_their_order(store: Store) -> None:
    import asyncio  # noqa: PLC0415
    import threading  # noqa: PLC0415

    loop_thread = threading.get_ident()
    assert await store.run(threading.get_ident) != loop_thread
    seen: list[int] = []
    await asyncio.gather(*(store.change(seen.append, number) for number in range(50)))
    assert seen == list(range(50))
    await store.run(store.check)
    with pytest.raises(ZeroDivisionError):
        await store.change(lambda: 1 // 0)


async def test_a_closed_store_says_so(database_url: str) -> None:
    store = Store.open(database_url)
    store.close()
    for call_it in (store.run, store.change):
        with pytest.raises(StoreError, match="closed"):
            await call_it(store.check)
