"""PBX connections made in the page, their secrets sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Forward only: going back is restoring the backup. The secrets are sealed at the start that follows."""
    for name in ("secret", "mark", "origin"):
        op.add_column("links", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("links", sa.Column("paused_at", sa.BigInteger(), nullable=True))
    for name in ("database", "database_secret"):
        op.add_column("links", sa.Column(name, sa.Text(), nullable=True))
    # Until now there were no others than these.
    op.execute("UPDATE links SET origin = CASE WHEN name = 'Simulated PBX' THEN 'simulator' ELSE 'environment' END")
