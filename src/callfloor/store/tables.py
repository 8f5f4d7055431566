"""Every table, as the newest migration leaves it (a test holds the two against each other).

A table is the *installation's* (users, projects, who may enter which) or a *project's*. Every project's table has
``project_id``; its uniques and foreign keys begin with it, so that a row cannot point at another project's row
even if the program is wrong. ``boundary.py`` lets no query on such a table pass without its project.

Instants and durations are whole milliseconds (``BIGINT``, UTC since 1970).
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from callfloor.store import (  # noqa: F401 - their tables are in OWNED
    access_tables,
    cost_tables,
    directory_tables,
    discovery_tables,
    history_tables,
    import_tables,
    job_tables,
    journal_tables,
    media_tables,
    past_tables,
    repair_tables,
    report_tables,
    supervision_tables,
)
from callfloor.store.columns import key, metadata, project, within

# --- the installation's -----------------------------------------------------------------------------------------

projects = Table(
    "projects",
    metadata,
    key(),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),  # IANA, e.g. Europe/Warsaw
    Column("country", Text, nullable=False),  # ISO 3166-1 alpha-2: how numbers without a prefix are read
    Column("language", Text, nullable=False),
    Column("settings", Text, nullable=False),  # a JSON object
    Column("created_at", BigInteger, nullable=False),
    Column("second_factor_roles", Text, nullable=True),  # of which roles one is required, with spaces between
    Column("masking_key", Text, nullable=True),  # hex: by which clients' numbers become keys; always there
    Column("calls_kept_from", BigInteger, nullable=True),  # what began before was deleted for its age; None: nothing
    Column("archived_at", BigInteger, nullable=True),  # at rest since then: only its past is there
    Column("removing_at", BigInteger, nullable=True),  # it is no more since then; its rows are on their way out
    sqlite_autoincrement=True,
)

users = Table(
    "users",
    metadata,
    key(),
    Column("login", Text, nullable=False),
    Column("login_key", Text, nullable=False, unique=True),  # folded, so that Anna and ANNA are one
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=True),  # None: cannot sign in by password
    Column("locale", Text, nullable=False),
    Column("theme", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger, nullable=True),
    Column("email", Text, nullable=True),  # where reports are sent
    Column("password_given_at", BigInteger, nullable=True),  # when somebody else chose it; None: the user did
    Column("look_chosen_at", BigInteger, nullable=True),  # when the user last chose language or theme
    sqlite_autoincrement=True,
)

memberships = Table(
    "memberships",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, nullable=False),
    Column("employee_id", BigInteger, nullable=True),
    Column("issuer", Text, nullable=True),  # by whose word it was given, and is followed; None: by hand
    within("employee_id", "employees"),
    Index(None, "user_id"),
)

membership_departments = Table(
    "membership_departments",
    metadata,
    Column("project_id", BigInteger, primary_key=True),
    Column("user_id", BigInteger, primary_key=True),
    Column("department_id", BigInteger, primary_key=True),
    ForeignKeyConstraint(
        ["project_id", "user_id"], ["memberships.project_id", "memberships.user_id"], ondelete="CASCADE"
    ),
    within("department_id", "departments"),
)

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("user_id", BigInteger, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("token_sha256", Text, nullable=False, unique=True),  # hex; the token itself is never stored
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=True),
    Column("address", Text, nullable=True),
    Column("user_agent", Text, nullable=True),
    Column("issuer", Text, nullable=True),  # who signed the user in elsewhere; None: they did here
    Column("id_token", Text, nullable=True),  # the issuer's word, for signing out there
    Index(None, "user_id"),
    Index(None, "expires_at"),
    sqlite_autoincrement=True,
)

# --- the project's directory ------------------------------------------------------------------------------------

departments = Table(
    "departments",
    metadata,
    key(),
    project(),
    Column("name", Text, nullable=False),
    Column("parent_id", BigInteger, nullable=True),
    Column("removed_at", BigInteger, nullable=True),  # kept, because finished calls still name it
    UniqueConstraint("project_id", "id"),
    within("parent_id", "departments"),
    sqlite_autoincrement=True,
)

employees = Table(
    "employees",
    metadata,
    key(),
    project(),
    Column("name", Text, nullable=False),
    Column("department_id", BigInteger, nullable=True),
    Column("removed_at", BigInteger, nullable=True),  # kept, because finished calls still name them
    UniqueConstraint("project_id", "id"),
    within("department_id", "departments"),
    Index(None, "project_id", "department_id"),
    sqlite_autoincrement=True,
)

accounts = Table(
    "accounts",
    metadata,
    key(),
    project(),
    Column("account", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("employee_id", BigInteger, nullable=True),
    UniqueConstraint("project_id", "account"),
    within("employee_id", "employees"),
    Index(None, "project_id", "employee_id"),
    sqlite_autoincrement=True,
)

numbers = Table(
    "numbers",
    metadata,
    key(),
    project(),
    Column("number", Text, nullable=False),
    Column("e164", Text, nullable=True),
    Column("label", Text, nullable=True),
    Column("source", Text, nullable=True),
    Column("scheme", Text, nullable=True),  # the inbound route's name
    Column("kind", Text, nullable=False),
    UniqueConstraint("project_id", "number"),
    sqlite_autoincrement=True,
)

queues = Table(
    "queues",
    metadata,
    key(),
    project(),
    Column("name", Text, nullable=False),
    Column("label", Text, nullable=True),
    UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)

links = Table(
    "links",
    metadata,
    key(),
    project(),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),  # without the secret, but for rows older than the column of it
    Column("created_at", BigInteger, nullable=False),
    Column("secret", Text, nullable=True),  # sealed
    Column("mark", Text, nullable=True),  # what its accounts' and queues' names carry; None: nothing
    Column("origin", Text, nullable=True),  # environment | simulator; None: made in the page
    Column("paused_at", BigInteger, nullable=True),
    Column("database", Text, nullable=True),  # the PBX's own SQL database, to read; without the secret
    Column("database_secret", Text, nullable=True),  # sealed
    UniqueConstraint("project_id", "id"),
    UniqueConstraint("project_id", "name"),
    sqlite_autoincrement=True,
)

outages = Table(
    "outages",
    metadata,
    key(),
    project(),
    Column("link_id", BigInteger, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),  # None: still down
    Column("reason", Text, nullable=False),
    within("link_id", "links", ondelete="CASCADE"),
    Index(None, "project_id", "link_id", "began_at"),
    sqlite_autoincrement=True,
)

# --- the journal ------------------------------------------------------------------------------------------------
# ``calls.id`` is ``started_ms * 4096 + n``: it orders by start, and a period is a range of it. The children carry
# it, so (project, employee, call) is at once the index for "this employee's calls in this period, newest first".

calls = Table(
    "calls",
    metadata,
    Column("project_id", BigInteger, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False),
    Column("id", BigInteger, nullable=False, autoincrement=False),
    Column("call_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("abandoned_in", Text, nullable=True),
    Column("client_number", Text, nullable=True),
    Column("client_e164", Text, nullable=True),
    Column("business_number", Text, nullable=True),
    Column("started_at", BigInteger, nullable=False),
    Column("answered_at", BigInteger, nullable=True),
    Column("ended_at", BigInteger, nullable=False),
    Column("waiting_ms", BigInteger, nullable=False),
    Column("ivr_ms", BigInteger, nullable=False),
    Column("queue_ms", BigInteger, nullable=False),
    Column("ringing_ms", BigInteger, nullable=False),
    Column("talk_ms", BigInteger, nullable=False),
    Column("hold_ms", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("scheme", Text, nullable=True),
    Column("hung_up_by", Text, nullable=True),
    Column("recording", Text, nullable=True),
    Column("forwarded_from", Text, nullable=True),
    Column("partial", Boolean, nullable=False),
    Column("trunk", Text, nullable=True),  # the client's line to the carrier
    Column("route", Text, nullable=False),  # a JSON list of strings
    Column("story", Text, nullable=False),  # a JSON list of StoryStep
    Column("client", BigInteger, nullable=True),  # clients.id
    # Since this client's inbound call before, of an inbound call; None: there was none, or the client is not known.
    Column("since_ms", BigInteger, nullable=True),
    Column("cost", BigInteger, nullable=True),  # millionths of the currency's unit; None: no tariff says
    Column("currency", Text, nullable=True),  # ISO 4217
    Column("repaired", Boolean, nullable=True),  # told by the PBX's own records, for we did not watch
    PrimaryKeyConstraint("project_id", "id"),
    UniqueConstraint("project_id", "call_id"),
    Index(None, "project_id", "client_e164", "id"),
)


def _part(name: str, *columns: Any) -> Table:
    """A table of a call's parts, clustered with the call where the database can."""
    return Table(
        name,
        metadata,
        Column("project_id", BigInteger, nullable=False),
        Column("call", BigInteger, nullable=False, autoincrement=False),  # calls.id
        Column("part", BigInteger, nullable=False, autoincrement=False),  # its place in the record, from 0
        *columns,
        PrimaryKeyConstraint("project_id", "call", "part"),
        within("call", "calls", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )


call_employees = _part(
    "call_employees",
    Column("account", Text, nullable=False),
    # Who had the account, and where they worked, when the call was first written: people move.
    Column("employee_id", BigInteger, nullable=True),
    Column("department_id", BigInteger, nullable=True),
    Column("ring_ms", BigInteger, nullable=False),
    Column("answered", Boolean, nullable=False),
    Column("answered_at", BigInteger, nullable=True),
    Column("talk_ms", BigInteger, nullable=False),
    Column("missed", Boolean, nullable=False),
    Column("taken_elsewhere", Boolean, nullable=False),
    within("employee_id", "employees"),
    within("department_id", "departments"),
    Index(None, "project_id", "employee_id", "call"),
    Index(None, "project_id", "department_id", "call"),
)

call_queues = _part(
    "call_queues",
    Column("queue", Text, nullable=False),
    Column("joined_at", BigInteger, nullable=False),
    Column("left_at", BigInteger, nullable=True),
    Column("wait_ms", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("answered_by", Text, nullable=True),
    Column("position", BigInteger, nullable=True),
    Index(None, "project_id", "queue", "call"),
)

call_externals = _part(
    "call_externals",
    Column("number", Text, nullable=False),
    Column("talk_ms", BigInteger, nullable=False),
    Column("trunk", Text, nullable=True),
)

INSTALLATION = frozenset(
    {
        projects,
        users,
        memberships,
        membership_departments,
        sessions,
        access_tables.second_factors,
        access_tables.recovery_codes,
        access_tables.one_time_links,
        access_tables.api_tokens,
        access_tables.identities,
        access_tables.installation_settings,
    }
)
"""May be asked across projects: which projects may this user enter? Every other table is a project's."""

OWNED = frozenset(metadata.tables.values()) - INSTALLATION
"""The projects' tables."""
