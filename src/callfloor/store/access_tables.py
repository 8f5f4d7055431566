"""How people and programs prove who they are: second factors, one-time links, tokens of programs, other sign-ins.

These tables are the installation's, as users are.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from callfloor.store.columns import key, metadata


def _user() -> Column[int]:
    return Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False)


second_factors = Table(
    "second_factors",
    metadata,
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("secret", Text, nullable=False),  # sealed: the key lies beside the database
    Column("begun_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=True),  # None: shown, and not yet proved by a code
    Column("last_step", BigInteger, nullable=False),  # the newest 30 s whose code was taken; no code is taken twice
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    key(),
    _user(),
    Column("code_sha256", Text, nullable=False),  # hex
    Column("used_at", BigInteger, nullable=True),
    UniqueConstraint("user_id", "code_sha256"),
    sqlite_autoincrement=True,
)

one_time_links = Table(
    "one_time_links",
    metadata,
    key(),
    _user(),
    Column("purpose", Text, nullable=False),  # invitation, reset
    Column("token_sha256", Text, nullable=False, unique=True),  # hex; the token itself is never stored
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=True),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

api_tokens = Table(
    "api_tokens",
    metadata,
    key(),
    _user(),
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("token_sha256", Text, nullable=False, unique=True),  # hex; the token itself is never stored
    Column("scopes", Text, nullable=False),  # with spaces between
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=True),  # None: until it is revoked
    Column("last_used_at", BigInteger, nullable=True),
    Column("last_address", Text, nullable=True),
    Column("revoked_at", BigInteger, nullable=True),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

identities = Table(
    "identities",
    metadata,
    key(),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),  # who it is, by the issuer
    _user(),
    Column("email", Text, nullable=True),  # as the issuer last said it
    Column("linked_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    UniqueConstraint("issuer", "subject"),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

installation_settings = Table(
    "installation_settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    Column("changed_at", BigInteger, nullable=False),
)
