"""Uploads know their patient again after the key was rotated.

Revision ID: 0004
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String, inspect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEX = "ix_upload_collection_id_patient"


def upgrade() -> None:
    """Add the column, unless an earlier revision made the table with it."""
    known = inspect(op.get_bind())
    if "patient" not in {column["name"] for column in known.get_columns("upload")}:
        column = Column("patient", String(64), nullable=False, server_default="")
        op.add_column("upload", column)
    if _INDEX not in {index["name"] for index in known.get_indexes("upload")}:
        op.create_index(_INDEX, "upload", ["collection_id", "patient"])


def downgrade() -> None:
    """Forget by what patients are known."""
    op.drop_index(_INDEX, "upload")
    op.drop_column("upload", "patient")
