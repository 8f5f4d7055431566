"""What was on the floor, in blocks of some minutes. ``tables.py`` says what holds for every table."""

from sqlalchemy import BigInteger, Column, LargeBinary, PrimaryKeyConstraint, Table, Text

from callfloor.store.columns import metadata, project

past_blocks = Table(
    "past_blocks",
    metadata,
    project(),
    Column("began_at", BigInteger, nullable=False, autoincrement=False),
    Column("ended_at", BigInteger, nullable=False),  # what comes after is another block's, or not known
    Column("call_events", BigInteger, nullable=False),
    Column("employee_events", BigInteger, nullable=False),
    Column("minutes", Text, nullable=False),  # a JSON object: calls by minute and group (``floor.past_survey``)
    Column("content", LargeBinary, nullable=False),  # the block's lines, compressed (``floor.past``)
    PrimaryKeyConstraint("project_id", "began_at"),
)
