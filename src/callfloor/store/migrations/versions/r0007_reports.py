"""Reports by mail, once and on a schedule."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
