"""Employees' photos, the departments that queues belong to, and by whose word a user has a place."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("memberships", sa.Column("issuer", sa.Text(), nullable=True))
    op.create_table(
        "employee_photos",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_employee_photos_project_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "employee_id"],
            ["employees.project_id", "employees.id"],
            name="fk_employee_photos_project_id_employee_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "employee_id", name="pk_employee_photos"),
    )
    op.create_table(
        "queue_departments",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_queue_departments_project_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "queue"],
            ["queues.project_id", "queues.name"],
            name="fk_queue_departments_project_id_queue",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "department_id"],
            ["departments.project_id", "departments.id"],
            name="fk_queue_departments_project_id_department_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "queue", name="pk_queue_departments"),
    )
