"""Photos, working hours and labels of the directory (to come)."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
