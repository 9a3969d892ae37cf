"""Storage commitment: requests, and what came of them.

Revision ID: 0002
"""

from __future__ import annotations

from alembic import op

from archive.models import commitment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, unless the first revision made it already on a new index."""
    commitment.create(op.get_bind(), checkfirst=True)


def downgrade() -> None:
    """Forget every request."""
    commitment.drop(op.get_bind(), checkfirst=True)
