"""Upgrades (to come)."""

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
