"""Repairs of what was not watched, where a PBX's own records lie, and the mark of calls that were repaired."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("calls", sa.Column("repaired", sa.Boolean(), nullable=True))
    op.create_table(
        "record_sources",
        _number("project_id"),
        _number("link_id"),
        _text("zone", nullable=True),
        _text("database", nullable=True),
        _text("database_secret", nullable=True),
        _number("changed_at"),
        *_of("record_sources"),
        sa.PrimaryKeyConstraint("project_id", "link_id", name="pk_record_sources"),
    )
    op.create_table(
        "repairs",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        _number("link_id"),
        _number("outage_id", nullable=True),
        _number("began_at"),
        _number("ended_at"),
        _text("state"),
        _number("user_id", nullable=True),
        _text("user_name", nullable=True),
        _number("asked_at"),
        _number("tries"),
        _number("next_at", nullable=True),
        _number("tried_at", nullable=True),
        _number("reached_at", nullable=True),
        _number("calls"),
        _number("mended"),
        _number("known"),
        _number("refused"),
        _number("waits_for"),
        _number("unmended"),
        _text("lacking", nullable=True),
        _text("error", nullable=True),
        *_of("repairs"),
        sa.PrimaryKeyConstraint("id", name="pk_repairs"),
        sa.UniqueConstraint("project_id", "outage_id", name="uq_repairs_project_id_outage_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_repairs_project_id_link_id", "repairs", ["project_id", "link_id"])


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _of(table: str) -> tuple[sa.ForeignKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.ForeignKeyConstraint(
            ["project_id", "link_id"],
            ["links.project_id", "links.id"],
            name=f"fk_{table}_project_id_link_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=f"fk_{table}_project_id", ondelete="CASCADE"),
    )
