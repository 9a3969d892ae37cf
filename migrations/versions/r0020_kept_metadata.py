"""A series' metadata are kept as one object in all codings, from which a study's are joined.

Revision ID: 0020
"""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def _series() -> sa.Column[int]:
    target = sa.ForeignKey("series.id", ondelete="CASCADE", name="fk_kept_metadata_series_id")
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("series_id", number, target, autoincrement=False)


def _shared() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("etag", sa.String(64), nullable=False),
        sa.Column("root_url", sa.Text, nullable=False),
        sa.Column("object_key", sa.String(128), nullable=False),
    )


def upgrade() -> None:
    """Make the table anew, unless an earlier revision made it so; the worker fills it."""
    connection = op.get_bind()
    columns = {one["name"] for one in sa.inspect(connection).get_columns("kept_metadata")}
    if "encoding" not in columns:
        return
    _begin_anew(connection)
    op.create_table(
        "kept_metadata",
        _series(),
        *_shared(),
        sa.Column("plain_size", sa.BigInteger, nullable=False),
        sa.Column("gzip_size", sa.BigInteger, nullable=False),
        sa.Column("zstd_size", sa.BigInteger, nullable=False),
        sa.Column("crc32", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("series_id", name="pk_kept_metadata"),
    )


def downgrade() -> None:
    """Make the table of one object a coding."""
    _begin_anew(op.get_bind())
    op.create_table(
        "kept_metadata",
        _series(),
        sa.Column("encoding", sa.String(8)),
        *_shared(),
        sa.PrimaryKeyConstraint("series_id", "encoding", name="pk_kept_metadata"),
    )


def _begin_anew(connection: sa.Connection) -> None:
    """Drop the table; its objects are loose, and what had metadata is announced once more."""
    connection.execute(
        sa.text(
            "INSERT INTO loose_object (object_key, since) "
            "SELECT object_key, :now FROM kept_metadata"
        ).bindparams(sa.bindparam("now", datetime.now(UTC), sa.DateTime(timezone=True)))
    )
    # The state is the outbox: a sweep finds what is behind.
    connection.execute(
        sa.text(
            "UPDATE study SET processed_revision = revision - 1 "
            "WHERE processed_revision = revision AND id IN (SELECT series.study_id FROM series "
            "JOIN kept_metadata ON kept_metadata.series_id = series.id)"
        )
    )
    op.drop_table("kept_metadata")
