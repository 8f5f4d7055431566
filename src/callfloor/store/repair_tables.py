"""Repairs of what was not watched, and where a PBX's own records lie. ``tables.py`` says what holds for all."""

from sqlalchemy import BigInteger, Column, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from callfloor.store.columns import key, metadata, project, within

record_sources = Table(
    "record_sources",
    metadata,
    project(),
    Column("link_id", BigInteger, nullable=False),
    Column("zone", Text, nullable=True),  # IANA; None: the project's
    Column("database", Text, nullable=True),  # without the password; None: none
    Column("database_secret", Text, nullable=True),  # sealed
    Column("changed_at", BigInteger, nullable=False),
    within("link_id", "links", ondelete="CASCADE"),
    PrimaryKeyConstraint("project_id", "link_id"),
)

repairs = Table(
    "repairs",
    metadata,
    key(),
    project(),
    Column("link_id", BigInteger, nullable=False),
    Column("outage_id", BigInteger, nullable=True),  # None: somebody asked for the period
    Column("began_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # waiting | running | done | incomplete | failed
    Column("user_id", BigInteger, nullable=True),  # who asked; None: Callfloor itself, or the command line
    Column("user_name", Text, nullable=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=True),  # when it is tried next; None: no more
    Column("tried_at", BigInteger, nullable=True),
    Column("reached_at", BigInteger, nullable=True),  # up to here the period is done
    Column("calls", BigInteger, nullable=False),  # written
    Column("mended", BigInteger, nullable=False),  # known in part before, and whole now
    Column("known", BigInteger, nullable=False),  # whole before
    Column("refused", BigInteger, nullable=False),  # rows that could not be read
    Column("waits_for", BigInteger, nullable=False),  # calls that go on
    Column("unmended", BigInteger, nullable=False),  # calls of the journal that stay known in part
    Column("lacking", Text, nullable=True),  # why it is not complete
    Column("error", Text, nullable=True),
    within("link_id", "links", ondelete="CASCADE"),
    UniqueConstraint("project_id", "outage_id"),
    Index(None, "project_id", "link_id"),
    sqlite_autoincrement=True,
)
