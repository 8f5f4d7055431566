"""Long work."""

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
