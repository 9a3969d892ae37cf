"""Consents: what browsers chose about cookies; and who was told that they were not here for long.

Revision ID: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the column."""
    op.create_table(
        "consent_event",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("browser", sa.String(36), nullable=False),
        sa.Column("person", sa.String(36)),
        sa.Column("categories", sa.String(64), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("gpc", sa.Boolean, nullable=False),
        sa.Column("text_sha256", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consent_event"),
        sa.ForeignKeyConstraint(
            ["person"], ["person.id"], name="fk_consent_event_person", ondelete="SET NULL"
        ),
    )
    for column in ("browser", "person", "at"):
        op.create_index(f"ix_consent_event_{column}", "consent_event", [column])
    op.add_column("person", sa.Column("warned_day", sa.Date))


def downgrade() -> None:
    """Nothing is known of consents any more: every browser is asked again."""
    op.drop_column("person", "warned_day")
    op.drop_table("consent_event")
