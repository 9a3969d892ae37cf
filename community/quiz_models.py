"""The tables of unknown mode and of playlists. Columns and constraints, and no behaviour.

An attempt is what one reader committed of one case: a person, or a browser by the SHA-256 of a
random cookie, never by an address. It is written once and only its own judgement of free words is
added later.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from archive.moments import Utc
from community.models import metadata

_Id = String(36)
_CASE = "medical_case.id"
_PERSON = "person.id"


def _of_case(*, primary_key: bool = False) -> Column[str]:
    """A row that goes when its case goes."""
    return Column(
        "case_id",
        _Id,
        ForeignKey(_CASE, ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


# What is right stands in `answer_json` alone, so that nothing else of the row can give it away.
quiz_question = Table(
    "quiz_question",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_case(),
    Column("position", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("options_json", Text, nullable=False),
    Column("answer_json", Text, nullable=False),
    Column("is_withdrawn", Boolean, nullable=False, server_default=false()),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("case_id", "position"),
)

quiz_attempt = Table(
    "quiz_attempt",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_case(),
    Column("person", _Id, ForeignKey(_PERSON, ondelete="CASCADE")),
    Column("browser_sha256", LargeBinary(32)),
    Column("gave_up", Boolean, nullable=False, server_default=false()),
    Column("confidence", SmallInteger),
    # The mean of its answers' scores; NULL for as long as none was judged.
    Column("score", Float),
    Column("committed_at", Utc, nullable=False),
    UniqueConstraint("case_id", "person"),
    UniqueConstraint("case_id", "browser_sha256"),
    CheckConstraint("(person IS NULL) <> (browser_sha256 IS NULL)", name="one_reader"),
)
Index(None, quiz_attempt.c.person)
Index(None, quiz_attempt.c.browser_sha256)

quiz_answer = Table(
    "quiz_answer",
    metadata,
    Column(
        "attempt",
        _Id,
        ForeignKey("quiz_attempt.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column(
        "question",
        _Id,
        ForeignKey("quiz_question.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    Column("value", Text, nullable=False),
    Column("score", Float),
    Column("is_own_judgement", Boolean, nullable=False, server_default=false()),
)
Index(None, quiz_answer.c.question)

playlist = Table(
    "playlist",
    metadata,
    Column("id", _Id, primary_key=True),
    # Random letters: who has them may read an unlisted one.
    Column("slug", String(32), nullable=False, unique=True),
    Column("owner", _Id, ForeignKey(_PERSON, ondelete="CASCADE"), nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("version", Integer, nullable=False),
)
Index(None, playlist.c.owner)
Index(None, playlist.c.visibility, playlist.c.changed_at)

playlist_item = Table(
    "playlist_item",
    metadata,
    Column(
        "playlist",
        _Id,
        ForeignKey("playlist.id", ondelete="CASCADE"),
        primary_key=True,
        nullable=False,
    ),
    _of_case(primary_key=True),
    Column("position", Integer, nullable=False),
)
Index(None, playlist_item.c.case_id)
