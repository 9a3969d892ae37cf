"""Unknown mode: questions, attempts and answers; and playlists of cases.

Revision ID: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UTC = sa.DateTime(timezone=True)
_ID = sa.String(36)


def upgrade() -> None:
    """Make the tables."""
    _questions()
    _attempts()
    _playlists()


def downgrade() -> None:
    """Nothing was asked, and nothing was listed."""
    for table in ("playlist_item", "playlist", "quiz_answer", "quiz_attempt", "quiz_question"):
        op.drop_table(table)


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=f"fk_{table}_{column}", ondelete="CASCADE"
    )


def _questions() -> None:
    op.create_table(
        "quiz_question",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("options_json", sa.Text, nullable=False),
        sa.Column("answer_json", sa.Text, nullable=False),
        sa.Column("is_withdrawn", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("created_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quiz_question"),
        _to("quiz_question", "case_id", "medical_case"),
        sa.UniqueConstraint("case_id", "position", name="uq_quiz_question_case_id_position"),
    )


def _attempts() -> None:
    op.create_table(
        "quiz_attempt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("person", _ID),
        sa.Column("browser_sha256", sa.LargeBinary(32)),
        sa.Column("gave_up", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("confidence", sa.SmallInteger),
        sa.Column("score", sa.Float),
        sa.Column("committed_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_quiz_attempt"),
        _to("quiz_attempt", "case_id", "medical_case"),
        _to("quiz_attempt", "person", "person"),
        sa.UniqueConstraint("case_id", "person", name="uq_quiz_attempt_case_id_person"),
        sa.UniqueConstraint(
            "case_id", "browser_sha256", name="uq_quiz_attempt_case_id_browser_sha256"
        ),
        sa.CheckConstraint("(person IS NULL) <> (browser_sha256 IS NULL)", name="one_reader"),
    )
    op.create_index("ix_quiz_attempt_person", "quiz_attempt", ["person"])
    op.create_index("ix_quiz_attempt_browser_sha256", "quiz_attempt", ["browser_sha256"])
    op.create_table(
        "quiz_answer",
        sa.Column("attempt", _ID, nullable=False),
        sa.Column("question", _ID, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("is_own_judgement", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("attempt", "question", name="pk_quiz_answer"),
        _to("quiz_answer", "attempt", "quiz_attempt"),
        _to("quiz_answer", "question", "quiz_question"),
    )
    op.create_index("ix_quiz_answer_question", "quiz_answer", ["question"])


def _playlists() -> None:
    op.create_table(
        "playlist",
        sa.Column("id", _ID, nullable=False),
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("owner", _ID, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("visibility", sa.String(16), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("changed_at", _UTC, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_playlist"),
        sa.UniqueConstraint("slug", name="uq_playlist_slug"),
        _to("playlist", "owner", "person"),
    )
    op.create_index("ix_playlist_owner", "playlist", ["owner"])
    op.create_index("ix_playlist_visibility_changed_at", "playlist", ["visibility", "changed_at"])
    op.create_table(
        "playlist_item",
        sa.Column("playlist", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("playlist", "case_id", name="pk_playlist_item"),
        _to("playlist_item", "playlist", "playlist"),
        _to("playlist_item", "case_id", "medical_case"),
    )
    op.create_index("ix_playlist_item_case_id", "playlist_item", ["case_id"])
