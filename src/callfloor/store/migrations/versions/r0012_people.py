"""people (to come)."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
