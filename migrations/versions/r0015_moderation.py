"""Reports, decisions, holds and the audit trail.

Revision ID: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UTC = sa.DateTime(timezone=True)
_ID = sa.String(36)
_WORD = sa.String(16)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_HASH = sa.LargeBinary(32)


def upgrade() -> None:
    """Make the tables."""
    _study_holds()
    _holds()
    _matters()
    _trail()


def downgrade() -> None:
    """Nothing was reported, nothing is held, and nothing is known of who did what."""
    op.drop_column("comment", "is_held")
    op.drop_column("person", "is_held")
    for table in (
        "audit_end",
        "audit_event",
        "audit_name",
        "moderation_decision",
        "report",
        "moderation_matter",
        "case_hold",
        "study_hold",
    ):
        op.drop_table(table)


def _to(table: str, column: str, target: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=f"fk_{table}_{column}", ondelete=ondelete
    )


def _study_holds() -> None:
    """Unless the first revision made it already, with the archive's other tables."""
    if sa.inspect(op.get_bind()).has_table("study_hold"):
        return
    op.create_table(
        "study_hold",
        sa.Column("collection_id", _NUMBER, nullable=False),
        sa.Column("study_instance_uid", sa.String(64), nullable=False),
        sa.Column("reason", _WORD, nullable=False),
        sa.Column("held_by", sa.String(64)),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint(
            "collection_id", "study_instance_uid", "reason", name="pk_study_hold"
        ),
        sa.ForeignKeyConstraint(
            ["collection_id"], ["collection.id"], name="fk_study_hold_collection_id"
        ),
    )


def _holds() -> None:
    op.create_table(
        "case_hold",
        sa.Column("case_id", _ID, nullable=False),
        sa.Column("reason", _WORD, nullable=False),
        sa.Column("state_before", _WORD, nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "reason", name="pk_case_hold"),
        _to("case_hold", "case_id", "medical_case", "CASCADE"),
    )
    for table in ("comment", "person"):
        held = sa.Column("is_held", sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column(table, held)


def _matters() -> None:
    op.create_table(
        "moderation_matter",
        sa.Column("id", _ID, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("target", sa.String(160), nullable=False),
        sa.Column("subject", _ID),
        sa.Column("is_identifying", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("is_holding", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("claimed_by", _ID),
        sa.Column("claimed_at", _UTC),
        sa.Column("opened_at", _UTC, nullable=False),
        sa.Column("appeal", sa.Text),
        sa.Column("appealed_at", _UTC),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_matter"),
        _to("moderation_matter", "subject", "person", "SET NULL"),
        _to("moderation_matter", "claimed_by", "person", "SET NULL"),
    )
    for columns in (
        ["state", "is_identifying", "opened_at"],
        ["kind", "target"],
        ["subject"],
        ["claimed_by"],
    ):
        op.create_index(f"ix_moderation_matter_{'_'.join(columns)}", "moderation_matter", columns)
    op.create_table(
        "report",
        sa.Column("id", _ID, nullable=False),
        sa.Column("matter", _ID, nullable=False),
        sa.Column("reporter", _ID),
        sa.Column("reason", _WORD, nullable=False),
        sa.Column("words", sa.Text),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_report"),
        _to("report", "matter", "moderation_matter", "CASCADE"),
        _to("report", "reporter", "person", "SET NULL"),
    )
    op.create_table(
        "moderation_decision",
        sa.Column("id", _ID, nullable=False),
        sa.Column("matter", _ID, nullable=False),
        sa.Column("decided_by", _ID),
        sa.Column("verb", _WORD, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("is_of_appeal", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_moderation_decision"),
        _to("moderation_decision", "matter", "moderation_matter", "CASCADE"),
        _to("moderation_decision", "decided_by", "person", "SET NULL"),
    )
    for table, column in (
        ("report", "matter"),
        ("report", "reporter"),
        ("moderation_decision", "matter"),
        ("moderation_decision", "decided_by"),
    ):
        op.create_index(f"ix_{table}_{column}", table, [column])


def _trail() -> None:
    op.create_table(
        "audit_name",
        sa.Column("pseudonym", _ID, nullable=False),
        sa.Column("person", _ID, nullable=False),
        sa.PrimaryKeyConstraint("pseudonym", name="pk_audit_name"),
        sa.UniqueConstraint("person", name="uq_audit_name_person"),
        _to("audit_name", "person", "person", "CASCADE"),
    )
    op.create_table(
        "audit_event",
        sa.Column("number", _NUMBER, nullable=False, autoincrement=False),
        sa.Column("at", _UTC, nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("action", sa.String(48), nullable=False),
        sa.Column("target", sa.String(200), nullable=False),
        sa.Column("subject", _ID),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("previous_sha256", _HASH, nullable=False),
        sa.Column("sha256", _HASH, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_event"),
    )
    for columns in (["at"], ["subject", "number"], ["action", "number"]):
        op.create_index(f"ix_audit_event_{'_'.join(columns)}", "audit_event", columns)
    op.create_table(
        "audit_end",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("last_number", _NUMBER, nullable=False),
        sa.Column("last_sha256", _HASH, nullable=False),
        sa.Column("forgotten_number", _NUMBER, nullable=False),
        sa.Column("forgotten_sha256", _HASH, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_end"),
    )
