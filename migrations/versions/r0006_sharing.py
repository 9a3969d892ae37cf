"""Sharing: studies by audience, capability links, and tokens that belong to people.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UTC = sa.DateTime(timezone=True)
_ID = sa.String(36)
_HASH = sa.LargeBinary(32)
_AUDIENCE = "ix_share_audience_collection_id_study_instance_uid"


def upgrade() -> None:
    """Make the tables and columns that the first revision did not make already."""
    known = sa.inspect(op.get_bind())
    if not known.has_table("share"):
        _share()
    if "person" not in _columns(known, "token"):
        op.add_column("token", sa.Column("person", _ID))
        op.create_index("ix_token_person", "token", ["person"])
    if "was_public" not in _columns(known, "tombstone"):
        shown = sa.Column("was_public", sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column("tombstone", shown)
    if not known.has_table("link"):
        _links()


def downgrade() -> None:
    """Nothing is shared any more."""
    for table in ("link_view", "link_pass", "link", "share"):
        op.drop_table(table)
    op.drop_index("ix_token_person", "token")
    op.drop_column("token", "person")
    op.drop_column("tombstone", "was_public")


def _columns(known: sa.Inspector, table: str) -> set[str]:
    return {column["name"] for column in known.get_columns(table)}


def _share() -> None:
    op.create_table(
        "share",
        sa.Column("collection_id", sa.BigInteger().with_variant(sa.Integer, "sqlite")),
        sa.Column("study_instance_uid", sa.String(64)),
        sa.Column("audience", sa.String(64)),
        sa.PrimaryKeyConstraint("collection_id", "study_instance_uid", "audience", name="pk_share"),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name="fk_share_collection_id"
        ),
    )
    op.create_index(_AUDIENCE, "share", ["audience", "collection_id", "study_instance_uid"])


def _links() -> None:
    op.create_table(
        "link",
        sa.Column("id", _ID, nullable=False),
        sa.Column("secret_sha256", _HASH, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_by", _ID),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("expires_at", _UTC),
        sa.Column("password_hash", sa.Text),
        sa.Column("wrong_passwords", sa.Integer, nullable=False, server_default="0"),
        sa.Column("wrong_since", _UTC),
        sa.Column("revoked_at", _UTC),
        sa.PrimaryKeyConstraint("id", name="pk_link"),
        sa.UniqueConstraint("secret_sha256", name="uq_link_secret_sha256"),
    )
    op.create_index("ix_link_created_by", "link", ["created_by"])
    op.create_table(
        "link_pass",
        sa.Column("secret_sha256", _HASH, nullable=False),
        sa.Column("link", _ID, nullable=False),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("secret_sha256", name="pk_link_pass"),
        _to_link("link_pass"),
    )
    op.create_index("ix_link_pass_link", "link_pass", ["link"])
    op.create_index("ix_link_pass_expires_at", "link_pass", ["expires_at"])
    op.create_table(
        "link_view",
        sa.Column("link", _ID, nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.Column("what", sa.String(16), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("link", "at", "what", name="pk_link_view"),
        _to_link("link_view"),
    )


def _to_link(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["link"], ["link.id"], name=f"fk_{table}_link", ondelete="CASCADE"
    )
