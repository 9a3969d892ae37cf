"""Texts of quarantined studies are in no full text index, where they outlive the studies.

Revision ID: 0008
"""

from __future__ import annotations

from alembic import op

from archive.search_schema import forget_hidden_texts

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of texts anew, without what is hidden."""
    forget_hidden_texts(op.get_bind())


def downgrade() -> None:
    """Nothing: an index without what nobody may find is right for the release before, too."""
