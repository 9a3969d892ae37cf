"""Several processes work on one study: which of them on which instance.

Revision ID: 0007
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, inspect

from archive.models import claim

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column, unless an earlier revision made them already."""
    connection = op.get_bind()
    claim.create(connection, checkfirst=True)
    if "basis" not in {column["name"] for column in inspect(connection).get_columns("upload")}:
        op.add_column("upload", Column("basis", String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget who works on what; whoever does begins anew."""
    op.drop_column("upload", "basis")
    claim.drop(op.get_bind(), checkfirst=True)
