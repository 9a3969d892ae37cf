"""The tables of moderation: what was reported, what was decided, what is held meanwhile.

Columns and constraints, and no behaviour. A matter is all that is said about one thing until it
is decided: whoever reports it next adds to the matter that is open.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, false

from archive.moments import Utc
from community.models import metadata

_Id = String(36)
_Word = String(16)
_PERSON = "person.id"


def _somebody(name: str) -> Column[str]:
    """Somebody, until they are no more; the row stays."""
    return Column(name, _Id, ForeignKey(_PERSON, ondelete="SET NULL"))


def _of_matter() -> Column[str]:
    return Column(
        "matter", _Id, ForeignKey("moderation_matter.id", ondelete="CASCADE"), nullable=False
    )


# Why a case is held; what it was before the first reason is in every row of it.
case_hold = Table(
    "case_hold",
    metadata,
    Column("case_id", _Id, ForeignKey("medical_case.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", _Word, primary_key=True),
    Column("state_before", _Word, nullable=False),
    Column("at", Utc, nullable=False),
)

moderation_matter = Table(
    "moderation_matter",
    metadata,
    Column("id", _Id, primary_key=True),
    # `case`, `comment`, `study`, `profile`, and which: an id, or `<collection>/<uid>`; nothing of
    # a profile, which is that of its `subject`.
    Column("kind", _Word, nullable=False),
    Column("target", String(160), nullable=False),
    # Whose it is that was reported: who hears of the decision and may appeal.
    _somebody("subject"),
    # Somebody says that a patient can be recognised: first in the queue, and held meanwhile.
    Column("is_identifying", Boolean, nullable=False, server_default=false()),
    # What it is about is shown to nobody.
    Column("is_holding", Boolean, nullable=False, server_default=false()),
    # `open`, `decided`, `appealed`, `closed`.
    Column("state", _Word, nullable=False),
    _somebody("claimed_by"),
    Column("claimed_at", Utc),
    Column("opened_at", Utc, nullable=False),
    Column("appeal", Text),
    Column("appealed_at", Utc),
)
Index(
    None,
    moderation_matter.c.state,
    moderation_matter.c.is_identifying,
    moderation_matter.c.opened_at,
)
Index(None, moderation_matter.c.kind, moderation_matter.c.target)
Index(None, moderation_matter.c.subject)
Index(None, moderation_matter.c.claimed_by)

report = Table(
    "report",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_matter(),
    # None of somebody who is not signed in.
    _somebody("reporter"),
    Column("reason", _Word, nullable=False),
    # None of somebody who was erased.
    Column("words", Text),
    Column("at", Utc, nullable=False),
)
Index(None, report.c.matter)
Index(None, report.c.reporter)

moderation_decision = Table(
    "moderation_decision",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_matter(),
    _somebody("decided_by"),
    Column("verb", _Word, nullable=False),
    # What the person is told.
    Column("words", Text, nullable=False),
    Column("is_of_appeal", Boolean, nullable=False, server_default=false()),
    Column("at", Utc, nullable=False),
)
Index(None, moderation_decision.c.matter)
Index(None, moderation_decision.c.decided_by)
