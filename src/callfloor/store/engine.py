"""Connections: which database a URL means, and how each is set up.

Two pools: one that reads and one that writes. A connection of the first cannot write, whatever is asked of it.
SQLite has one writer at a time by nature; here it is one connection behind a lock, so that this process never
waits for itself inside the database.
"""

import logging
import os
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from psycopg.pq import Format
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError

from callfloor.errors import ConfigurationError, StoreError
from callfloor.store.boundary import guard
from callfloor.store.shelf import Shelf

log = logging.getLogger(__name__)

READERS = 4
"""Threads that read, and as many connections: SQLite's reads are CPU-bound, and the machine has other work."""

BUSY_TIMEOUT_S = 5.0
"""How long a write waits for another program's lock before ``StoreBusyError``."""

_CONNECT_TIMEOUT_S = 5
_STATEMENT_TIMEOUT_MS = 60_000
_LOCK_TIMEOUT_MS = 10_000
_KEEPALIVE = {"keepalives_idle": "20", "keepalives_interval": "5", "keepalives_count": "3", "tcp_user_timeout": "20000"}
"""A peer that vanished without a word (power cut, dropped by a firewall) is noticed within 20–35 s."""


class Engines(msgspec.Struct, frozen=True, kw_only=True):
    """The pools of one database."""

    url: URL
    read: Engine
    write: Engine
    migrate: Engine
    shelf: Shelf = msgspec.field(default_factory=Shelf)

    @property
    def is_sqlite(self) -> bool:
        """SQLite, or else PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    def dispose(self) -> None:
        """Close every connection."""
        for engine in (self.read, self.write, self.migrate):
            engine.dispose()


def parse(url: str) -> URL:
    """The URL as SQLAlchemy takes it: ``sqlite:///path``, ``postgresql://user:secret@host/name``.

    Raises:
        ConfigurationError: another database, a URL that cannot be read, SQLite without a file.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "CALLFLOOR_DATABASE_URL must be sqlite:///path or postgresql://user:secret@host/name"
        ) from None
    name = parsed.drivername
    if name in {"postgresql", "postgres", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if name in {"sqlite", "sqlite+pysqlite"}:
        if not parsed.database or parsed.database == ":memory:" or parsed.database.startswith("file:"):
            raise ConfigurationError("SQLite needs a file: sqlite:///path/callfloor.db")
        return parsed.set(drivername="sqlite+pysqlite")
    raise ConfigurationError(f"CALLFLOOR_DATABASE_URL must begin with sqlite:/// or postgresql://, not {name}://")


def connect(url: str) -> Engines:
    """The pools of the database at ``url``; nothing is opened yet but SQLite's file, which is made if missing.

    Raises:
        ConfigurationError: the URL is not one of ours.
        StoreError: the folder of SQLite's file cannot be made or written.
    """
    parsed = parse(url)
    return _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _postgresql(parsed)


def _sqlite(url: URL) -> Engines:
    assert url.database is not None  # noqa: S101 - parse() has seen to it; for the type checker
    _make_private_file(Path(url.database))

    def engine(*, begin: str, size: int, pragmas: tuple[str, ...] = ()) -> Engine:
        made = create_engine(
            url,
            hide_parameters=True,
            pool_size=size,
            max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_S * 2,
            connect_args={"timeout": BUSY_TIMEOUT_S},
        )

        @event.listens_for(made, "connect")
        def set_up(connection: Any, _record: object) -> None:
            connection.isolation_level = None  # the driver must not begin and commit by its own guess
            cursor = connection.cursor()
            for pragma in ("foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-32000", *pragmas):
                cursor.execute(f"PRAGMA {pragma}")
            cursor.close()

        @event.listens_for(made, "begin")
        def begin_it(connection: Any) -> None:
            connection.exec_driver_sql(begin)

        @event.listens_for(made, "handle_error")
        def open_anew(context: ExceptionContext) -> None:
            # A file that could not be written when it was opened stays so for the connection, whatever is mended.
            code = getattr(context.original_exception, "sqlite_errorcode", 0)
            if code & 0xFF in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}:
                context.is_disconnect = True

        return made

    read = engine(begin="BEGIN", size=READERS, pragmas=("query_only=ON",))
    # IMMEDIATE takes the lock at once and waits for it; a lock wanted in mid-transaction fails without waiting.
    # 32 MB of the log are put into their places at a time: by 4 MB, as is usual, nearly each batch of calls waits.
    write = engine(begin="BEGIN IMMEDIATE", size=1, pragmas=("journal_size_limit=67108864", "wal_autocheckpoint=8000"))
    # A table is rebuilt by copying it, which foreign keys must not follow; migrate.py checks them itself.
    # Write-ahead logging is a property of the file, and cannot be changed inside a transaction.
    migrate = engine(begin="BEGIN IMMEDIATE", size=1, pragmas=("foreign_keys=OFF", "journal_mode=WAL"))
    guard(read)
    guard(write)
    return Engines(url=url, read=read, write=write, migrate=migrate)


def _make_private_file(path: Path) -> None:
    """Only this user may read it: it has phone numbers and password hashes in it. SQLite's -wal and -shm follow."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
    except OSError as error:
        raise StoreError(f"cannot make or open {path}: {error.strerror}") from None


class _BinaryCursor(psycopg.Cursor[Any]):
    """Answers come as they are, not as text: bytes as text are twice as long, and are read letter by letter."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.format = Format.BINARY


def _postgresql(url: URL) -> Engines:
    given = url.query.get("options", "")
    given = given if isinstance(given, str) else " ".join(given)

    def engine(*, size: int, settings: dict[str, str], binary: bool = True, **options: Any) -> Engine:
        ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
        return create_engine(
            url,
            hide_parameters=True,
            pool_size=size,
            max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_S * 2,
            pool_pre_ping=True,  # a restarted server must not cost the first caller an error
            connect_args={
                "application_name": "callfloor",
                "connect_timeout": _CONNECT_TIMEOUT_S,
                "options": f"{ours} {given}".strip(),
                "cursor_factory": _BinaryCursor if binary else psycopg.Cursor,
                **_KEEPALIVE,
            },
            **options,
        )

    limits = {
        "statement_timeout": str(_STATEMENT_TIMEOUT_MS),
        "lock_timeout": str(_LOCK_TIMEOUT_MS),
        "timezone": "UTC",
        "plan_cache_mode": "force_custom_plan",  # a plan made while a table was empty reads all of it later (0177)
    }
    # One picture for the several queries of one page: REPEATABLE READ, read only.
    read = engine(
        size=READERS,
        settings={**limits, "default_transaction_read_only": "on"},
        isolation_level="REPEATABLE READ",
    )
    write = engine(size=2, settings=limits)
    # Building an index may take long; and what lists the tables reads its answers as text.
    migrate = engine(size=1, settings={"timezone": "UTC"}, binary=False)
    guard(read)
    guard(write)
    return Engines(url=url, read=read, write=write, migrate=migrate)
