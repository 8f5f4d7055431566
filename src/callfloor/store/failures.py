"""A database's own error becomes one of ours: what happened and what to do, without SQL and without values."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import exc

from callfloor.errors import (
    ConflictError,
    RowRefusedError,
    StoreBusyError,
    StoreDamagedError,
    StoreError,
    StoreFullError,
    StoreReadOnlyError,
    StoreUnreachableError,
)

_Ours = StoreError | ConflictError

# SQLite's primary result codes (https://www.sqlite.org/rescode.html); the extended code's low byte is the primary.
_SQLITE: dict[int, type[_Ours]] = {
    5: StoreBusyError,  # SQLITE_BUSY
    6: StoreBusyError,  # SQLITE_LOCKED
    8: StoreReadOnlyError,  # SQLITE_READONLY
    10: StoreUnreachableError,  # SQLITE_IOERR
    11: StoreDamagedError,  # SQLITE_CORRUPT
    13: StoreFullError,  # SQLITE_FULL
    14: StoreUnreachableError,  # SQLITE_CANTOPEN
    18: RowRefusedError,  # SQLITE_TOOBIG
    19: ConflictError,  # SQLITE_CONSTRAINT
    26: StoreDamagedError,  # SQLITE_NOTADB
}

# PostgreSQL's SQLSTATE, longest match first (https://www.postgresql.org/docs/15/errcodes-appendix.html).
_SQLSTATE: tuple[tuple[str, type[_Ours]], ...] = (
    ("25006", StoreReadOnlyError),  # read_only_sql_transaction: a standby, or default_transaction_read_only
    ("40", StoreBusyError),  # transaction rollback: serialisation failure, deadlock
    ("53100", StoreFullError),  # disk_full
    ("53", StoreUnreachableError),  # insufficient resources: too many connections, out of memory
    ("54", RowRefusedError),  # program limit exceeded: a value too long for its index
    ("55", StoreBusyError),  # object in use, lock not available
    ("57014", StoreBusyError),  # query_canceled: our statement_timeout
    ("57", StoreUnreachableError),  # operator intervention: shutting down, starting up
    ("58", StoreUnreachableError),  # system error
    ("08", StoreUnreachableError),  # connection exception
    ("28", StoreUnreachableError),  # invalid authorisation
    ("3D", StoreUnreachableError),  # no such database
    ("22", RowRefusedError),  # data exception
    ("23", ConflictError),  # integrity constraint
    ("XX", StoreDamagedError),  # internal error, data corrupted
)

_SAID = {
    "28": "the database refused the user name or the password",
    "3D": "there is no such database on the server",
}


@contextmanager
def told_plainly() -> Iterator[None]:
    """Inside it, what SQLAlchemy raises comes out as a ``StoreError`` or a ``ConflictError``.

    The cause is cut off on purpose: a driver's text quotes SQL and the values of the row, which are personal data.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise plainly(error) from None
    except UnicodeEncodeError:
        raise RowRefusedError("a text has what UTF-8 has no form for") from None


def plainly(error: exc.SQLAlchemyError) -> _Ours:
    """Our error for SQLAlchemy's; ``details`` has the driver's class and code, never its text."""
    if isinstance(error, exc.TimeoutError):
        return StoreBusyError("every connection to the database is in use; try again")
    original = getattr(error, "orig", None)
    details: dict[str, Any] = {"error": type(original if original is not None else error).__name__}
    if isinstance(original, OverflowError):  # SQLite's driver, for a number over 63 bits
        return RowRefusedError("a number is out of range", **details)
    state = getattr(original, "sqlstate", None)
    if isinstance(state, str):
        details["sqlstate"] = state
        kind: type[_Ours] = next((kind for prefix, kind in _SQLSTATE if state.startswith(prefix)), StoreError)
        return kind(_SAID.get(state[:2]), **details)
    code = getattr(original, "sqlite_errorcode", None)
    if isinstance(code, int):
        details["sqlite"] = getattr(original, "sqlite_errorname", code)
        message = "The database's file cannot be opened: see the rights on its folder." if code & 0xFF == 14 else None
        return _SQLITE.get(code & 0xFF, StoreError)(message, **details)
    if isinstance(error, exc.InterfaceError | exc.OperationalError):
        # psycopg could not connect, or lost the connection: no SQLSTATE, and libpq's first line says why
        # ("connection refused", "password authentication failed for user …"); no statement is ever in it.
        why = str(original).strip().splitlines()[:1]
        return StoreUnreachableError(f"The database cannot be reached: {why[0]}" if why else None, **details)
    if isinstance(error, exc.DataError | exc.StatementError):
        return RowRefusedError(**details)
    return StoreError(**details)
