"""What each PBX was found to have at the last look, and what was decided about it."""

from sqlalchemy import BigInteger, Boolean, Column, PrimaryKeyConstraint, Table, Text

from callfloor.store.columns import metadata, project, within

discoveries = Table(
    "discoveries",
    metadata,
    project(),
    Column("link_id", BigInteger, nullable=False, autoincrement=False),
    Column("looked_at", BigInteger, nullable=True),  # None: never
    Column("found", Text, nullable=True),  # JSON: floor/found.Found, in the project's names
    Column("takes_new", Boolean, nullable=True),  # what is new is taken over unasked; None: as the link's origin says
    PrimaryKeyConstraint("project_id", "link_id"),
    within("link_id", "links", ondelete="CASCADE"),
)

decided_findings = Table(
    "decided_findings",
    metadata,
    project(),
    Column("link_id", BigInteger, nullable=False, autoincrement=False),
    Column("kind", Text, nullable=False),  # store/changes_found.Kind
    Column("key", Text, nullable=False),
    Column("value", Text, nullable=False),  # JSON: what the PBX said, and is not proposed again
    Column("refused_at", BigInteger, nullable=True),  # None: it was taken over, or was the directory's already
    PrimaryKeyConstraint("project_id", "link_id", "kind", "key"),
    within("link_id", "links", ondelete="CASCADE"),
)
