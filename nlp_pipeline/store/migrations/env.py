"""Run by Alembic for every command: on the connection that `migrate` hands over.

A change and its record are one transaction, on both databases.
"""

from alembic import context

from nlp_pipeline.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
