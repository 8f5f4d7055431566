"""access (to come)."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
