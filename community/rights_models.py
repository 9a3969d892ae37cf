"""The tables of people's rights. Their columns and constraints, and no behaviour.

They hold to the rules of `community.models`. What has to outlive somebody (that they are erased,
that their handle is not free yet) has no reference to them and no word of theirs.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    false,
)

from archive.moments import Utc
from community.models import metadata

_Id = String(36)
_Word = String(16)


def _of_person(*, primary_key: bool = False) -> Column[str]:
    """A row that goes when its person goes."""
    return Column(
        "person",
        _Id,
        ForeignKey("person.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
    )


# Somebody asked to be erased, and may think better of it until it is due.
erasure_wish = Table(
    "erasure_wish",
    metadata,
    _of_person(primary_key=True),
    # Cases that others see, and comments, stay, without the name.
    Column("keeps_work", Boolean, nullable=False, server_default=false()),
    Column("asked_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    # What they were before, and are again if they come back.
    Column("was_state", _Word, nullable=False),
    # Of the request whose clock runs.
    Column("ticket", _Id),
)
Index(None, erasure_wish.c.due_at)

# What was erased, by ids alone: a backup that is put back brings it back, and this does it again.
# The same lies in the object store, which no backup of the database touches.
erasure_entry = Table(
    "erasure_entry",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("kind", _Word, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("keeps_work", Boolean, nullable=False, server_default=false()),
    Column("at", Utc, nullable=False),
    # Whether the object store has it.
    Column("is_outside", Boolean, nullable=False, server_default=false()),
)
Index(None, erasure_entry.c.kind, erasure_entry.c.subject)
Index(None, erasure_entry.c.is_outside)

# A handle that was somebody's and is nobody's yet: what handles that look alike have in common.
retired_handle = Table(
    "retired_handle",
    metadata,
    Column("folded_sha256", LargeBinary(32), primary_key=True),
    Column("until", Utc, nullable=False),
)
Index(None, retired_handle.c.until)

# What somebody does not want done with what is theirs.
objection = Table(
    "objection",
    metadata,
    _of_person(primary_key=True),
    Column("purpose", _Word, primary_key=True),
    Column("at", Utc, nullable=False),
)

# A copy of all that is somebody's, being made or waiting to be fetched, once.
export_job = Table(
    "export_job",
    metadata,
    Column("id", _Id, primary_key=True),
    _of_person(),
    Column("with_studies", Boolean, nullable=False, server_default=false()),
    Column("state", _Word, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("fetched_at", Utc),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("size", BigInteger),
    Column("object_key", String(128)),
    # Of the request whose clock runs.
    Column("ticket", _Id),
)
Index(None, export_job.c.person, export_job.c.id)
Index(None, export_job.c.state, export_job.c.changed_at)
