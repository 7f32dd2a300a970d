"""Alembic runs this: the steps run in the connection that `gateway.database.migrating` opened and locked."""

from alembic import context

from gateway.database.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite can't alter a table in place.
    render_as_batch=True,
)
context.run_migrations()
