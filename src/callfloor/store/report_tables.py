"""Reports by mail: when they go out, and what became of each letter. ``tables.py`` says what holds for every table."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text

from callfloor.store.columns import key, metadata, project

report_schedules = Table(
    "report_schedules",
    metadata,
    key(),
    project(),
    Column("name", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),  # whose it is; no reference: sight is looked up at each sending
    Column("every", Text, nullable=False),  # day | week | month
    Column("weekday", BigInteger, nullable=False),
    Column("month_day", BigInteger, nullable=False),
    Column("minute", BigInteger, nullable=False),  # of the day, by the project's clocks
    Column("period", Text, nullable=False),
    Column("days", BigInteger, nullable=False),
    Column("ask", Text, nullable=False),  # a JSON object: ReportAsk
    Column("users", Text, nullable=False),  # a JSON list of ids
    Column("addresses", Text, nullable=False),  # a JSON list
    Column("paused", Boolean, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=True),  # kept a while, so that removing can be undone
    Index(None, "project_id", "next_at"),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    project(),
    Column("schedule_id", BigInteger, nullable=True),  # no reference: a letter outlives its schedule
    Column("name", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),  # who asked for it
    Column("to_user_id", BigInteger, nullable=True),  # None: an outside address
    Column("address", Text, nullable=True),  # where it went; of a user None until it is sent
    Column("ask", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("late", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("next_try_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Column("error", Text, nullable=True),  # the mail server's words, or ours
    Column("file", Text, nullable=True),  # what it carried, by name
    Column("bytes", BigInteger, nullable=True),
    Column("rows", BigInteger, nullable=True),
    Index(None, "project_id", "state", "next_try_at"),
    sqlite_autoincrement=True,
)
