"""Long work, one row each. ``tables.py`` says what holds for every table."""

from sqlalchemy import BigInteger, Column, Index, Table, Text

from callfloor.store.columns import key, metadata, project

jobs = Table(
    "jobs",
    metadata,
    key(),
    project(),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("of", BigInteger, nullable=True),  # None: not known yet
    Column("user_id", BigInteger, nullable=True),  # no reference: it says who it was, whatever became of them
    Column("user_name", Text, nullable=True),  # as it was then
    Column("asked_at", BigInteger, nullable=False),
    Column("began_at", BigInteger, nullable=True),
    Column("ended_at", BigInteger, nullable=True),
    Column("params", Text, nullable=False),  # a JSON object
    Column("result", Text, nullable=False),  # a JSON object
    Column("error_id", Text, nullable=True),
    Column("error", Text, nullable=True),
    Index(None, "project_id", "state"),
    Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)
