"""Statuses, days added up, switches, the audit."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_COUNTS = (
    "answered_inbound",
    "outbound",
    "outbound_answered",
    "callback",
    "callback_answered",
    "internal",
    "missed",
    "taken_elsewhere",
    "calls_ms",
    "talk_ms",
    "answered",
    "answer_ms",
    "answer_n",
)


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    for name, subject, kind in (
        ("employee_statuses", "employee_id", sa.BigInteger()),
        ("account_statuses", "account", sa.Text()),
    ):
        op.create_table(
            name,
            _number("project_id"),
            sa.Column(subject, kind, autoincrement=False, nullable=False),
            _number("began_at"),
            sa.Column("ended_at", sa.BigInteger(), nullable=True),
            sa.Column("status", sa.Text(), nullable=False),
            sa.Column("why", sa.Text(), nullable=False),
            sa.Column("through_account", sa.Text(), nullable=True),
            sa.Column("device", sa.Text(), nullable=True),
            sa.Column("call_id", sa.Text(), nullable=True),
            sa.Column("by", sa.Text(), nullable=True),
            _of_project(name),
            sa.PrimaryKeyConstraint("project_id", subject, "began_at", name=f"pk_{name}"),
            *([_of_employee(name)] if subject == "employee_id" else []),
            sqlite_with_rowid=False,
        )
        op.create_index(
            f"uq_{name}_running",
            name,
            ["project_id", subject],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
    op.create_table("watches", _number("project_id"), _number("watched_at"), _of_project("watches"), _alone("watches"))
    op.create_table(
        "status_runs",
        _number("project_id"),
        sa.Column("run", sa.Text(), nullable=False),
        _number("written"),
        _number("seen_at"),
        _of_project("status_runs"),
        sa.PrimaryKeyConstraint("project_id", "run", name="pk_status_runs"),
    )
    for name, columns in (
        ("status_days", ("talking_ms", "online_ms", "dnd_ms", "offline_ms")),
        ("call_days", _COUNTS),
    ):
        op.create_table(
            name,
            _number("project_id"),
            _number("employee_id"),
            _number("begins_at"),
            *(_number(column) for column in columns),
            _of_project(name),
            _of_employee(name),
            sa.PrimaryKeyConstraint("project_id", "employee_id", "begins_at", name=f"pk_{name}"),
            sqlite_with_rowid=False,
        )
    op.create_table(
        "rollups",
        _number("project_id"),
        sa.Column("timezone", sa.Text(), nullable=True),
        _of_project("rollups"),
        _alone("rollups"),
    )
    # The calls that are there already are added up when the days are rebuilt; until then they are counted one by one.
    op.execute(
        "INSERT INTO rollups (project_id, timezone) SELECT id, NULL FROM projects"
        " WHERE EXISTS (SELECT 1 FROM calls WHERE calls.project_id = projects.id)"
    )
    op.create_table(
        "switches",
        _number("project_id"),
        _number("employee_id"),
        sa.Column("status", sa.Text(), nullable=False),
        _number("since"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_rule", sa.Boolean(), nullable=False),
        _of_project("switches"),
        _of_employee("switches"),
        sa.PrimaryKeyConstraint("project_id", "employee_id", name="pk_switches"),
    )
    op.create_table(
        "audit",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        _number("at"),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("user_login", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        _of_project("audit"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_project_id_id", "audit", ["project_id", "id"])


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _alone(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("project_id", name=f"pk_{table}")


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=f"fk_{table}_project_id", ondelete="CASCADE")


def _of_employee(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id", "employee_id"],
        ["employees.project_id", "employees.id"],
        name=f"fk_{table}_project_id_employee_id",
    )
