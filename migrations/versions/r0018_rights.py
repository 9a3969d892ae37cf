"""Exports, erasures, objections.

Revision ID: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLES = (
    "export_job",
    "blocked_instance",
    "objection",
    "retired_handle",
    "erasure_entry",
    "erasure_wish",
)


def _utc(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_person(table: str) -> list[sa.schema.SchemaItem]:
    name = f"fk_{table}_person"
    return [
        sa.Column("person", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["person.id"], name=name, ondelete="CASCADE"),
    ]


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "erasure_wish",
        *_of_person("erasure_wish"),
        sa.Column("keeps_work", sa.Boolean, nullable=False, server_default=sa.false()),
        _utc("asked_at"),
        _utc("due_at"),
        sa.Column("was_state", sa.String(16), nullable=False),
        sa.Column("ticket", sa.String(36)),
        sa.PrimaryKeyConstraint("person", name="pk_erasure_wish"),
    )
    op.create_index("ix_erasure_wish_due_at", "erasure_wish", ["due_at"])
    op.create_table(
        "erasure_entry",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(160), nullable=False),
        sa.Column("keeps_work", sa.Boolean, nullable=False, server_default=sa.false()),
        _utc("at"),
        sa.Column("is_outside", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="pk_erasure_entry"),
    )
    op.create_index("ix_erasure_entry_kind_subject", "erasure_entry", ["kind", "subject"])
    op.create_index("ix_erasure_entry_is_outside", "erasure_entry", ["is_outside"])
    op.create_table(
        "retired_handle",
        sa.Column("folded_sha256", sa.LargeBinary(32), nullable=False),
        _utc("until"),
        sa.PrimaryKeyConstraint("folded_sha256", name="pk_retired_handle"),
    )
    op.create_index("ix_retired_handle_until", "retired_handle", ["until"])
    op.create_table(
        "objection",
        *_of_person("objection"),
        sa.Column("purpose", sa.String(16), nullable=False),
        _utc("at"),
        sa.PrimaryKeyConstraint("person", "purpose", name="pk_objection"),
    )
    _make_blocked_instance()
    _make_export_job()


def _make_blocked_instance() -> None:
    # The first revision makes all tables of the archive as they are now.
    if sa.inspect(op.get_bind()).has_table("blocked_instance"):
        return
    op.create_table(
        "blocked_instance",
        sa.Column(
            "collection_id",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            sa.ForeignKey("collection.id", name="fk_blocked_instance_collection_id"),
            nullable=False,
        ),
        sa.Column("uid_sha256", sa.LargeBinary(32), nullable=False),
        _utc("at"),
        sa.PrimaryKeyConstraint("collection_id", "uid_sha256", name="pk_blocked_instance"),
    )


def _make_export_job() -> None:
    op.create_table(
        "export_job",
        sa.Column("id", sa.String(36), nullable=False),
        *_of_person("export_job"),
        sa.Column("with_studies", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("state", sa.String(16), nullable=False),
        _utc("asked_at"),
        _utc("changed_at"),
        _utc("expires_at", nullable=True),
        _utc("fetched_at", nullable=True),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("size", sa.BigInteger),
        sa.Column("object_key", sa.String(128)),
        sa.Column("ticket", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_export_job"),
    )
    op.create_index("ix_export_job_person_id", "export_job", ["person", "id"])
    op.create_index("ix_export_job_state_changed_at", "export_job", ["state", "changed_at"])


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.drop_table(table)
