"""Who was what when, and who did what: statuses, the days added up from them and from calls, switches, the audit.

``tables.py`` says what holds for every table.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, literal_column

from callfloor.store.columns import key, metadata, project, within


def _statuses(name: str, subject: str, kind: Any, *more: Any) -> Table:
    """Stretches of status: of one subject they follow one another without a gap, the last one running."""
    return Table(
        name,
        metadata,
        Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        Column(subject, kind, nullable=False, autoincrement=False),
        Column("began_at", BigInteger, nullable=False, autoincrement=False),
        Column("ended_at", BigInteger, nullable=True),  # the next one's beginning; None: runs
        Column("status", Text, nullable=False),
        Column("why", Text, nullable=False),  # the cause, and through what
        Column("through_account", Text, nullable=True),
        Column("device", Text, nullable=True),
        Column("call_id", Text, nullable=True),
        Column("by", Text, nullable=True),
        PrimaryKeyConstraint("project_id", subject, "began_at"),
        *more,
        sqlite_with_rowid=False,
    )


def _running(table: Table, subject: str) -> Table:
    """Of each subject one stretch runs at most: the database sees to it, and finds it at once."""
    runs = table.c.ended_at.is_(None)
    Index(
        f"uq_{table.name}_running",
        table.c.project_id,
        table.c[subject],
        unique=True,
        sqlite_where=runs,
        postgresql_where=runs,
    )
    return table


employee_statuses = _running(
    _statuses("employee_statuses", "employee_id", BigInteger, within("employee_id", "employees")), "employee_id"
)
account_statuses = _running(_statuses("account_statuses", "account", Text), "account")

watches = Table(
    "watches",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("watched_at", BigInteger, nullable=False),  # until then whatever runs was known to run
)

status_runs = Table(
    "status_runs",
    metadata,
    # How far each process's numbered entries were written: what comes again is known, and skipped.
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("run", Text, nullable=False),
    Column("written", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("project_id", "run"),
)

# --- added up by the project's days -----------------------------------------------------------------------------
# A day is kept by its first instant. What runs is not in status_days: whoever reads adds it, up to now.


def _days(name: str, *columns: Any) -> Table:
    return Table(
        name,
        metadata,
        Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
        Column("employee_id", BigInteger, nullable=False, autoincrement=False),
        Column("begins_at", BigInteger, nullable=False, autoincrement=False),
        *columns,
        PrimaryKeyConstraint("project_id", "employee_id", "begins_at"),
        within("employee_id", "employees"),
        sqlite_with_rowid=False,
    )


status_days = _days(
    "status_days",
    *(Column(f"{status}_ms", BigInteger, nullable=False) for status in ("talking", "online", "dnd", "offline")),
)

CALL_COUNTS = (
    "answered_inbound",
    "outbound",
    "outbound_answered",
    "callback",
    "callback_answered",
    "internal",
    "missed",
    "taken_elsewhere",
    "calls_ms",
    "talk_ms",
    "answered",
    "answer_ms",
    "answer_n",
)
"""What is added up of an employee's calls; see ``tally``."""

call_days = _days("call_days", *(Column(name, BigInteger, nullable=False) for name in CALL_COUNTS))

rollups = Table(
    "rollups",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("timezone", Text, nullable=True),  # whose days these are; None: not added up yet
)

# --- what people did --------------------------------------------------------------------------------------------

switches = Table(
    "switches",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("employee_id", BigInteger, nullable=False, autoincrement=False),
    Column("status", Text, nullable=False),  # dnd | offline
    Column("since", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("by_rule", Boolean, nullable=False),
    PrimaryKeyConstraint("project_id", "employee_id"),
    within("employee_id", "employees"),
)

audit = Table(
    "audit",
    metadata,
    key(),
    project(),
    Column("at", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=True),  # no reference: it says who it was, whatever became of them
    Column("user_login", Text, nullable=True),  # as it was then
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=True),  # employee, account, queue, …
    Column("subject_id", Text, nullable=True),
    Column("details", Text, nullable=False),  # a JSON object
    Column("outcome", Text, nullable=False),
    # Each way of looking it up, newest first; of those by outcome only what did not succeed is rare.
    Index(None, "project_id", "at", "id"),
    Index(None, "project_id", "user_id", "at", "id"),
    Index(None, "project_id", "action", "at", "id"),
    Index(None, "project_id", "subject_kind", "subject_id", "at", "id"),
    sqlite_autoincrement=True,
)

_failed = audit.c.outcome != literal_column("'done'")
Index(
    "ix_audit_failed",
    audit.c.project_id,
    audit.c.at,
    audit.c.id,
    sqlite_where=_failed,
    postgresql_where=_failed,
)
