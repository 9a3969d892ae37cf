"""How Alembic runs our revisions: over the connection, and in the transaction, it is given."""

from __future__ import annotations

from alembic import context

from archive.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The caller holds a transaction and a lock around all of it.
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
