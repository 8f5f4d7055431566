"""Marks, notes, tags, spam, and days added up by more than employees."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
