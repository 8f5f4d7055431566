"""FreePBX's database, real."""

from support.mariadb import mariadb

__all__ = ["mariadb"]
