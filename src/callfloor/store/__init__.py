"""Everything that knows SQL: tables, migrations, directory, journal."""
