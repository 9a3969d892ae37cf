"""Answers that are given again to who sends the same request with the same key.

Revision ID: 0014
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "idempotency",
        sa.Column("key_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.PrimaryKeyConstraint("key_sha256", name="pk_idempotency"),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_idempotency_person", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_idempotency_person_begun_at", "idempotency", ["person", "begun_at"])


def downgrade() -> None:
    """Forget the answers."""
    op.drop_table("idempotency")
