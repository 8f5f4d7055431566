"""Bring the database to this program's tables, step by step, at the start.

Each migration is one transaction, DDL included, on SQLite and PostgreSQL alike, with the mark of the version in the
same transaction: killed in the middle, it has not happened, and the next start does it again. Two processes
starting together take turns by a lock of the database.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from callfloor.errors import StoreDamagedError, StoreTooNewError
from callfloor.store.engine import Engines
from callfloor.store.failures import told_plainly

log = logging.getLogger(__name__)

_ADVISORY_LOCK = 0x43414C4C464C4F52  # "CALLFLOR": PostgreSQL's lock by number, the same in every process of ours


class MigrationStep(msgspec.Struct, frozen=True, kw_only=True):
    """One migration, as the starting program shows it."""

    number: int  # from 1
    of: int
    revision: str
    title: str
    done: bool  # False: begins now


Progress = Callable[[MigrationStep], None]


def migrate(engines: Engines, progress: Progress | None = None, *, upto: str | None = None) -> int:
    """Apply what is missing, all or ``upto`` a version; how many migrations that was.

    Raises:
        StoreTooNewError: the database has a version that this program does not know.
        StoreError: it cannot be reached, written or locked.
    """
    script = ScriptDirectory.from_config(_config(None))
    known = [revision.revision for revision in reversed(list(script.walk_revisions()))]
    if upto is not None and upto not in known:
        raise StoreTooNewError(revision=upto)
    wanted = known if upto is None else known[: known.index(upto) + 1]
    applied = 0
    with told_plainly():
        with engines.read.connect() as connection:
            # Without the lock: where there is nothing to do, a start need not wait for who is writing.
            if wanted[-1:] == [_current(connection, known)]:
                return 0
        while True:
            with engines.migrate.begin() as connection:
                _take_turn(connection, engines)
                current = _current(connection, known)
                missing = wanted[0 if current is None else known.index(current) + 1 :]
                if not missing:
                    return applied
                total = applied + len(missing)
                revision = script.get_revision(missing[0])
                step = MigrationStep(
                    number=applied + 1, of=total, revision=missing[0], title=str(revision.doc), done=False
                )
                log.info("migrating the store", extra={"revision": step.revision, "step": step.number, "of": total})
                if progress:
                    progress(step)
                command.upgrade(_config(connection), missing[0])
                _check_references(connection, engines)
            applied += 1
            if progress:
                progress(msgspec.structs.replace(step, done=True))


def version(connection: Connection) -> str | None:
    """The version of a database's tables; None where it has none.

    Raises:
        StoreTooNewError: this program does not know it.
    """
    script = ScriptDirectory.from_config(_config(None))
    return _current(connection, [revision.revision for revision in script.walk_revisions()])


def require_known(revision: str) -> None:
    """See that this program knows a version of the tables.

    Raises:
        StoreTooNewError: it does not.
    """
    script = ScriptDirectory.from_config(_config(None))
    if revision not in {each.revision for each in script.walk_revisions()}:
        raise StoreTooNewError(revision=revision)


def newest() -> str:
    """The version that this program's tables have."""
    head = ScriptDirectory.from_config(_config(None)).get_current_head()
    if head is None:
        raise StoreDamagedError("the program has come without its migrations")
    return head


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection, known: list[str]) -> str | None:
    current: Any = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        raise StoreTooNewError(revision=current)
    return None if current is None else str(current)


def _take_turn(connection: Connection, engines: Engines) -> None:
    """SQLite's BEGIN IMMEDIATE has the lock already."""
    if not engines.is_sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")


def _check_references(connection: Connection, engines: Engines) -> None:
    """SQLite migrates with foreign keys off (a table is changed by copying it); see that none came loose."""
    if engines.is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise StoreDamagedError("after the migration a row points at nothing; the migration was undone")
