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


def rows(connection: sa.Connection) -> int:
    """The calls that are there."""
    return int(connection.execute(sa.text("SELECT count(*) FROM calls")).scalar_one())


def carry(connection: sa.Connection, place: str, most: int) -> tuple[str | None, int]:
    """Some calls, by project and key: their clients, the time since each client's call before, their words."""
    project, _, after = place.partition(":")
    piece = _piece(connection, int(project or 0), int(after or -1), most)
    if piece is None:
        return None, 0
    for statement in _CARRY:
        connection.execute(sa.text(statement.replace("[piece]", _IN_PIECE)), piece)
    count = "SELECT count(*) FROM calls WHERE project_id = :project AND id > :after AND id <= :until"
    return f"{piece['project']}:{piece['until']}", int(connection.execute(sa.text(count), piece).scalar_one())


def _piece(connection: sa.Connection, project: int, after: int, most: int) -> dict[str, int] | None:
    """The next calls: their project, the key before the first and that of the last; None where there are no more."""
    while True:
        keys = (
            "SELECT max(id) FROM (SELECT id FROM calls WHERE project_id = :project AND id > :after"
            " ORDER BY id LIMIT :most) AS found"
        )
        until = connection.execute(sa.text(keys), {"project": project, "after": after, "most": most}).scalar()
        if until is not None:
            return {"project": project, "after": after, "until": int(until)}
        further = "SELECT min(project_id) FROM calls WHERE project_id > :project"
        found = connection.execute(sa.text(further), {"project": project}).scalar()
        if found is None:
            return None
        project, after = int(found), -1


_IN_PIECE = "calls.project_id = :project AND calls.id > :after AND calls.id <= :until"
_CARRY = (
    "INSERT INTO clients (project_id, id, name) SELECT CAST(:project AS BIGINT),"
    " (SELECT coalesce(max(id), 0) FROM clients WHERE project_id = :project) + row_number() OVER (ORDER BY name), name"
    " FROM (SELECT DISTINCT coalesce(client_e164, client_number) AS name FROM calls"
    "  WHERE [piece] AND coalesce(client_e164, client_number) IS NOT NULL) AS found"
    " WHERE NOT EXISTS (SELECT 1 FROM clients WHERE clients.project_id = :project AND clients.name = found.name)",
    "UPDATE calls SET client = (SELECT clients.id FROM clients WHERE clients.project_id = calls.project_id"
    " AND clients.name = coalesce(calls.client_e164, calls.client_number)) WHERE [piece]",
    # Of the calls of a client in this piece the one before; of the first, the client's last in the pieces before.
    "UPDATE calls SET since_ms = told.since_ms FROM (SELECT calls.id AS id, calls.started_at - coalesce("
    "  lag(calls.started_at) OVER (PARTITION BY calls.client_e164 ORDER BY calls.id), earlier.started_at) AS since_ms"
    "  FROM calls JOIN clients ON clients.project_id = calls.project_id AND clients.id = calls.client"
    "  LEFT JOIN calls AS earlier ON earlier.project_id = calls.project_id AND earlier.id = clients.last_inbound"
    "  WHERE [piece] AND calls.type = 'inbound' AND calls.client_e164 IS NOT NULL) AS told"
    " WHERE calls.project_id = :project AND calls.id = told.id AND told.since_ms IS NOT NULL",
    "UPDATE clients SET last_inbound = told.last FROM (SELECT calls.client AS client, max(calls.id) AS last"
    "  FROM calls WHERE [piece] AND calls.type = 'inbound' AND calls.client_e164 IS NOT NULL"
    "  GROUP BY calls.client) AS told"
    " WHERE clients.project_id = :project AND clients.id = told.client",
    "INSERT INTO call_words (project_id, id, word) SELECT CAST(:project AS BIGINT),"
    " (SELECT coalesce(max(id), 0) FROM call_words WHERE project_id = :project) + row_number() OVER (ORDER BY word),"
    " word FROM ("
    "  SELECT business_number AS word FROM calls WHERE [piece] AND business_number IS NOT NULL"
    "  UNION SELECT scheme FROM calls WHERE [piece] AND scheme IS NOT NULL"
    "  UNION SELECT queue FROM call_queues WHERE project_id = :project AND call > :after AND call <= :until) AS found"
    " WHERE NOT EXISTS (SELECT 1 FROM call_words WHERE call_words.project_id = :project"
    "  AND call_words.word = found.word)",
    "INSERT INTO call_fresh (project_id, call) SELECT project_id, id FROM calls WHERE [piece]",
)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_{table}_project_id", ondelete="CASCADE")
