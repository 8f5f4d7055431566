"""Supervisions, and what the audit is looked up by."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
