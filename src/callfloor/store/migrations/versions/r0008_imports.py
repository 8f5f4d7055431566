"""What was imported, and what was refused."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
