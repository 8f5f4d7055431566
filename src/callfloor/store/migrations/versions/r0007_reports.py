"""Reports by mail, once and on a schedule."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("users", sa.Column("email", sa.Text(), nullable=True))
    op.create_table(
        "report_schedules",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        _text("name"),
        _number("user_id"),
        _text("every"),
        *(_number(name) for name in ("weekday", "month_day", "minute")),
        _text("period"),
        _number("days"),
        *(_text(name) for name in ("ask", "users", "addresses")),
        sa.Column("paused", sa.Boolean(), nullable=False),
        *(_number(name) for name in ("next_at", "made_at")),
        _number("removed_at", nullable=True),
        _of_project("report_schedules"),
        sa.PrimaryKeyConstraint("id", name="pk_report_schedules"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_schedules_project_id_next_at", "report_schedules", ["project_id", "next_at"])
    op.create_table(
        "deliveries",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        _number("schedule_id", nullable=True),
        _text("name"),
        _number("user_id"),
        _number("to_user_id", nullable=True),
        _text("address", nullable=True),
        _text("ask"),
        *(_number(name) for name in ("asked_at", "due_at")),
        sa.Column("late", sa.Boolean(), nullable=False),
        _text("state"),
        *(_number(name) for name in ("tries", "next_try_at")),
        _number("ended_at", nullable=True),
        *(_text(name, nullable=True) for name in ("error", "file")),
        *(_number(name, nullable=True) for name in ("bytes", "rows")),
        _of_project("deliveries"),
        sa.PrimaryKeyConstraint("id", name="pk_deliveries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_deliveries_project_id_state_next_try_at", "deliveries", ["project_id", "state", "next_try_at"])


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=f"fk_{table}_project_id", ondelete="CASCADE")
