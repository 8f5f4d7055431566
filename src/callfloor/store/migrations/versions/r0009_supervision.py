"""Supervisions, and what the audit is looked up by."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.create_table(
        "supervisions",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("connected_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ending", sa.Text(), nullable=True),
        sa.Column("ending_detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_supervisions_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "id", name="pk_supervisions"),
    )
    _index("supervisions", "project_id", "started_at", "id")
    _index("supervisions", "project_id", "user_id", "started_at", "id")
    _index("supervisions", "project_id", "call_id")
    _index("supervisions", "project_id", name="ix_supervisions_on", where="ended_at IS NULL")
    _part(
        "supervision_modes",
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
    )
    _part(
        "supervision_employees",
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.Column("account", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "employee_id"],
            ["employees.project_id", "employees.id"],
            name="fk_supervision_employees_project_id_employee_id",
        ),
    )
    _index("supervision_employees", "project_id", "employee_id")
    op.drop_index("ix_audit_project_id_id", "audit")
    _index("audit", "project_id", "at", "id")
    _index("audit", "project_id", "user_id", "at", "id")
    _index("audit", "project_id", "action", "at", "id")
    _index("audit", "project_id", "subject_kind", "subject_id", "at", "id")
    _index("audit", "project_id", "at", "id", name="ix_audit_failed", where="outcome <> 'done'")


def _part(name: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("supervision", sa.Text(), nullable=False),
        sa.Column("part", sa.BigInteger(), nullable=False),
        *more,
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "supervision"],
            ["supervisions.project_id", "supervisions.id"],
            name=f"fk_{name}_project_id_supervision",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "supervision", "part", name=f"pk_{name}"),
        sqlite_with_rowid=False,
    )


def _index(table: str, *columns: str, name: str | None = None, where: str | None = None) -> None:
    only = None if where is None else sa.text(where)
    op.create_index(
        name or f"ix_{table}_{'_'.join(columns)}", table, list(columns), sqlite_where=only, postgresql_where=only
    )
