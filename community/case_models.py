"""The tables of cases. Their columns and constraints, and no behaviour.

They hold to the rules of `community.models`. What may be written into a column that holds a word
of a list is said by `community.cases.vocabulary`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
)

from archive.moments import Utc
from community.models import metadata

_Id = String(36)
_Word = String(32)
_Uid = String(64)


def _of_person(name: str) -> Column[str]:
    """Somebody, until they are no more; the row stays."""
    return Column(name, _Id, ForeignKey("person.id", ondelete="SET NULL"))


def _of_case(*, primary_key: bool = False) -> Column[str]:
    """A row that goes when its case goes."""
    return Column(
        "case_id",
        _Id,
        ForeignKey("medical_case.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


def _word(name: str, length: int = 32) -> Column[str]:
    """A word of a list; empty when nothing is said."""
    return Column(name, String(length), nullable=False, server_default="")


medical_case = Table(
    "medical_case",
    metadata,
    Column("id", _Id, primary_key=True),
    # Letters of chance: the address of a case says nothing of its diagnosis.
    Column("slug", _Word, nullable=False, unique=True),
    _of_person("owner"),
    Column("state", String(16), nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("unknown_title", Text, nullable=False, server_default=""),
    Column("is_unknown", Boolean, nullable=False, server_default=false()),
    _word("specialty"),
    _word("body_part"),
    # Codes with a space between them.
    Column("modalities", Text, nullable=False, server_default=""),
    _word("certainty"),
    _word("proof"),
    _word("difficulty"),
    _word("age_band", 16),
    _word("sex", 16),
    _word("licence"),
    _word("language", 16),
    Column("created_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    # When it was first shown to others; it stays when the case is withdrawn.
    Column("published_at", Utc),
    # One more with each change of anything of the case.
    Column("version", Integer, nullable=False),
)
Index(None, medical_case.c.owner, medical_case.c.id)
Index(None, medical_case.c.state, medical_case.c.published_at, medical_case.c.id)

case_section = Table(
    "case_section",
    metadata,
    _of_case(primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("markdown", Text, nullable=False),
    Column("reveal", String(16), nullable=False),
)

# The whole text of a case as it was after a change, packed.
case_revision = Table(
    "case_revision",
    metadata,
    _of_case(primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _of_person("author"),
    Column("at", Utc, nullable=False),
    # Of the case at that moment: what was written before it was published is its owner's only.
    Column("state", String(16), nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("document", LargeBinary, nullable=False),
)

case_study = Table(
    "case_study",
    metadata,
    _of_case(primary_key=True),
    Column("collection", String(48), primary_key=True),
    Column("study_instance_uid", _Uid, primary_key=True),
    Column("label", Text, nullable=False, server_default=""),
    # Days since the first study of the case, or whatever its author calls day 0.
    Column("relative_day", Integer),
    Column("position", Integer, nullable=False),
)
Index(None, case_study.c.collection, case_study.c.study_instance_uid)

key_image = Table(
    "key_image",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_case(),
    Column("study_instance_uid", _Uid, nullable=False),
    Column("series_instance_uid", _Uid, nullable=False),
    Column("sop_instance_uid", _Uid, nullable=False),
    Column("frame", Integer, nullable=False),
    Column("caption", Text, nullable=False, server_default=""),
    Column("alt", Text, nullable=False, server_default=""),
    # Left, top, width and height as fractions of the frame; all of them or none.
    Column("region_x", Float),
    Column("region_y", Float),
    Column("region_w", Float),
    Column("region_h", Float),
    Column("is_spoiler", Boolean, nullable=False, server_default=false()),
    Column("position", Integer, nullable=False),
)
Index(None, key_image.c.case_id, key_image.c.position)

# Who said that what they share identifies nobody, when, and to which words they agreed.
sharing_confirmation = Table(
    "sharing_confirmation",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_person("person"),
    Column("purpose", String(16), nullable=False),
    # What it is about: `case:<id>`, `study:<collection>/<uid>`, `upload:<name>`.
    Column("subject", String(160), nullable=False),
    Column("statement_version", _Word, nullable=False),
    Column("statement_sha256", LargeBinary(32), nullable=False),
    Column("at", Utc, nullable=False),
)
Index(None, sharing_confirmation.c.subject)
Index(None, sharing_confirmation.c.person)
