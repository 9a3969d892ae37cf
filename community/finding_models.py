"""The tables by which cases are found. Their columns and constraints, and no behaviour.

They hold to the rules of `community.models`. All but tags is made from cases and can be made anew
(`community.finding.indexing`); it holds of a case only what anybody may know. Beside them, each
database keeps the words in a table of its own kind, and the counts of facets by triggers
(`community.finding.schema`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from archive.moments import Utc
from community.models import metadata

_Id = String(36)
_Number = BigInteger().with_variant(Integer, "sqlite")


def _of_case(*, primary_key: bool = False) -> Column[str]:
    """A row that goes when its case goes."""
    return Column(
        "case_id",
        _Id,
        ForeignKey("medical_case.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


# A case that is found. Cases that became public later have greater numbers, and no number is ever
# used again.
case_entry = Table(
    "case_entry",
    metadata,
    Column("number", _Number, primary_key=True),
    _of_case(),
    Column("language", String(16), nullable=False),
    # What can be read of it, for the lines under a hit.
    Column("plain", Text, nullable=False),
    UniqueConstraint("case_id"),
    sqlite_autoincrement=True,
)

# What a case can be chosen by.
case_facet = Table(
    "case_facet",
    metadata,
    Column("facet", String(16), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column(
        "number",
        _Number,
        ForeignKey("case_entry.number", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
)
Index(None, case_facet.c.number)

# How many cases have a value, kept by the database itself.
facet_count = Table(
    "facet_count",
    metadata,
    Column("facet", String(16), primary_key=True),
    Column("value", String(64), primary_key=True),
    Column("cases", Integer, nullable=False),
)
Index(None, facet_count.c.facet, facet_count.c.cases)

# A word that people give to cases. Of a term of a coding scheme it has the code.
tag = Table(
    "tag",
    metadata,
    Column("slug", String(64), primary_key=True),
    Column("label", Text, nullable=False),
    Column("scheme", String(16), nullable=False, server_default=""),
    Column("code", String(32), nullable=False, server_default=""),
    Column("created_at", Utc, nullable=False),
)

case_tag = Table(
    "case_tag",
    metadata,
    _of_case(primary_key=True),
    Column("tag", String(64), ForeignKey("tag.slug", ondelete="CASCADE"), primary_key=True),
)
Index(None, case_tag.c.tag)
