"""Runs the migrations on the connection that `store` hands over."""

from alembic import context

from assistant.desk.schema import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=True
)
context.run_migrations()
