"""The index of first light, and its two built-in collections.

Revision ID: 0001
"""

from __future__ import annotations

from alembic import op

from archive.collections import (
    ARCHIVE,
    AS_RECEIVED,
    COMMUNITY,
    DEIDENTIFY,
    KEEP_FIRST,
    insert_collection,
)
from archive.models import metadata
from archive.search_schema import create_search_indexes, drop_search_indexes

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table, and the collections that are always there."""
    connection = op.get_bind()
    metadata.create_all(connection)
    create_search_indexes(connection)
    insert_collection(connection, ARCHIVE, "DICOMTUBE", KEEP_FIRST, AS_RECEIVED)
    insert_collection(connection, COMMUNITY, "DICOMTUBE_DEID", KEEP_FIRST, DEIDENTIFY)


def downgrade() -> None:
    """Leave nothing."""
    drop_search_indexes(op.get_bind())
    metadata.drop_all(op.get_bind())
