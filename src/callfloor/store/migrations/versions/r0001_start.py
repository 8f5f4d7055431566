"""The first tables: projects, people, directory, links, calls."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Forward only: going back is restoring the backup."""
    op.create_table(
        "projects",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "users",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("login_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("login_key", name="uq_users_login_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "calls",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("call_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("abandoned_in", sa.Text(), nullable=True),
        sa.Column("client_number", sa.Text(), nullable=True),
        sa.Column("client_e164", sa.Text(), nullable=True),
        sa.Column("business_number", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("waiting_ms", sa.BigInteger(), nullable=False),
        sa.Column("ivr_ms", sa.BigInteger(), nullable=False),
        sa.Column("queue_ms", sa.BigInteger(), nullable=False),
        sa.Column("ringing_ms", sa.BigInteger(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("hold_ms", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("hung_up_by", sa.Text(), nullable=True),
        sa.Column("recording", sa.Text(), nullable=True),
        sa.Column("forwarded_from", sa.Text(), nullable=True),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_calls_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "id", name="pk_calls"),
        sa.UniqueConstraint("project_id", "call_id", name="uq_calls_project_id_call_id"),
    )
    op.create_index("ix_calls_project_id_client_e164_id", "calls", ["project_id", "client_e164", "id"])
    op.create_table(
        "departments",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "parent_id"],
            ["departments.project_id", "departments.id"],
            name="fk_departments_project_id_parent_id",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_departments_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_departments"),
        sa.UniqueConstraint("project_id", "id", name="uq_departments_project_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "links",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_links_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("project_id", "id", name="uq_links_project_id_id"),
        sa.UniqueConstraint("project_id", "name", name="uq_links_project_id_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "numbers",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("e164", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_numbers_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_numbers"),
        sa.UniqueConstraint("project_id", "number", name="uq_numbers_project_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "queues",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_queues_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_queues"),
        sa.UniqueConstraint("project_id", "name", name="uq_queues_project_id_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_sha256", name="uq_sessions_token_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "call_externals",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "call"],
            ["calls.project_id", "calls.id"],
            name="fk_call_externals_project_id_call",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "call", "part", name="pk_call_externals"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "call_queues",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.Column("wait_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "call"],
            ["calls.project_id", "calls.id"],
            name="fk_call_queues_project_id_call",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "call", "part", name="pk_call_queues"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_call_queues_project_id_queue_call", "call_queues", ["project_id", "queue", "call"])
    op.create_table(
        "employees",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "department_id"],
            ["departments.project_id", "departments.id"],
            name="fk_employees_project_id_department_id",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_employees_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_employees"),
        sa.UniqueConstraint("project_id", "id", name="uq_employees_project_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_employees_project_id_department_id", "employees", ["project_id", "department_id"])
    op.create_table(
        "outages",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("link_id", sa.BigInteger(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "link_id"],
            ["links.project_id", "links.id"],
            name="fk_outages_project_id_link_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_outages_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_outages"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outages_project_id_link_id_began_at", "outages", ["project_id", "link_id", "began_at"])
    op.create_table(
        "accounts",
        sa.Column("id", _ID, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "employee_id"],
            ["employees.project_id", "employees.id"],
            name="fk_accounts_project_id_employee_id",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_accounts_project_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("project_id", "account", name="uq_accounts_project_id_account"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_accounts_project_id_employee_id", "accounts", ["project_id", "employee_id"])
    op.create_table(
        "call_employees",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("part", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("ring_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("missed", sa.Boolean(), nullable=False),
        sa.Column("taken_elsewhere", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "call"],
            ["calls.project_id", "calls.id"],
            name="fk_call_employees_project_id_call",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "department_id"],
            ["departments.project_id", "departments.id"],
            name="fk_call_employees_project_id_department_id",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "employee_id"],
            ["employees.project_id", "employees.id"],
            name="fk_call_employees_project_id_employee_id",
        ),
        sa.PrimaryKeyConstraint("project_id", "call", "part", name="pk_call_employees"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_call_employees_project_id_department_id_call", "call_employees", ["project_id", "department_id", "call"]
    )
    op.create_index(
        "ix_call_employees_project_id_employee_id_call", "call_employees", ["project_id", "employee_id", "call"]
    )
    op.create_table(
        "memberships",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("employee_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "employee_id"],
            ["employees.project_id", "employees.id"],
            name="fk_memberships_project_id_employee_id",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_memberships_project_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_memberships_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project_id", "user_id", name="pk_memberships"),
    )
    op.create_index("ix_memberships_user_id", "memberships", ["user_id"])
    op.create_table(
        "membership_departments",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "department_id"],
            ["departments.project_id", "departments.id"],
            name="fk_membership_departments_project_id_department_id",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "user_id"],
            ["memberships.project_id", "memberships.user_id"],
            name="fk_membership_departments_project_id_user_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("project_id", "user_id", "department_id", name="pk_membership_departments"),
    )
