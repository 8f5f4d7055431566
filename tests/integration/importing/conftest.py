"""Imports run from real databases into real databases."""

from support.databases import (  # noqa: F401 - fixtures
    database_url,
    postgres,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
)
from support.mariadb import mariadb  # noqa: F401 - a fixture
