"""Tickets of people who ask for something, and mail that goes out.

Revision ID: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.String(36)
_WORD = sa.String(16)
_UTC = sa.DateTime(timezone=True)
_TABLES = ("stopped_address", "letter", "ticket_tally", "ticket_link", "ticket_event", "ticket")


def upgrade() -> None:
    """Make the tables."""
    _tickets()
    _of_tickets()
    _mail()


def _tickets() -> None:
    op.create_table(
        "ticket",
        sa.Column("id", _ID, nullable=False),
        sa.Column("reference", sa.String(16), nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("state", _WORD, nullable=False),
        sa.Column("source", _WORD, nullable=False),
        sa.Column("person", _ID),
        sa.Column("email", sa.Text),
        sa.Column("reach", sa.Text),
        sa.Column("about", sa.Text),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("opened_at", _UTC, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        sa.Column("confirmed_at", _UTC),
        sa.Column("identity_by", _WORD, nullable=False, server_default=""),
        sa.Column("identity_at", _UTC),
        sa.Column("taken_by", _ID),
        sa.Column("reminded", sa.Integer, nullable=False, server_default="0"),
        sa.Column("outcome", _WORD, nullable=False, server_default=""),
        sa.Column("closed_at", _UTC),
        sa.PrimaryKeyConstraint("id", name="pk_ticket"),
        sa.UniqueConstraint("reference", name="uq_ticket_reference"),
        _until("ticket", "person", "person", "SET NULL"),
        _until("ticket", "taken_by", "person", "SET NULL"),
    )
    for columns in (["state", "due_on", "id"], ["person", "id"], ["taken_by"], ["email"]):
        op.create_index(f"ix_ticket_{'_'.join(columns)}", "ticket", columns)
    op.create_index("ix_ticket_closed_at", "ticket", ["closed_at"])


def _of_tickets() -> None:
    op.create_table(
        "ticket_event",
        sa.Column("id", _ID, nullable=False),
        sa.Column("ticket", _ID, nullable=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("side", _WORD, nullable=False),
        sa.Column("actor", _ID),
        sa.Column("fact", _WORD, nullable=False, server_default=""),
        sa.Column("words", sa.Text),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ticket_event"),
        _until("ticket_event", "ticket", "ticket", "CASCADE"),
        _until("ticket_event", "actor", "person", "SET NULL"),
    )
    op.create_index("ix_ticket_event_ticket_id", "ticket_event", ["ticket", "id"])
    op.create_index("ix_ticket_event_actor", "ticket_event", ["actor"])
    op.create_table(
        "ticket_link",
        sa.Column("secret_sha256", sa.LargeBinary(32), nullable=False),
        sa.Column("ticket", _ID, nullable=False),
        sa.Column("was_mailed", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("secret_sha256", name="pk_ticket_link"),
        _until("ticket_link", "ticket", "ticket", "CASCADE"),
    )
    op.create_index("ix_ticket_link_ticket", "ticket_link", ["ticket"])
    op.create_table(
        "ticket_tally",
        sa.Column("year", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("kind", _WORD, nullable=False),
        sa.Column("outcome", _WORD, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("late", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("year", "kind", "outcome", name="pk_ticket_tally"),
    )


def _mail() -> None:
    op.create_table(
        "letter",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _ID),
        sa.Column("ticket", _ID),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_letter"),
        _until("letter", "person", "person", "CASCADE"),
        _until("letter", "ticket", "ticket", "CASCADE"),
    )
    for column in ("due_at", "person", "ticket"):
        op.create_index(f"ix_letter_{column}", "letter", [column])
    op.create_table(
        "stopped_address",
        sa.Column("identity", _ID, nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("identity", name="pk_stopped_address"),
        _until("stopped_address", "identity", "identity", "CASCADE"),
    )


def _until(table: str, column: str, target: str, then: str) -> sa.ForeignKeyConstraint:
    """A reference, and what becomes of the row when its target goes."""
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=f"fk_{table}_{column}", ondelete=then
    )


def downgrade() -> None:
    """Drop them."""
    for table in _TABLES:
        op.drop_table(table)
