"""Second factors, one-time links, tokens of programs, sign-in through another issuer."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.add_column("projects", _text("second_factor_roles", nullable=True))
    op.add_column("users", _number("password_given_at", nullable=True))
    op.add_column("users", _number("look_chosen_at", nullable=True))
    op.add_column("sessions", _text("issuer", nullable=True))
    op.add_column("sessions", _text("id_token", nullable=True))
    op.create_table(
        "second_factors",
        _number("user_id"),
        _text("secret"),
        _number("begun_at"),
        _number("confirmed_at", nullable=True),
        _number("last_step"),
        _of_user("second_factors"),
        sa.PrimaryKeyConstraint("user_id", name="pk_second_factors"),
    )
    _numbered(
        "recovery_codes",
        _number("user_id"),
        _text("code_sha256"),
        _number("used_at", nullable=True),
        _of_user("recovery_codes"),
        sa.UniqueConstraint("user_id", "code_sha256", name="uq_recovery_codes_user_id_code_sha256"),
    )
    _numbered(
        "one_time_links",
        _number("user_id"),
        *(_text(name) for name in ("purpose", "token_sha256")),
        *(_number(name) for name in ("made_at", "expires_at")),
        _number("used_at", nullable=True),
        _of_user("one_time_links"),
        sa.UniqueConstraint("token_sha256", name="uq_one_time_links_token_sha256"),
    )
    _numbered(
        "api_tokens",
        *(_number(name) for name in ("user_id", "project_id")),
        *(_text(name) for name in ("name", "token_sha256", "scopes")),
        _number("created_at"),
        *(_number(name, nullable=True) for name in ("expires_at", "last_used_at")),
        _text("last_address", nullable=True),
        _number("revoked_at", nullable=True),
        _of_user("api_tokens"),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_api_tokens_project_id", ondelete="CASCADE"),
        sa.UniqueConstraint("token_sha256", name="uq_api_tokens_token_sha256"),
    )
    _numbered(
        "identities",
        *(_text(name) for name in ("issuer", "subject")),
        _number("user_id"),
        _text("email", nullable=True),
        *(_number(name) for name in ("linked_at", "used_at")),
        _of_user("identities"),
        sa.UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
    )
    for table in ("one_time_links", "api_tokens", "identities"):
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])
    op.create_table(
        "installation_settings",
        *(_text(name) for name in ("name", "value")),
        _number("changed_at"),
        sa.PrimaryKeyConstraint("name", name="pk_installation_settings"),
    )


def _numbered(table: str, *parts: Any) -> None:
    op.create_table(
        table,
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        *parts,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sqlite_autoincrement=True,
    )


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE")
