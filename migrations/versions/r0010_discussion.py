"""Discussion: comments, votes, spots in images, follows, notifications and mails.

Revision ID: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_UTC = sa.DateTime(timezone=True)
_ID = sa.String(36)
_UID = sa.String(64)
_WORD = sa.String(16)
_TABLES = (
    "comment",
    "comment_revision",
    "comment_mention",
    "comment_vote",
    "accepted_read",
    "comment_anchor",
    "comment_report",
    "follow",
    "notification",
    "mail_choice",
    "mail_out",
)


def upgrade() -> None:
    """Make the tables."""
    _comments()
    _about_comments()
    _places()
    _follows()
    _notifications()
    _mails()


def downgrade() -> None:
    """Forget every word."""
    for table in reversed(_TABLES):
        op.drop_table(table)


def _goes_with(table: str, name: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], [f"{target}.id"], name=f"fk_{table}_{name}", ondelete="CASCADE"
    )


def _somebody(table: str, name: str, target: str = "person") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], [f"{target}.id"], name=f"fk_{table}_{name}", ondelete="SET NULL"
    )


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _id(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, _ID, nullable=nullable)


def _uid(name: str) -> sa.Column[str]:
    return sa.Column(name, _UID, nullable=False)


def _comments() -> None:
    op.create_table(
        "comment",
        _id("id"),
        _id("case_id"),
        _id("thread"),
        _id("parent", nullable=True),
        sa.Column("depth", sa.Integer, nullable=False),
        _id("author", nullable=True),
        sa.Column("markdown", sa.Text),
        sa.Column("is_spoiler", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("tombstone", _WORD, nullable=False, server_default=""),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("edited_at", _UTC),
        sa.Column("version", sa.Integer, nullable=False, server_default="1"),
        sa.Column("helpful", sa.Integer, nullable=False, server_default="0"),
        _key("comment", "id"),
        _goes_with("comment", "case_id", "medical_case"),
        _goes_with("comment", "parent", "comment"),
        _somebody("comment", "author"),
    )
    _index("comment", "case_id", "depth", "id")
    _index("comment", "thread", "id")
    _index("comment", "parent")
    _index("comment", "author", "id")


def _about_comments() -> None:
    op.create_table(
        "comment_revision",
        _id("comment"),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("markdown", sa.Text, nullable=False),
        sa.Column("at", _UTC, nullable=False),
        _key("comment_revision", "comment", "number"),
        _goes_with("comment_revision", "comment", "comment"),
    )
    for table in ("comment_mention", "comment_vote"):
        op.create_table(
            table,
            _id("comment"),
            _id("person"),
            _key(table, "comment", "person"),
            _goes_with(table, "comment", "comment"),
            _goes_with(table, "person", "person"),
        )
        _index(table, "person")
    op.create_table(
        "accepted_read",
        _id("case_id"),
        _id("comment"),
        sa.Column("at", _UTC, nullable=False),
        _key("accepted_read", "case_id"),
        sa.UniqueConstraint("comment", name="uq_accepted_read_comment"),
        _goes_with("accepted_read", "case_id", "medical_case"),
        _goes_with("accepted_read", "comment", "comment"),
    )


def _places() -> None:
    op.create_table(
        "comment_anchor",
        _id("comment"),
        sa.Column("collection", sa.String(48), nullable=False),
        _uid("study_instance_uid"),
        _uid("series_instance_uid"),
        _uid("sop_instance_uid"),
        sa.Column("frame", sa.Integer, nullable=False),
        *(sa.Column(f"region_{part}", sa.Float) for part in "xywh"),
        sa.Column("window_center", sa.Float),
        sa.Column("window_width", sa.Float),
        _key("comment_anchor", "comment"),
        _goes_with("comment_anchor", "comment", "comment"),
    )
    _index("comment_anchor", "study_instance_uid")
    op.create_table(
        "comment_report",
        _id("comment"),
        _uid("series_instance_uid"),
        _uid("sop_instance_uid"),
        sa.Column("stored_at", _UTC, nullable=False),
        _key("comment_report", "comment"),
        sa.UniqueConstraint("sop_instance_uid", name="uq_comment_report_sop_instance_uid"),
        _goes_with("comment_report", "comment", "comment"),
    )


def _follows() -> None:
    op.create_table(
        "follow",
        _id("person"),
        sa.Column("kind", _WORD, nullable=False),
        _id("target"),
        sa.Column("at", _UTC, nullable=False),
        _key("follow", "person", "kind", "target"),
        _goes_with("follow", "person", "person"),
    )
    _index("follow", "kind", "target")


def _notifications() -> None:
    op.create_table(
        "notification",
        _id("id"),
        _id("person"),
        sa.Column("kind", _WORD, nullable=False),
        _id("case_id", nullable=True),
        _id("comment", nullable=True),
        _id("actor", nullable=True),
        sa.Column("at", _UTC, nullable=False),
        sa.Column("read_at", _UTC),
        _key("notification", "id"),
        _goes_with("notification", "person", "person"),
        _goes_with("notification", "case_id", "medical_case"),
        _goes_with("notification", "comment", "comment"),
        _goes_with("notification", "actor", "person"),
    )
    _index("notification", "person", "id")
    _index("notification", "person", "read_at")
    for name in ("case_id", "comment", "actor"):
        _index("notification", name)


def _mails() -> None:
    op.create_table(
        "mail_choice",
        _id("person"),
        _id("identity", nullable=True),
        sa.Column("kinds", sa.Text, nullable=False, server_default=""),
        _key("mail_choice", "person"),
        _goes_with("mail_choice", "person", "person"),
        _somebody("mail_choice", "identity", "identity"),
    )
    _index("mail_choice", "identity")
    op.create_table(
        "mail_out",
        _id("notification"),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", _UTC, nullable=False),
        sa.Column("secret_sha256", sa.LargeBinary(32)),
        _key("mail_out", "notification"),
        sa.UniqueConstraint("secret_sha256", name="uq_mail_out_secret_sha256"),
        _goes_with("mail_out", "notification", "notification"),
    )
    _index("mail_out", "state", "due_at")
