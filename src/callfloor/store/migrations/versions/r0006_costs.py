"""Tariffs, and clients to be called back."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
