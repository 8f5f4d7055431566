"""Voicemail, faxes, recordings' waveforms."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.create_table(
        "voicemails",
        *_head("voicemails"),
        *(_text(name) for name in ("message_key", "context", "box", "folder", "place")),
        _text("sound", nullable=True),
        _number("bytes"),
        *(_text(name, nullable=True) for name in ("caller_number", "caller_e164", "caller_name")),
        _text("caller_search"),
        _number("left_at"),
        _number("duration_ms", nullable=True),
        _text("call_id", nullable=True),
        _number("seen_at"),
        _number("heard_at", nullable=True),
        _number("gone_at", nullable=True),
        *_marks(),
        sa.UniqueConstraint("project_id", "message_key", name="uq_voicemails_project_id_message_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_voicemails_project_id_left_at", "voicemails", ["project_id", "left_at"])
    op.create_index("ix_voicemails_project_id_call_id", "voicemails", ["project_id", "call_id"])
    op.create_table(
        "faxes",
        *_head("faxes"),
        _text("fax_key"),
        _text("direction"),
        _number("at"),
        *(_text(name, nullable=True) for name in ("call_id", "account", "number", "e164")),
        _text("search"),
        *(_text(name, nullable=True) for name in ("station", "local_station")),
        _number("pages", nullable=True),
        _text("resolution", nullable=True),
        _number("rate", nullable=True),
        *(_text(name, nullable=True) for name in ("result", "error")),
        *(_text(name) for name in ("named", "keeping", "kept")),
        _number("kept_pages", nullable=True),
        *_marks(),
        sa.UniqueConstraint("project_id", "fax_key", name="uq_faxes_project_id_fax_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_faxes_project_id_at", "faxes", ["project_id", "at"])
    op.create_index("ix_faxes_project_id_call_id", "faxes", ["project_id", "call_id"])


def _head(table: str) -> tuple[Any, ...]:
    return (
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=f"fk_{table}_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def _marks() -> tuple[sa.Column[Any], ...]:
    return (
        _number("handled_at", nullable=True),
        _number("handled_by_id", nullable=True),
        _text("handled_by", nullable=True),
        _text("note", nullable=True),
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)
