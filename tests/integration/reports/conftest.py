"""Reports are made of real stores, on both databases."""

from support.databases import (  # noqa: F401 - fixtures
    database_url,
    postgres,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
)
