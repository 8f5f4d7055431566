"""Tariffs, and clients to be called back."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("calls", sa.Column("trunk", sa.Text(), nullable=True))
    op.add_column("call_externals", sa.Column("trunk", sa.Text(), nullable=True))
    op.create_table(
        "tariffs",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("trunk", "direction", "prefix", "label")),
        *(_number(name) for name in ("price_micro", "connection_micro", "free_s", "first_step_s", "next_step_s")),
        sa.Column("currency", sa.Text(), nullable=False),
        _number("valid_from"),
        _of_project("tariffs"),
        sa.PrimaryKeyConstraint("id", name="pk_tariffs"),
        sa.UniqueConstraint(
            "project_id",
            "trunk",
            "direction",
            "prefix",
            "valid_from",
            name="uq_tariffs_project_id_trunk_direction_prefix_valid_from",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "callbacks",
        _number("project_id"),
        sa.Column("client_e164", sa.Text(), nullable=False),
        _number("first_missed_at"),
        _number("first_call"),
        _number("last_missed_at"),
        _number("last_call"),
        sa.Column("last_call_id", sa.Text(), nullable=False),
        sa.Column("client_number", sa.Text(), nullable=True),
        _number("tries"),
        _number("attempts"),
        sa.Column("last_attempt_at", sa.BigInteger(), nullable=True),
        _number("known_until"),
        sa.Column("business_number", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("turn_employee_id", sa.BigInteger(), nullable=True),
        sa.Column("turn_department_id", sa.BigInteger(), nullable=True),
        sa.Column("departments", sa.Text(), nullable=False),
        sa.Column("queues", sa.Text(), nullable=False),
        sa.Column("nobody", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_how", sa.Text(), nullable=True),
        sa.Column("closed_call_id", sa.Text(), nullable=True),
        sa.Column("closed_employee_id", sa.BigInteger(), nullable=True),
        sa.Column("closing_id", sa.BigInteger(), nullable=True),
        _of_project("callbacks"),
        sa.PrimaryKeyConstraint("project_id", "client_e164", "first_missed_at", "first_call", name="pk_callbacks"),
        *(
            sa.ForeignKeyConstraint(
                ["project_id", column],
                [f"{target}.project_id", f"{target}.id"],
                name=f"fk_callbacks_project_id_{column}",
            )
            for column, target in (
                ("turn_employee_id", "employees"),
                ("turn_department_id", "departments"),
                ("closed_employee_id", "employees"),
            )
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_callbacks_closed_at", "callbacks", ["project_id", "closed_at"])
    op.create_index(
        "ix_callbacks_open",
        "callbacks",
        ["project_id", "first_missed_at"],
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "callback_closings",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        _number("project_id"),
        sa.Column("client_e164", sa.Text(), nullable=False),
        _number("until"),
        _number("at"),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        _of_project("callback_closings"),
        sa.PrimaryKeyConstraint("id", name="pk_callback_closings"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_callback_closings_project_id_client_e164", "callback_closings", ["project_id", "client_e164"])
    op.create_table(
        "callback_books",
        _number("project_id"),
        _number("revision"),
        sa.Column("whole", sa.Boolean(), nullable=False),
        _of_project("callback_books"),
        sa.PrimaryKeyConstraint("project_id", name="pk_callback_books"),
    )
    # Of the calls that are there already the list knows nothing until it is made anew.
    op.execute(
        "INSERT INTO callback_books (project_id, revision, whole) SELECT id, 1, FALSE FROM projects"
        " WHERE EXISTS (SELECT 1 FROM calls WHERE calls.project_id = projects.id)"
    )


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name=f"fk_{table}_project_id", ondelete="CASCADE")
