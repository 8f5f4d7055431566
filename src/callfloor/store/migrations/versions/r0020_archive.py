"""Projects at rest, and projects that are on their way out."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("projects", sa.Column("archived_at", sa.BigInteger(), nullable=True))
    op.add_column("projects", sa.Column("removing_at", sa.BigInteger(), nullable=True))
