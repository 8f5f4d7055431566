"""The floor of any past second."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.create_table(
        "past_blocks",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("call_events", sa.BigInteger(), nullable=False),
        sa.Column("employee_events", sa.BigInteger(), nullable=False),
        sa.Column("minutes", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_past_blocks_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "began_at", name="pk_past_blocks"),
    )
