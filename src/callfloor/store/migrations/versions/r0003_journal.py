"""Marks, notes, tags, spam, and calls in columns."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("calls", sa.Column("client", sa.BigInteger(), nullable=True))
    op.add_column("calls", sa.Column("since_ms", sa.BigInteger(), nullable=True))
    op.add_column("calls", sa.Column("cost", sa.BigInteger(), nullable=True))
    op.add_column("calls", sa.Column("currency", sa.Text(), nullable=True))
    op.create_table(
        "clients",
        _number("project_id"),
        _number("id"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("last_inbound", sa.BigInteger(), nullable=True),
        _of_project("clients"),
        sa.PrimaryKeyConstraint("project_id", "id", name="pk_clients"),
        sa.UniqueConstraint("project_id", "name", name="uq_clients_project_id_name"),
    )
    op.create_table(
        "call_words",
        _number("project_id"),
        _number("id"),
        sa.Column("word", sa.Text(), nullable=False),
        _of_project("call_words"),
        sa.PrimaryKeyConstraint("project_id", "id", name="pk_call_words"),
        sa.UniqueConstraint("project_id", "word", name="uq_call_words_project_id_word"),
    )
    op.create_table(
        "call_notes",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        _number("call"),
        _number("at"),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        _of_project("call_notes"),
        sa.PrimaryKeyConstraint("id", name="pk_call_notes"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_call_notes_project_id_call", "call_notes", ["project_id", "call"])
    op.create_table(
        "call_tags",
        _number("project_id"),
        _number("call"),
        sa.Column("tag", sa.Text(), nullable=False),
        _of_project("call_tags"),
        sa.PrimaryKeyConstraint("project_id", "call", "tag", name="pk_call_tags"),
    )
    op.create_index("ix_call_tags_project_id_tag", "call_tags", ["project_id", "tag"])
    op.create_table(
        "call_hands",
        _number("project_id"),
        _number("call"),
        sa.Column("success", sa.Boolean(), nullable=True),
        sa.Column("spam", sa.Boolean(), nullable=True),
        _of_project("call_hands"),
        sa.PrimaryKeyConstraint("project_id", "call", name="pk_call_hands"),
    )
    op.create_table(
        "spam_numbers",
        _number("project_id"),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        _number("at"),
        _of_project("spam_numbers"),
        sa.PrimaryKeyConstraint("project_id", "number", name="pk_spam_numbers"),
    )
    _columns()
    _carry_over()


def _columns() -> None:
    op.create_table(
        "call_fresh",
        _number("project_id"),
        _number("call"),
        _of_project("call_fresh"),
        sa.PrimaryKeyConstraint("project_id", "call", name="pk_call_fresh"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "call_blocks",
        _number("project_id"),
        _number("block"),
        _number("last"),
        _number("rows"),
        _number("stamp"),
        _of_project("call_blocks"),
        sa.PrimaryKeyConstraint("project_id", "block", name="pk_call_blocks"),
    )
    op.create_table(
        "call_columns",
        _number("project_id"),
        sa.Column("name", sa.Text(), nullable=False),
        _number("block"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _of_project("call_columns"),
        sa.PrimaryKeyConstraint("project_id", "name", "block", name="pk_call_columns"),
    )
    op.create_table(
        "client_pages",
        _number("project_id"),
        _number("first"),
        _number("count"),
        sa.Column("digits", sa.LargeBinary(), nullable=False),
        _of_project("client_pages"),
        sa.PrimaryKeyConstraint("project_id", "first", name="pk_client_pages"),
    )
    if op.get_bind().dialect.name == "postgresql":  # numbers packed as they are: packing them again costs time alone
        op.execute("ALTER TABLE call_columns ALTER COLUMN data SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE client_pages ALTER COLUMN digits SET STORAGE EXTERNAL")


def _carry_over() -> None:
    """The calls that are there: their clients, the time since each client's call before, their words."""
    op.execute(
        "INSERT INTO clients (project_id, id, name, last_inbound)"
        " SELECT project_id, row_number() OVER (PARTITION BY project_id ORDER BY name), name, last_inbound"
        " FROM (SELECT project_id, coalesce(client_e164, client_number) AS name,"
        "  max(CASE WHEN type = 'inbound' AND client_e164 IS NOT NULL THEN id END) AS last_inbound"
        "  FROM calls WHERE coalesce(client_e164, client_number) IS NOT NULL"
        "  GROUP BY project_id, coalesce(client_e164, client_number)) AS found"
    )
    op.execute(
        "UPDATE calls SET client = (SELECT clients.id FROM clients WHERE clients.project_id = calls.project_id"
        " AND clients.name = coalesce(calls.client_e164, calls.client_number))"
    )
    op.execute(
        "UPDATE calls SET since_ms = told.since_ms FROM (SELECT project_id, id,"
        "  started_at - lag(started_at) OVER (PARTITION BY project_id, client_e164 ORDER BY id) AS since_ms"
        "  FROM calls WHERE type = 'inbound' AND client_e164 IS NOT NULL) AS told"
        " WHERE calls.project_id = told.project_id AND calls.id = told.id AND told.since_ms IS NOT NULL"
    )
    op.execute(
        "INSERT INTO call_words (project_id, id, word)"
        " SELECT project_id, row_number() OVER (PARTITION BY project_id ORDER BY word), word FROM ("
        "  SELECT project_id, business_number AS word FROM calls WHERE business_number IS NOT NULL"
        "  UNION SELECT project_id, scheme FROM calls WHERE scheme IS NOT NULL"
        "  UNION SELECT project_id, queue FROM call_queues) AS found"
    )
    op.execute("INSERT INTO call_fresh (project_id, call) SELECT project_id, id FROM calls")


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=f"fk_{table}_project_id", ondelete="CASCADE")
