"""personal data (to come)."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
