"""The whole database as files, and files as the whole database: what a backup is made of.

SQLite is copied by its own online backup, within one reading transaction, so that what is written meanwhile neither
gets in nor makes it begin again (https://www.sqlite.org/backup.html). PostgreSQL is read in one REPEATABLE READ
transaction, table by table, by ``COPY … (FORMAT binary)``: no client programs of a matching version are needed.
"""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

import msgspec
import psycopg
from psycopg import sql
from sqlalchemy import inspect

from callfloor.errors import ConflictError, InvalidInputError, StoreError
from callfloor.store.columns import metadata
from callfloor.store.engine import Engines, connect
from callfloor.store.failures import told_plainly
from callfloor.store.migrate import migrate, newest, require_known, version
from callfloor.store.tables import OWNED  # noqa: F401 - every table is known once this is

SQLITE_FILE = "callfloor.db"
PAGES_AT_ONCE = 4096
CHUNK = 1 << 20

Told = Callable[[float], None]
"""Told the share that is done, 0 to 1."""
Writing = Callable[[str], AbstractContextManager[IO[bytes]]]
"""Opens a file of the copy by its name."""


class Copied(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy is of."""

    kind: str  # sqlite | postgresql
    revision: str  # of the tables
    columns: dict[str, list[str]] = {}  # of each table, in the order of its file; PostgreSQL alone


def copy_out(url: str, writing: Writing, scratch: Path, told: Told) -> Copied:
    """Copy the database while it is used.

    Args:
        url: where the database is.
        writing: opens the copy's files, one at a time.
        scratch: a folder with room for the database once more; SQLite needs it.
        told: told how far it is.

    Raises:
        ConfigurationError: the URL is not one of ours.
        InvalidInputError: the database has other tables than this program's.
        StoreError: it cannot be read, or there is no room.
    """
    engines = connect(url)
    try:
        with told_plainly(), engines.read.connect() as connection:
            revision = version(connection)
        if revision != newest():
            raise InvalidInputError(
                "The database is of another version of Callfloor: start this one once, or use that one's backup."
            )
        if engines.is_sqlite:
            _sqlite_out(Path(str(engines.url.database)), writing, scratch, told)
            return Copied(kind="sqlite", revision=revision)
        return Copied(kind="postgresql", revision=revision, columns=_postgresql_out(engines, writing, told))
    finally:
        engines.dispose()


def copy_in(url: str, copied: Copied, files: Mapping[str, Path], told: Told, *, replace: bool) -> Path | None:
    """Make the database what the copy is of, then bring its tables up to date.

    Args:
        url: where the database is to be; nobody may use it meanwhile.
        copied: what ``copy_out`` gave.
        files: the copy's files by their names.
        told: told how far it is.
        replace: what is there goes. SQLite's file is put aside; PostgreSQL's tables are gone for good.

    Returns:
        Where SQLite's file of before was put; None where there was none.

    Raises:
        ConfigurationError: the URL is not one of ours.
        ConflictError: there is a database, and it was not said that it may go.
        InvalidInputError: the copy is of the other kind of database.
        StoreTooNewError: a newer Callfloor made the copy.
        StoreError: it cannot be written, or there is no room.
    """
    engines = connect(url)
    try:
        kind = "sqlite" if engines.is_sqlite else "postgresql"
        if kind != copied.kind:
            raise InvalidInputError(f"This backup is of {copied.kind}, and CALLFLOOR_DATABASE_URL is of {kind}.")
        require_known(copied.revision)
        with told_plainly(), engines.read.connect() as connection:
            filled = bool(inspect(connection).get_table_names())
        if filled and not replace:
            raise ConflictError("There is a database already. Say --replace to have it go.")
        engines.dispose()
        aside = None
        if engines.is_sqlite:
            aside = _sqlite_in(Path(str(engines.url.database)), files[SQLITE_FILE], told, keep=filled)
        else:
            _postgresql_in(engines, copied, files, told)
        migrate(engines)
        return aside
    finally:
        engines.dispose()


# --- SQLite -----------------------------------------------------------------------------------------------------


def _sqlite_out(file: Path, writing: Writing, scratch: Path, told: Told) -> None:
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".callfloor-") as folder, _sqlite_told():
        copy = Path(folder) / SQLITE_FILE
        with (
            contextlib.closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(copy)) as target,
        ):
            source.isolation_level = None
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on one moment's state
            source.backup(target, pages=PAGES_AT_ONCE, progress=lambda _, left, of: told((of - left) / max(1, of) / 2))
        size = copy.stat().st_size
        with copy.open("rb") as read, writing(SQLITE_FILE) as write:
            done = 0
            while chunk := read.read(CHUNK):
                write.write(chunk)
                done += len(chunk)
                told(0.5 + done / size / 2)


def _sqlite_in(file: Path, copy: Path, told: Told, *, keep: bool) -> Path | None:
    """The copy comes to its place by one rename, after the file of before has left it."""
    with _sqlite_told():
        with contextlib.closing(sqlite3.connect(copy)) as check:
            if check.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise InvalidInputError("The backup's database is damaged.")
        new = file.with_name(f".{file.name}.restored")
        with copy.open("rb") as read, new.open("wb") as write:
            new.chmod(0o600)
            size, done = copy.stat().st_size, 0
            while chunk := read.read(CHUNK):
                write.write(chunk)
                done += len(chunk)
                told(done / size)
        aside = None
        if keep:
            with contextlib.closing(sqlite3.connect(file, timeout=1)) as old:
                old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            aside = _free_name(file)
            file.rename(aside)
        for log in ("-wal", "-shm"):
            file.with_name(file.name + log).unlink(missing_ok=True)
        new.rename(file)
        return aside


def _free_name(file: Path) -> Path:
    number = 1
    while (aside := file.with_name(f"{file.name}.before-restore-{number}")).exists():
        number += 1
    return aside


@contextlib.contextmanager
def _sqlite_told() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"SQLite says: {error}") from None
    except OSError as error:
        raise StoreError(f"{error.filename or 'a file'}: {error.strerror}") from None


# --- PostgreSQL -------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _driver(engines: Engines) -> Iterator["psycopg.Connection[Any]"]:
    """A connection of the driver's own: COPY is not SQLAlchemy's."""
    with told_plainly(), engines.migrate.connect() as connection:
        driver: Any = connection.connection.driver_connection
        try:
            yield driver
        except psycopg.Error as error:
            said = error.diag.message_primary or type(error).__name__
            raise StoreError(f"PostgreSQL says: {said}") from None


def _postgresql_out(engines: Engines, writing: Writing, told: Told) -> dict[str, list[str]]:
    tables = [str(table.name) for table in metadata.sorted_tables]
    columns = {str(table.name): [str(column.name) for column in table.columns] for table in metadata.sorted_tables}
    with _driver(engines) as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        sizes = {name: _size(connection, name) for name in tables}
        of, before = max(1, sum(sizes.values())), 0
        for name in tables:
            done = 0
            wanted = sql.SQL("COPY {} ({}) TO STDOUT (FORMAT binary)").format(
                sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, columns[name]))
            )
            with connection.cursor() as cursor, cursor.copy(wanted) as copying, writing(f"{name}.copy") as write:
                for data in copying:
                    write.write(data)
                    done += len(data)
                    told(min(1.0, (before + min(done, sizes[name])) / of))
            before += sizes[name]
        connection.execute("ROLLBACK")
    told(1.0)
    return columns


def _size(connection: "psycopg.Connection[Any]", table: str) -> int:
    found: Any = connection.execute("SELECT pg_table_size(%s::regclass)", (table,)).fetchone()
    return int(found[0])


def _postgresql_in(engines: Engines, copied: Copied, files: Mapping[str, Path], told: Told) -> None:
    with _driver(engines) as connection:
        others: Any = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND application_name = 'callfloor'"
        ).fetchone()
        if others[0]:
            raise ConflictError("Callfloor runs on this database: stop it first.")
        connection.execute("BEGIN")
        for name in [*(table.name for table in reversed(metadata.sorted_tables)), "alembic_version"]:
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {} CASCADE").format(sql.Identifier(name)))
        connection.execute("COMMIT")
    migrate(engines, upto=copied.revision)
    of, done = max(1, sum(file.stat().st_size for file in files.values())), 0
    with _driver(engines) as connection:
        connection.execute("BEGIN")
        for name in _in_order(copied):
            columns = sql.SQL(", ").join(map(sql.Identifier, copied.columns[name]))
            wanted = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(sql.Identifier(name), columns)
            # What a migration put there (a first row, a setting) is in the copy too.
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
            with (
                files[f"{name}.copy"].open("rb") as read,
                connection.cursor() as cursor,
                cursor.copy(wanted) as copying,
            ):
                while chunk := read.read(CHUNK):
                    copying.write(chunk)
                    done += len(chunk)
                    told(done / of)
            _go_on_numbering(connection, name, copied.columns[name])
        connection.execute("COMMIT")
        connection.execute("ANALYZE")  # without statistics the first questions would take minutes


def _in_order(copied: Copied) -> list[str]:
    """What is pointed at before what points at it; a table that this program no longer has comes last."""
    known = [str(table.name) for table in metadata.sorted_tables if table.name in copied.columns]
    return known + [name for name in copied.columns if name not in known]


def _go_on_numbering(connection: "psycopg.Connection[Any]", table: str, columns: list[str]) -> None:
    """The next row's number comes after the last one's."""
    if "id" not in columns:
        return
    sequence: Any = connection.execute("SELECT pg_get_serial_sequence(%s, 'id')", (table,)).fetchone()
    if sequence[0] is not None:
        wanted = sql.SQL("SELECT setval(%s, coalesce(max(id), 0) + 1, false) FROM {}").format(sql.Identifier(table))
        connection.execute(wanted, (sequence[0],))


def free_bytes(folder: Path) -> int:
    """How much room there is."""
    return shutil.disk_usage(folder).free
