"""Cases: their texts, studies, key images and revisions, and what was confirmed before sharing.

Revision ID: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008a"
branch_labels = None
depends_on = None

_UTC = sa.DateTime(timezone=True)
_ID = sa.String(36)
_UID = sa.String(64)


def upgrade() -> None:
    """Make the tables."""
    _cases()
    _texts()
    _pictures()
    _confirmations()


def downgrade() -> None:
    """Forget every case."""
    for table in (
        "sharing_confirmation",
        "key_image",
        "case_study",
        "case_revision",
        "case_section",
        "medical_case",
    ):
        op.drop_table(table)


def _word(name: str, length: int = 32) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, server_default="")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _switch(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["case_id"], ["medical_case.id"], name=f"fk_{table}_case_id", ondelete="CASCADE"
    )


def _person(table: str, name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], ["person.id"], name=f"fk_{table}_{name}", ondelete="SET NULL"
    )


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _cases() -> None:
    op.create_table(
        "medical_case",
        sa.Column("id", _ID, nullable=False),
        sa.Column("slug", sa.String(32), nullable=False),
        sa.Column("owner", _ID),
        sa.Column("state", sa.String(16), nullable=False),
        _text("title"),
        _text("unknown_title"),
        _switch("is_unknown"),
        _word("specialty"),
        _word("body_part"),
        _text("modalities"),
        _word("certainty"),
        _word("proof"),
        _word("difficulty"),
        _word("age_band", 16),
        _word("sex", 16),
        _word("licence"),
        _word("language", 16),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("changed_at", _UTC, nullable=False),
        sa.Column("published_at", _UTC),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_medical_case"),
        sa.UniqueConstraint("slug", name="uq_medical_case_slug"),
        _person("medical_case", "owner"),
    )
    _index("medical_case", "owner", "id")
    _index("medical_case", "state", "published_at", "id")


def _texts() -> None:
    op.create_table(
        "case_section",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("markdown", sa.Text, nullable=False),
        sa.Column("reveal", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "kind", name="pk_case_section"),
        _case("case_section"),
    )
    op.create_table(
        "case_revision",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("author", _ID),
        sa.Column("at", _UTC, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        _text("note"),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "number", name="pk_case_revision"),
        _case("case_revision"),
        _person("case_revision", "author"),
    )


def _pictures() -> None:
    op.create_table(
        "case_study",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("collection", sa.String(48), nullable=False),
        sa.Column("study_instance_uid", _UID, nullable=False),
        _text("label"),
        sa.Column("relative_day", sa.Integer),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint(
            "case_id", "collection", "study_instance_uid", name="pk_case_study"
        ),
        _case("case_study"),
    )
    _index("case_study", "collection", "study_instance_uid")
    op.create_table(
        "key_image",
        sa.Column("id", _ID, nullable=False),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("study_instance_uid", _UID, nullable=False),
        sa.Column("series_instance_uid", _UID, nullable=False),
        sa.Column("sop_instance_uid", _UID, nullable=False),
        sa.Column("frame", sa.Integer, nullable=False),
        _text("caption"),
        _text("alt"),
        *(sa.Column(f"region_{part}", sa.Float) for part in "xywh"),
        _switch("is_spoiler"),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_key_image"),
        _case("key_image"),
    )
    _index("key_image", "case_id", "position")


def _confirmations() -> None:
    op.create_table(
        "sharing_confirmation",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _ID),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("statement_version", sa.String(32), nullable=False),
        sa.Column("statement_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sharing_confirmation"),
        _person("sharing_confirmation", "person"),
    )
    _index("sharing_confirmation", "subject")
    _index("sharing_confirmation", "person")
