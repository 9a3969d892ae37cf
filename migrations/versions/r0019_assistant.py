"""The text assistant: who let it be told of which case, what it was told, and what it proposed.

Revision ID: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TABLES = (
    "assistant_stop", "ai_call", "assistant_suggestion", "assistant_wish", "assistant_consent",
)  # fmt: skip


def _of(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    name = f"fk_{table}_{column}"
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete=ondelete)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "assistant_consent",
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("statement_version", sa.String(32), nullable=False),
        sa.Column("statement_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_assistant_consent"),
        _of("assistant_consent", "case_id", "medical_case", "CASCADE"),
        _of("assistant_consent", "person", "person", "CASCADE"),
    )
    op.create_index("ix_assistant_consent_person", "assistant_consent", ["person"])
    op.create_table(
        "assistant_wish",
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False, server_default=""),
        sa.Column("field", sa.String(32), nullable=False, server_default=""),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("case_id", name="pk_assistant_wish"),
        _of("assistant_wish", "case_id", "medical_case", "CASCADE"),
    )
    op.create_index("ix_assistant_wish_state_due_at", "assistant_wish", ["state", "due_at"])
    _make_answers()


def _make_answers() -> None:
    op.create_table(
        "assistant_suggestion",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("case_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_assistant_suggestion"),
        _of("assistant_suggestion", "case_id", "medical_case", "CASCADE"),
    )
    op.create_index(
        "ix_assistant_suggestion_case_id_state", "assistant_suggestion", ["case_id", "state"]
    )
    op.create_table(
        "ai_call",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("case_id", sa.String(36)),
        sa.Column("person", sa.String(36)),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("payload_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("tier", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ai_call"),
        _of("ai_call", "case_id", "medical_case", "SET NULL"),
        _of("ai_call", "person", "person", "SET NULL"),
    )
    op.create_index("ix_ai_call_person_at", "ai_call", ["person", "at"])
    op.create_index("ix_ai_call_case_id", "ai_call", ["case_id"])
    op.create_index("ix_ai_call_at", "ai_call", ["at"])
    op.create_table(
        "assistant_stop",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_assistant_stop"),
    )


def downgrade() -> None:
    """Forget all of it."""
    for name in _TABLES:
        op.drop_table(name)
