"""Finding: entries of cases, their facets and words, and tags.

Revision ID: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from community.finding.schema import create_words, drop_words

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.String(36)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, and what each database keeps beside them."""
    _entries()
    _tags()
    create_words(op.get_bind())


def downgrade() -> None:
    """Nothing is found any more; cases stay."""
    drop_words(op.get_bind())
    for table in ("case_tag", "tag", "facet_count", "case_facet", "case_entry"):
        op.drop_table(table)


def _entries() -> None:
    op.create_table(
        "case_entry",
        sa.Column("number", _NUMBER, nullable=False, autoincrement=True),
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("language", sa.String(16), nullable=False),
        sa.Column("plain", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_case_entry"),
        sa.UniqueConstraint("case_id", name="uq_case_entry_case_id"),
        _case("case_entry"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "case_facet",
        sa.Column("facet", sa.String(16), nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.Column("number", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("facet", "value", "number", name="pk_case_facet"),
        sa.ForeignKeyConstraint(
            ["number"], ["case_entry.number"], name="fk_case_facet_number", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_case_facet_number", "case_facet", ["number"])
    op.create_table(
        "facet_count",
        sa.Column("facet", sa.String(16), nullable=False),
        sa.Column("value", sa.String(64), nullable=False),
        sa.Column("cases", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("facet", "value", name="pk_facet_count"),
    )
    op.create_index("ix_facet_count_facet_cases", "facet_count", ["facet", "cases"])


def _tags() -> None:
    op.create_table(
        "tag",
        sa.Column("slug", sa.String(64), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("scheme", sa.String(16), nullable=False, server_default=""),
        sa.Column("code", sa.String(32), nullable=False, server_default=""),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_tag"),
    )
    op.create_table(
        "case_tag",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("case_id", "tag", name="pk_case_tag"),
        _case("case_tag"),
        sa.ForeignKeyConstraint(["tag"], ["tag.slug"], name="fk_case_tag_tag", ondelete="CASCADE"),
    )
    op.create_index("ix_case_tag_tag", "case_tag", ["tag"])


def _case(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["case_id"], ["medical_case.id"], name=f"fk_{table}_case_id", ondelete="CASCADE"
    )
