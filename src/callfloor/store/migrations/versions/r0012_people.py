"""What each PBX was found to have, and what was decided about it."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.create_table(
        "discoveries",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=True),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("takes_new", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_discoveries_project_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["project_id", "link_id"],
            ["links.project_id", "links.id"],
            name="fk_discoveries_project_id_link_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "link_id", name="pk_discoveries"),
    )
    op.create_table(
        "decided_findings",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.id"], name="fk_decided_findings_project_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "link_id"],
            ["links.project_id", "links.id"],
            name="fk_decided_findings_project_id_link_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "link_id", "kind", "key", name="pk_decided_findings"),
    )
