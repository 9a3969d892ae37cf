"""Accounts: people, by what they sign in, their sessions, and what they agreed to.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UTC = sa.DateTime(timezone=True)
_ID = sa.String(36)
_HASH = sa.LargeBinary(32)


def upgrade() -> None:
    """Make the tables."""
    _people()
    _sessions()
    _signing_in()
    _agreements_and_offers()


def downgrade() -> None:
    """Forget everybody."""
    for table in (
        "role_offer",
        "credential_claim",
        "policy_acceptance",
        "sign_up",
        "posted_answer",
        "sign_in_attempt",
        "session",
        "identity",
        "avatar",
        "person",
    ):
        op.drop_table(table)


def _person(table: str, name: str = "person") -> sa.ForeignKeyConstraint:
    rule = "CASCADE" if name == "person" else "SET NULL"
    return sa.ForeignKeyConstraint([name], ["person.id"], name=f"fk_{table}_{name}", ondelete=rule)


def _index(table: str, column: str) -> None:
    op.create_index(f"ix_{table}_{column}", table, [column])


def _told() -> list[sa.Column[object]]:
    """What a provider tells of somebody; made anew for each table."""
    return [
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("email_verified", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("is_relay", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("given_name", sa.Text),
    ]


def _people() -> None:
    op.create_table(
        "person",
        sa.Column("id", _ID, nullable=False),
        sa.Column("handle", sa.String(30), nullable=False),
        sa.Column("handle_folded", sa.String(30), nullable=False),
        sa.Column("display_name", sa.Text),
        sa.Column("bio", sa.Text),
        sa.Column("avatar_key", sa.String(32)),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("last_seen_day", sa.Date),
        sa.PrimaryKeyConstraint("id", name="pk_person"),
        sa.UniqueConstraint("handle", name="uq_person_handle"),
        sa.UniqueConstraint("handle_folded", name="uq_person_handle_folded"),
    )
    op.create_table(
        "avatar",
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("person", _ID, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_avatar"),
        _person("avatar"),
    )
    _index("avatar", "person")
    op.create_table(
        "identity",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _ID, nullable=False),
        *_told(),
        sa.Column("linked_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_identity"),
        sa.UniqueConstraint("provider", "subject", name="uq_identity_provider_subject"),
        _person("identity"),
    )
    _index("identity", "person")


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("id", _ID, nullable=False),
        sa.Column("secret_sha256", _HASH, nullable=False),
        sa.Column("person", _ID, nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("seen_at", _UTC, nullable=False),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.Column("user_agent_family", sa.String(64), nullable=False),
        sa.Column("reauthenticated_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("secret_sha256", name="uq_session_secret_sha256"),
        _person("session"),
    )
    _index("session", "person")
    _index("session", "expires_at")


def _signing_in() -> None:
    op.create_table(
        "sign_in_attempt",
        sa.Column("id", _ID, nullable=False),
        sa.Column("state_sha256", _HASH, nullable=False),
        sa.Column("browser_sha256", _HASH, nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("pkce_verifier", sa.String(128), nullable=False),
        sa.Column("next_path", sa.Text, nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("person", _ID),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempt"),
        sa.UniqueConstraint("state_sha256", name="uq_sign_in_attempt_state_sha256"),
        _person("sign_in_attempt"),
    )
    _index("sign_in_attempt", "expires_at")
    op.create_table(
        "posted_answer",
        sa.Column("key_sha256", _HASH, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("key_sha256", name="pk_posted_answer"),
    )
    _index("posted_answer", "expires_at")
    op.create_table(
        "sign_up",
        sa.Column("id", _ID, nullable=False),
        sa.Column("secret_sha256", _HASH, nullable=False),
        *_told(),
        sa.Column("picture_url", sa.Text),
        sa.Column("next_path", sa.Text, nullable=False),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_up"),
        sa.UniqueConstraint("secret_sha256", name="uq_sign_up_secret_sha256"),
        sa.UniqueConstraint("provider", "subject", name="uq_sign_up_provider_subject"),
    )
    _index("sign_up", "expires_at")


def _agreements_and_offers() -> None:
    op.create_table(
        "policy_acceptance",
        sa.Column("person", _ID, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("at", _UTC, nullable=False),
        sa.PrimaryKeyConstraint("person", "kind", "version", name="pk_policy_acceptance"),
        _person("policy_acceptance"),
    )
    op.create_table(
        "credential_claim",
        sa.Column("id", _ID, nullable=False),
        sa.Column("person", _ID, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("decided_by", _ID),
        sa.Column("decided_at", _UTC),
        sa.PrimaryKeyConstraint("id", name="pk_credential_claim"),
        _person("credential_claim"),
        _person("credential_claim", "decided_by"),
    )
    _index("credential_claim", "person")
    op.create_table(
        "role_offer",
        sa.Column("id", _ID, nullable=False),
        sa.Column("secret_sha256", _HASH, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", _UTC, nullable=False),
        sa.Column("expires_at", _UTC, nullable=False),
        sa.Column("taken_by", _ID),
        sa.Column("taken_at", _UTC),
        sa.PrimaryKeyConstraint("id", name="pk_role_offer"),
        sa.UniqueConstraint("secret_sha256", name="uq_role_offer_secret_sha256"),
        _person("role_offer", "taken_by"),
    )
