"""What calls cost, and which clients are to be called back. ``tables.py`` says what holds for every table."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from callfloor.store.columns import key, metadata, project, within

tariffs = Table(
    "tariffs",
    metadata,
    key(),
    project(),
    Column("trunk", Text, nullable=False),  # empty: the whole project. NULLs are never equal, so none here
    Column("direction", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("price_micro", BigInteger, nullable=False),
    Column("connection_micro", BigInteger, nullable=False),
    Column("free_s", BigInteger, nullable=False),
    Column("first_step_s", BigInteger, nullable=False),
    Column("next_step_s", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    UniqueConstraint("project_id", "trunk", "direction", "prefix", "valid_from"),
    sqlite_autoincrement=True,
)

callbacks = Table(
    "callbacks",
    metadata,
    # One stretch from a client's first missed call to whoever reached them (``floor.callbacks``).
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("client_e164", Text, nullable=False),
    Column("first_missed_at", BigInteger, nullable=False, autoincrement=False),
    Column("first_call", BigInteger, nullable=False, autoincrement=False),  # calls.id, as the next
    Column("last_missed_at", BigInteger, nullable=False),
    Column("last_call", BigInteger, nullable=False),
    Column("last_call_id", Text, nullable=False),
    Column("client_number", Text, nullable=True),  # as the PBX gave it last
    Column("tries", BigInteger, nullable=False),  # of the client
    Column("attempts", BigInteger, nullable=False),  # of ours
    Column("last_attempt_at", BigInteger, nullable=True),
    Column("known_until", BigInteger, nullable=False),  # the instant of the last call that was looked at
    Column("business_number", Text, nullable=True),
    Column("queue", Text, nullable=True),
    Column("turn_employee_id", BigInteger, nullable=True),
    Column("turn_department_id", BigInteger, nullable=True),
    # Whom its missed calls rang: ids and names between line feeds, so that one is found by "\n7\n".
    Column("departments", Text, nullable=False),
    Column("queues", Text, nullable=False),
    Column("nobody", Boolean, nullable=False),  # one of them reached nobody
    Column("settled_at", BigInteger, nullable=True),  # missed calls up to here are in it; None: open
    Column("closed_at", BigInteger, nullable=True),  # when somebody talked to them, or closed it by hand
    Column("closed_how", Text, nullable=True),  # inbound | outbound | callback | hand
    Column("closed_call_id", Text, nullable=True),
    Column("closed_employee_id", BigInteger, nullable=True),
    Column("closing_id", BigInteger, nullable=True),
    PrimaryKeyConstraint("project_id", "client_e164", "first_missed_at", "first_call"),
    within("turn_employee_id", "employees"),
    within("turn_department_id", "departments"),
    within("closed_employee_id", "employees"),
    Index("ix_callbacks_closed_at", "project_id", "closed_at"),
    sqlite_with_rowid=False,
)

_open = callbacks.c.settled_at.is_(None)
Index(
    "ix_callbacks_open",
    callbacks.c.project_id,
    callbacks.c.first_missed_at,
    sqlite_where=_open,
    postgresql_where=_open,
)

callback_closings = Table(
    "callback_closings",
    metadata,
    key(),
    project(),
    Column("client_e164", Text, nullable=False),
    Column("until", BigInteger, nullable=False),  # missed calls up to this instant are settled by it
    Column("at", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=True),  # no reference: it says who it was, whatever became of them
    Column("user_name", Text, nullable=True),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("undone_at", BigInteger, nullable=True),
    Index(None, "project_id", "client_e164"),
    sqlite_autoincrement=True,
)

callback_books = Table(
    "callback_books",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", BigInteger, nullable=False),  # grows with each change of the list
    Column("whole", Boolean, nullable=False),  # False: there are calls from before the list was kept
)

EVERYBODY = ""
"""In ``callback_changes``: more clients than are worth naming."""

callback_changes = Table(
    "callback_changes",
    metadata,
    # Whose cases became others with which revision of the list; the newest revisions alone.
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("revision", BigInteger, nullable=False, autoincrement=False),
    Column("client_e164", Text, nullable=False),
    PrimaryKeyConstraint("project_id", "revision", "client_e164"),
    sqlite_with_rowid=False,
)
