"""How far each source of imported history is, and what of it was refused. ``tables.py`` says what holds for all."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text

from callfloor.store.columns import key, metadata, project

import_sources = Table(
    "import_sources",
    metadata,
    project(),
    Column("source", Text, nullable=False),  # what names it; no secret in it
    Column("position", BigInteger, nullable=False),  # the place to go on from: rows of unfinished calls begin there
    Column("reached", BigInteger, nullable=False),  # the last place that was read
    Column("rows", BigInteger, nullable=False),
    Column("calls", BigInteger, nullable=False),  # written
    Column("known", BigInteger, nullable=False),  # found in the journal already, and left as they were
    Column("refused", BigInteger, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("project_id", "source"),
)

import_refusals = Table(
    "import_refusals",
    metadata,
    key(),
    project(),
    Column("source", Text, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "project_id", "source"),
    sqlite_autoincrement=True,
)
