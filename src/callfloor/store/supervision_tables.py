"""Who supervised whom, in which modes, and how it ended. ``tables.py`` says what holds for every table."""

from sqlalchemy import BigInteger, Boolean, Column, Index, PrimaryKeyConstraint, Table, Text
from sqlalchemy.schema import SchemaItem

from callfloor.store.columns import metadata, project, within

supervisions = Table(
    "supervisions",
    metadata,
    project(),
    Column("id", Text, nullable=False),
    Column("user_id", BigInteger, nullable=False),  # no reference: it says who it was, whatever became of them
    Column("user_name", Text, nullable=False),  # as it was then
    Column("call_id", Text, nullable=False),  # no reference: the call is written when it is over, or never
    Column("way", Text, nullable=False),
    Column("phone", Text, nullable=True),
    Column("reason", Text, nullable=True),
    Column("started_at", BigInteger, nullable=False),
    Column("connected_at", BigInteger, nullable=True),  # None: nothing was heard
    Column("ended_at", BigInteger, nullable=True),  # None: still on
    Column("ending", Text, nullable=True),
    Column("ending_detail", Text, nullable=True),
    PrimaryKeyConstraint("project_id", "id"),
    Index(None, "project_id", "started_at", "id"),
    Index(None, "project_id", "user_id", "started_at", "id"),
    Index(None, "project_id", "call_id"),
)

_on = supervisions.c.ended_at.is_(None)
Index("ix_supervisions_on", supervisions.c.project_id, sqlite_where=_on, postgresql_where=_on)


def _part(name: str, *columns: SchemaItem) -> Table:
    """A table of a supervision's stretches, clustered with it where the database can."""
    return Table(
        name,
        metadata,
        Column("project_id", BigInteger, nullable=False),
        Column("supervision", Text, nullable=False),  # supervisions.id
        Column("part", BigInteger, nullable=False, autoincrement=False),  # its place in the record, from 0
        *columns,
        Column("began_at", BigInteger, nullable=False),
        Column("ended_at", BigInteger, nullable=True),  # None: runs
        PrimaryKeyConstraint("project_id", "supervision", "part"),
        within("supervision", "supervisions", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


supervision_modes = _part(
    "supervision_modes", Column("mode", Text, nullable=False), Column("muted", Boolean, nullable=False)
)

supervision_employees = _part(
    "supervision_employees",
    Column("employee_id", BigInteger, nullable=True),
    Column("account", Text, nullable=False),
    within("employee_id", "employees"),
    Index(None, "project_id", "employee_id"),
)
