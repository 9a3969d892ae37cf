"""The tables of the community. Their columns and constraints, and no behaviour.

They lie in the same database as the archive's, under one history of migrations, and nothing here
has a foreign key into the archive: a study is named by its collection and Study Instance UID.
Ids are made in Python (`community.ids`), moments are UTC.

No secret is kept: of sessions, links and whatever else is shown to somebody once, the table has
the SHA-256 of 256 random bits. What providers gave us to talk to them (tokens) is kept nowhere.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from archive.models import metadata as _archives
from archive.moments import Utc

metadata = MetaData(naming_convention=_archives.naming_convention)

_Id = String(36)
_Hash = LargeBinary(32)
_PERSON = "person.id"


def _of_person(*, nullable: bool = False, primary_key: bool = False) -> Column[str]:
    """A row that goes when its person goes."""
    return Column(
        "person",
        _Id,
        ForeignKey(_PERSON, ondelete="CASCADE"),
        nullable=nullable,
        primary_key=primary_key,
    )


person = Table(
    "person",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("handle", String(30), nullable=False, unique=True),
    # What two handles that look alike have in common, so that nobody can take another's face.
    Column("handle_folded", String(30), nullable=False, unique=True),
    Column("display_name", Text),
    Column("bio", Text),
    Column("avatar_key", String(32)),
    Column("role", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("last_seen_day", Date),
    # When they were last told that they had not been here for long (`community.retention.dormant`).
    Column("warned_day", Date),
    # Somebody says that what they show of themselves identifies a patient: nobody sees it so far.
    Column("is_held", Boolean, nullable=False, server_default=false()),
)

# A small picture that was decoded and written anew; see docs/decisions/0172-profiles.md.
avatar = Table(
    "avatar",
    metadata,
    Column("key", String(32), primary_key=True),
    _of_person(),
    Column("data", LargeBinary, nullable=False),
)
Index(None, avatar.c.person)

# By what a person signs in. What the provider told is private to that person.
identity = Table(
    "identity",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_person(),
    Column("provider", String(16), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("email", Text),
    Column("email_verified", Boolean, nullable=False, server_default=false()),
    Column("is_relay", Boolean, nullable=False, server_default=false()),
    Column("given_name", Text),
    Column("linked_at", Utc, nullable=False),
    UniqueConstraint("provider", "subject"),
)
Index(None, identity.c.person)

session = Table(
    "session",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("secret_sha256", _Hash, nullable=False, unique=True),
    _of_person(),
    Column("created_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("user_agent_family", String(64), nullable=False),
    Column("reauthenticated_at", Utc, nullable=False),
)
Index(None, session.c.person)
Index(None, session.c.expires_at)

# Somebody was sent to a provider and is expected back, once, in the same browser.
sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("state_sha256", _Hash, nullable=False, unique=True),
    Column("browser_sha256", _Hash, nullable=False),
    Column("provider", String(16), nullable=False),
    Column("nonce", String(64), nullable=False),
    Column("pkce_verifier", String(128), nullable=False),
    Column("next_path", Text, nullable=False),
    Column("purpose", String(16), nullable=False),
    _of_person(nullable=True),
    Column("expires_at", Utc, nullable=False),
)
Index(None, sign_in_attempt.c.expires_at)

# What a provider's page posted to us across sites, until the browser asks for it with its cookies.
posted_answer = Table(
    "posted_answer",
    metadata,
    Column("key_sha256", _Hash, primary_key=True),
    Column("fields", Text, nullable=False),
    Column("expires_at", Utc, nullable=False),
)
Index(None, posted_answer.c.expires_at)

# Somebody whom a provider vouched for and who has not agreed to anything yet: no person so far.
sign_up = Table(
    "sign_up",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("secret_sha256", _Hash, nullable=False, unique=True),
    Column("provider", String(16), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("email", Text),
    Column("email_verified", Boolean, nullable=False, server_default=false()),
    Column("is_relay", Boolean, nullable=False, server_default=false()),
    Column("given_name", Text),
    Column("picture_url", Text),
    Column("next_path", Text, nullable=False),
    Column("expires_at", Utc, nullable=False),
    UniqueConstraint("provider", "subject"),
)
Index(None, sign_up.c.expires_at)

policy_acceptance = Table(
    "policy_acceptance",
    metadata,
    _of_person(primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("version", String(32), primary_key=True),
    Column("at", Utc, nullable=False),
)

credential_claim = Table(
    "credential_claim",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_person(),
    Column("text", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("decided_by", _Id, ForeignKey(_PERSON, ondelete="SET NULL")),
    Column("decided_at", Utc),
)
Index(None, credential_claim.c.person)

# How somebody becomes moderator or operator: by a link that an operator made, once.
role_offer = Table(
    "role_offer",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("secret_sha256", _Hash, nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("taken_by", _Id, ForeignKey(_PERSON, ondelete="SET NULL")),
    Column("taken_at", Utc),
)

# What was answered to a request with a key, for who did not hear it; no status while it is being
# worked on. See community/api/idempotency.py.
idempotency = Table(
    "idempotency",
    metadata,
    Column("key_sha256", _Hash, primary_key=True),
    _of_person(),
    Column("request_sha256", _Hash, nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", LargeBinary),
)
Index(None, idempotency.c.person, idempotency.c.begun_at)

# A secret address that opens a study, a case or a collection to whoever has it. Nobody made those
# without `created_by` but the operators of this machine.
link = Table(
    "link",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("secret_sha256", _Hash, nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("target", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_by", _Id, index=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("password_hash", Text),
    Column("wrong_passwords", Integer, nullable=False, server_default="0"),
    Column("wrong_since", Utc),
    Column("revoked_at", Utc),
)


def _of_link(*, primary_key: bool = False) -> Column[str]:
    """A row that goes when its link goes."""
    return Column(
        "link",
        _Id,
        ForeignKey("link.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


# A browser, or a program, that came by a link and gave its password if it has one.
link_pass = Table(
    "link_pass",
    metadata,
    Column("secret_sha256", _Hash, primary_key=True),
    _of_link(),
    Column("expires_at", Utc, nullable=False),
)
Index(None, link_pass.c.link)
Index(None, link_pass.c.expires_at)

# How often a link was used in an hour, and how; never by whom.
link_view = Table(
    "link_view",
    metadata,
    _of_link(primary_key=True),
    Column("at", Utc, primary_key=True),
    Column("what", String(16), primary_key=True),
    Column("count", Integer, nullable=False),
)
