"""Personal data: each project's key to masked numbers, and from when its calls are kept."""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_KEY_BYTES = 32


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("projects", sa.Column("masking_key", sa.Text(), nullable=True))
    op.add_column("projects", sa.Column("calls_kept_from", sa.BigInteger(), nullable=True))
    projects = sa.table("projects", sa.column("id", sa.BigInteger()), sa.column("masking_key", sa.Text()))
    connection = op.get_bind()
    for project_id in connection.execute(sa.select(projects.c.id)).scalars().all():
        key = secrets.token_hex(_KEY_BYTES)
        connection.execute(sa.update(projects).where(projects.c.id == project_id).values(masking_key=key))
