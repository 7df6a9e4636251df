"""How Alembic runs a migration: on the connection that `store/versioning.py` hands over, in its transaction."""

from alembic import context

from ledger.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
