"""The floor of any past second (to come)."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
