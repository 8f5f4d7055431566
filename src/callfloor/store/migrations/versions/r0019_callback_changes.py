"""Whose callbacks changed with which revision of the list."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.create_table(
        "callback_changes",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("client_e164", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_callback_changes_project_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("project_id", "revision", "client_e164", name="pk_callback_changes"),
        sqlite_with_rowid=False,
    )
