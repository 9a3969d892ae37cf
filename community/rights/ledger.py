"""The ledger of what was erased: ids alone, so that no backup that is put back brings it back.

An entry lies in the database, to be listed, and in the object store, which no backup of the
database touches: whoever puts one back has the entries made since. It is written before anything
is erased; erasing again what is gone changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, select

from archive.archive import Archive
from archive.database import insert_missing, reading, writing
from archive.errors import ArchiveError
from archive.keys import kept_key
from community.ids import is_id, new_id
from community.rights_models import erasure_entry

PERSON: Final = "person"
CASE: Final = "case"
STUDY: Final = "study"
KINDS: Final = (PERSON, CASE, STUDY)

_FOLDER: Final = "erased"
_max_entry_bytes: Final = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was erased.

    Attributes
    ----------
    subject
        The id of a person or of a case, or the collection of a study, a slash and its UID.
    keeps_work
        Of a person: what they had shown to others stayed, without their name.
    """

    id: str
    kind: str
    subject: str
    keeps_work: bool
    at: datetime


def note(archive: Archive, kind: str, subject: str, *, keeps_work: bool = False) -> Entry:
    """Write down that something is erased from now on; durable when this returns."""
    entry = Entry(new_id(), kind, subject, keeps_work, datetime.now(UTC))
    archive.objects.put(kept_key(_FOLDER, entry.id, "json"), to_line(entry).encode())
    keep(archive, [entry])
    return entry


def keep(archive: Archive, entries: list[Entry]) -> None:
    """Have the database know entries, too."""
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "subject": one.subject,
            "keeps_work": one.keeps_work,
            "at": one.at,
        }
        for one in entries
    ]
    if rows:
        with writing(archive.engine) as connection:
            insert_missing(connection, erasure_entry, rows, ["id"])


def listed(archive: Archive) -> list[Entry]:
    """All entries that database and object store have, the earliest first."""
    known = {one.id: one for one in _stored(archive)}
    with reading(archive.engine) as connection:
        rows = connection.execute(select(erasure_entry)).all()
    known |= {row.id: _entry(row) for row in rows}
    return sorted(known.values(), key=lambda one: one.id)


def to_line(entry: Entry) -> str:
    """An entry as a line of a file."""
    return json.dumps(
        {
            "id": entry.id,
            "kind": entry.kind,
            "subject": entry.subject,
            "keeps_work": entry.keeps_work,
            "at": entry.at.isoformat(),
        }
    )


def from_line(line: str) -> Entry:
    """The entry of a line.

    Raises
    ------
    ArchiveError
        It is none.
    """
    try:
        found = json.loads(line)
        at = datetime.fromisoformat(found["at"])
        entry = Entry(
            str(found["id"]), str(found["kind"]), str(found["subject"]), found["keeps_work"], at
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError("this is no line of a ledger of erasures") from error
    if not is_id(entry.id) or entry.kind not in KINDS or not isinstance(entry.keeps_work, bool):
        raise ArchiveError("this is no line of a ledger of erasures")
    return entry


def _stored(archive: Archive) -> Iterator[Entry]:
    for key in archive.objects.keys(f"{_FOLDER}/"):
        yield from_line(archive.objects.read(key, 0, _max_entry_bytes).decode())


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.kind, row.subject, row.keeps_work, row.at)
