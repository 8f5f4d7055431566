"""Repairs (to come)."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
