"""Uploads of people know whose they are, since their names are made for that person alone.

Revision ID: 0008a
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, inspect

revision = "0008a"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, unless an earlier revision made the table with it."""
    known = inspect(op.get_bind())
    if "owner" not in {column["name"] for column in known.get_columns("upload")}:
        op.add_column("upload", Column("owner", String(36), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget whose they are."""
    op.drop_column("upload", "owner")
