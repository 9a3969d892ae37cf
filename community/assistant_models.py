"""The tables of the text assistant. Their columns and constraints, and no behaviour.

They hold to the rules of `community.models`. Of what was told to a service its hash is kept and
the names of its fields, never the text.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from archive.moments import Utc
from community.case_models import medical_case
from community.models import metadata, person

_Id = String(36)
_Word = String(16)


def _of_case(*, primary_key: bool = False) -> Column[str]:
    """A row that goes when its case goes."""
    key = ForeignKey(medical_case.c.id, ondelete="CASCADE")
    return Column("case_id", _Id, key, nullable=False, primary_key=primary_key)


# Its owner lets a service be told of a case; without a row nobody may. Who, when, which words.
assistant_consent = Table(
    "assistant_consent",
    metadata,
    _of_case(primary_key=True),
    Column("person", _Id, ForeignKey(person.c.id, ondelete="CASCADE"), nullable=False),
    Column("statement_version", String(32), nullable=False),
    Column("statement_sha256", LargeBinary(32), nullable=False),
    Column("at", Utc, nullable=False),
)
Index(None, assistant_consent.c.person)

# Somebody asked for help with a case; the worker comes to it. One wish a case at a time.
assistant_wish = Table(
    "assistant_wish",
    metadata,
    _of_case(primary_key=True),
    Column("state", _Word, nullable=False),
    # Why there was no help, and where something stands that kept it back; else empty.
    Column("reason", _Word, nullable=False, server_default=""),
    Column("field", String(32), nullable=False, server_default=""),
    Column("asked_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
)
Index(None, assistant_wish.c.state, assistant_wish.c.due_at)

# What a service proposed, for its author to accept or dismiss.
assistant_suggestion = Table(
    "assistant_suggestion",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_case(),
    Column("kind", _Word, nullable=False),
    Column("text", Text, nullable=False),
    Column("model", String(64), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("state", _Word, nullable=False),
    Column("decided_at", Utc),
)
Index(None, assistant_suggestion.c.case_id, assistant_suggestion.c.state)

# Each call that was ever made, written before it was.
ai_call = Table(
    "ai_call",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("case_id", _Id, ForeignKey(medical_case.c.id, ondelete="SET NULL")),
    Column("person", _Id, ForeignKey(person.c.id, ondelete="SET NULL")),
    Column("purpose", _Word, nullable=False),
    # Names of the fields that were told, with a space between them.
    Column("fields", Text, nullable=False),
    Column("payload_sha256", LargeBinary(32), nullable=False),
    Column("model", String(64), nullable=False),
    Column("tier", _Word, nullable=False),
    Column("at", Utc, nullable=False),
    Column("outcome", String(32), nullable=False),
)
Index(None, ai_call.c.person, ai_call.c.at)
Index(None, ai_call.c.case_id)
Index(None, ai_call.c.at)

# While its row is there nothing is told to anybody.
assistant_stop = Table(
    "assistant_stop",
    metadata,
    Column("name", _Word, primary_key=True),
    Column("at", Utc, nullable=False),
)
