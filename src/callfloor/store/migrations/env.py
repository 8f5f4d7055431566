"""Alembic's entry: callfloor.store.migrate gives it the connection, inside a transaction that it also ends."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,  # SQLite changes a table by copying it
    transactional_ddl=True,
)
context.run_migrations()
