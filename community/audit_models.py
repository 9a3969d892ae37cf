"""The tables of the audit trail. Columns and constraints, and no behaviour.

An event names people by a pseudonym that stands in `audit_name` alone: when the row there goes
with its person, nothing in the trail leads to them any more, and no event had to be changed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from archive.moments import Utc
from community.models import metadata

_Number = BigInteger().with_variant(Integer, "sqlite")
_Hash = LargeBinary(32)

audit_name = Table(
    "audit_name",
    metadata,
    Column("pseudonym", String(36), primary_key=True),
    Column(
        "person",
        String(36),
        ForeignKey("person.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
)

audit_event = Table(
    "audit_event",
    metadata,
    # From 1, without gaps.
    Column("number", _Number, primary_key=True, autoincrement=False),
    Column("at", Utc, nullable=False),
    # `system`, `operator`, or `person <pseudonym>`.
    Column("actor", String(64), nullable=False),
    Column("action", String(48), nullable=False),
    # Kind and id of what it was done to; never a person.
    Column("target", String(200), nullable=False),
    # A pseudonym.
    Column("subject", String(36)),
    Column("facts", Text, nullable=False),
    Column("previous_sha256", _Hash, nullable=False),
    Column("sha256", _Hash, nullable=False),
)
Index(None, audit_event.c.at)
Index(None, audit_event.c.subject, audit_event.c.number)
Index(None, audit_event.c.action, audit_event.c.number)

# The one row says where the chain ends, and what came before its first event that is kept. Who
# writes the next event locks it.
audit_end = Table(
    "audit_end",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last_number", _Number, nullable=False),
    Column("last_sha256", _Hash, nullable=False),
    Column("forgotten_number", _Number, nullable=False),
    Column("forgotten_sha256", _Hash, nullable=False),
)
