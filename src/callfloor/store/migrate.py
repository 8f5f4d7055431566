"""Bring the database to this program's tables, step by step, at the start.

Each migration is one transaction, DDL included, on SQLite and PostgreSQL alike, with the mark of the version in the
same transaction: killed in the middle, it has not happened, and the next start does it again. One that goes over every
row does that in pieces, and the next start goes on after the last of them (``carrying``). Two processes starting
together take turns by a lock of the database.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from callfloor.errors import StoreDamagedError, StoreHalfUpgradedError, StoreTooNewError
from callfloor.store import carrying, references
from callfloor.store.engine import Engines
from callfloor.store.failures import told_plainly

if TYPE_CHECKING:  # a twentieth of the program's loading, and hardly a start has anything to migrate
    from alembic.config import Config
    from alembic.script import Script

log = logging.getLogger(__name__)

_MIGRATIONS = Path(__file__).parent / "migrations"

_VERSION = sa.table("alembic_version", sa.column("version_num"))

_ADVISORY_LOCK = 0x43414C4C464C4F52  # "CALLFLOR": PostgreSQL's lock by number, the same in every process of ours


class MigrationStep(msgspec.Struct, frozen=True, kw_only=True):
    """One migration, as the starting program shows it."""

    number: int  # from 1
    of: int
    revision: str  # "": what follows after the last migration
    title: str
    done: bool  # False: begins now, or goes on
    rows: int | None = None  # that were gone over; None: it is not known, for it is over in a moment
    of_rows: int | None = None

    @property
    def percent(self) -> int | None:
        """How much of the step is done, 0 to 99; None where nobody can tell."""
        return None if self.rows is None or not self.of_rows else min(99, self.rows * 100 // self.of_rows)


Progress = Callable[[MigrationStep], None]
"""Told of each step as it begins, as it goes on and when it is done. What it raises stops the upgrade between two
pieces, or at the beginning of a step; the next start goes on there."""


def migrate(
    engines: Engines,
    progress: Progress | None = None,
    *,
    upto: str | None = None,
    piece_rows: int = carrying.PIECE_ROWS,
    then: int = 0,
) -> int:
    """Apply what is missing, all or ``upto`` a version; how many migrations that was.

    A step that goes over rows takes ``piece_rows`` at a time. ``then`` steps of the caller's own follow where there
    was one of those; they count among the steps that are told.

    Raises:
        StoreTooNewError: the database has a version that this program does not know.
        StoreError: it cannot be reached, written or locked.
    """
    known = revisions()
    if upto is not None and upto not in known:
        raise StoreTooNewError(revision=upto)
    wanted = known if upto is None else known[: known.index(upto) + 1]
    applied = 0
    fresh: bool | None = None
    if is_at(engines, wanted[-1]):
        return 0  # found without the lock: a start need not wait for who is writing
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # where there is something to do

    script = ScriptDirectory.from_config(_config(None))
    with told_plainly():
        while True:
            with engines.migrate.begin() as connection:
                _take_turn(connection, engines)
                current = _current(connection, known)
                fresh = current is None if fresh is None else fresh
                work = carrying.unfinished(connection)
                missing = wanted[0 if current is None else known.index(current) + 1 :]
                if work is not None:
                    missing = [work.revision, *missing]
                if not missing:
                    return applied
                revision = script.get_revision(missing[0])
                follow = then if not fresh and any(_carries(script.get_revision(each)) for each in missing) else 0
                step = MigrationStep(
                    number=applied + 1,
                    of=applied + len(missing) + follow,
                    revision=missing[0],
                    title=str(revision.doc),
                    done=False,
                )
                if work is None:
                    work = _begin(connection, engines, revision, step, progress)
                else:
                    work = carrying.carry_on(connection, work, revision.module.carry, piece_rows)
            if work is None:
                applied += 1
                step = msgspec.structs.replace(step, done=True)
            else:
                step = msgspec.structs.replace(step, rows=work.done, of_rows=work.of)
            if progress:
                progress(step)


def _begin(
    connection: Connection, engines: Engines, revision: "Script", step: MigrationStep, progress: Progress | None
) -> carrying.Unfinished | None:
    """Make the tables what a revision has; the rows that are to be carried over then, None where there are none."""
    log.info("migrating the store", extra={"revision": step.revision, "step": step.number, "of": step.of})
    if progress:
        progress(step)
    from alembic import command  # noqa: PLC0415

    with references.heard(connection) as statements:
        command.upgrade(_config(connection), step.revision)
    if engines.is_sqlite:
        references.check(connection, statements)
    if not _carries(revision):
        return None
    rows = revision.module.rows(connection)
    if not rows:
        return None
    carrying.begin(connection, step.revision, rows)
    return carrying.unfinished(connection)


def _carries(revision: "Script") -> bool:
    return hasattr(revision.module, "carry")


def is_at(engines: Engines, revision: str) -> bool:
    """Whether a database has this version of the tables, whole.

    Raises:
        StoreTooNewError: the database has a version that this program does not know.
        StoreError: it cannot be reached or read.
    """
    with told_plainly(), engines.read.connect() as connection:
        return _current(connection, revisions()) == revision and carrying.unfinished(connection) is None


def version(connection: Connection) -> str | None:
    """The version of a database's tables; None where it has none.

    Raises:
        StoreTooNewError: this program does not know it.
        StoreHalfUpgradedError: it is on its way to that version.
    """
    if carrying.unfinished(connection) is not None:
        raise StoreHalfUpgradedError
    return _current(connection, revisions())


def require_known(revision: str) -> None:
    """See that this program knows a version of the tables.

    Raises:
        StoreTooNewError: it does not.
    """
    if revision not in revisions():
        raise StoreTooNewError(revision=revision)


def revisions() -> list[str]:
    """The versions that this program knows, the oldest first: their files are named by them.

    Raises:
        StoreDamagedError: it has come without them.
    """
    found = sorted(file.name[1:5] for file in (_MIGRATIONS / "versions").glob("r[0-9][0-9][0-9][0-9]_*.py"))
    if not found:
        raise StoreDamagedError("the program has come without its migrations")
    return found


def newest() -> str:
    """The version that this program's tables have."""
    return revisions()[-1]


def _config(connection: Connection | None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _current(connection: Connection, known: list[str]) -> str | None:
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    found: Any = connection.execute(sa.select(_VERSION)).scalar()
    if found is not None and found not in known:
        raise StoreTooNewError(revision=found)
    return None if found is None else str(found)


def _take_turn(connection: Connection, engines: Engines) -> None:
    """SQLite's BEGIN IMMEDIATE has the lock already."""
    if not engines.is_sqlite:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
