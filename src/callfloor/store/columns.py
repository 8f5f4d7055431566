"""What tables are made of: names of constraints, keys, and references that cannot leave their project."""

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column declared INTEGER, which there is 64 bits wide anyway.
ID = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """A number that the database gives."""
    return Column("id", ID, primary_key=True, autoincrement=True)


def project() -> Column[int]:
    """Whose row it is."""
    return Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False)


def within(column: str, target: str, **options: Any) -> ForeignKeyConstraint:
    """A reference that cannot leave the project."""
    return ForeignKeyConstraint(["project_id", column], [f"{target}.project_id", f"{target}.id"], **options)
