"""De-identification: policies, uploads and how far each of their instances is.

Revision ID: 0003
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import select

from archive.collections import DEIDENTIFY
from archive.models import cleaned_instance, collection, policy, quarantined, upload
from archive.policies import insert_policy

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (policy, upload, quarantined, cleaned_instance)


def upgrade() -> None:
    """Make the tables, unless the first revision made them already, and the missing policies."""
    connection = op.get_bind()
    for table in _TABLES:
        table.create(connection, checkfirst=True)
    without = (
        select(collection.c.id)
        .where(collection.c.ingest == DEIDENTIFY)
        .where(collection.c.id.not_in(select(policy.c.collection_id)))
    )
    for collection_id in connection.scalars(without).all():
        insert_policy(connection, collection_id)


def downgrade() -> None:
    """Forget all of it; what waits in quarantine stays there."""
    for table in reversed(_TABLES):
        table.drop(op.get_bind(), checkfirst=True)
