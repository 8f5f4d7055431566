"""Backups are of real databases."""

from support.databases import (  # noqa: F401 - fixtures
    breakable_postgres,
    database_url,
    empty_url,
    postgres,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
)
