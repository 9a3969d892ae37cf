"""The ledger of what was erased: ids alone, so that no backup that is put back brings it back.

An entry lies in the database, where it is written in the transaction that erases, and in the object
store, which no backup of the database touches: whoever puts one back has there what was erased
since. Of a person it is in both before anything is erased. Doing it again is `replaying`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, exists, select, update

from archive.archive import Archive
from archive.database import insert_missing, reading, writing
from archive.errors import ArchiveError
from archive.keys import kept_key
from archive.models import collection, tombstone
from community.ids import is_id, new_id
from community.rights_models import erasure_entry

PERSON: Final = "person"
CASE: Final = "case"
STUDY: Final = "study"
KINDS: Final = (PERSON, CASE, STUDY)

max_a_round: Final = 1_000
_FOLDER: Final = "erased"
_MAX_ENTRY_BYTES: Final = 4096


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
    """Write down that something is erased from now on; in both places when this returns."""
    with writing(archive.engine) as connection:
        entry = note_in(connection, kind, subject, keeps_work=keeps_work)
    _put(archive, entry)
    return entry


def note_in(
    connection: Connection,
    kind: str,
    subject: str,
    *,
    keeps_work: bool = False,
    at: datetime | None = None,
) -> Entry:
    """As `note`, in the transaction that erases; the next round of `copy_out` puts it outside."""
    entry = Entry(new_id(), kind, subject, keeps_work, at or datetime.now(UTC))
    keep_in(connection, [entry])
    return entry


def keep_in(connection: Connection, entries: Iterable[Entry]) -> None:
    """Have the database know entries, too."""
    rows = [asdict(one) for one in entries]
    if rows:
        insert_missing(connection, erasure_entry, rows, ["id"])


def copy_out(archive: Archive) -> int:
    """Have the object store know what was erased since the last round; return how much."""
    with writing(archive.engine) as connection:
        _note_studies(connection)
        inside = select(erasure_entry).where(~erasure_entry.c.is_outside).limit(max_a_round)
        found = [_entry(row) for row in connection.execute(inside)]
    for entry in found:
        _put(archive, entry)
    return len(found)


def listed(archive: Archive) -> list[Entry]:
    """All entries that database and object store have, the earliest first."""
    known = {one.id: one for one in _outside(archive)}
    with reading(archive.engine) as connection:
        known |= {row.id: _entry(row) for row in connection.execute(select(erasure_entry))}
    return sorted(known.values(), key=lambda one: one.at)


def to_line(entry: Entry) -> str:
    """An entry as a line of a file."""
    return json.dumps({**asdict(entry), "at": entry.at.isoformat()})


def from_line(line: str) -> Entry:
    """The entry of a line.

    Raises
    ------
    ArchiveError
        It is none.
    """
    try:
        found = json.loads(line)
        entry = Entry(**{**found, "at": datetime.fromisoformat(found["at"])})
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(_NO_LINE) from error
    is_text = isinstance(entry.id, str) and isinstance(entry.subject, str)
    if not (is_text and is_id(entry.id) and entry.kind in KINDS):
        raise ArchiveError(_NO_LINE)
    return entry


_NO_LINE: Final = "this is no line of a ledger of erasures"


def _put(archive: Archive, entry: Entry) -> None:
    archive.objects.put(kept_key(_FOLDER, entry.id, "json"), to_line(entry).encode())
    with writing(archive.engine, durable=False) as connection:
        done = update(erasure_entry).where(erasure_entry.c.id == entry.id)
        connection.execute(done.values(is_outside=True))


def _outside(archive: Archive) -> Iterator[Entry]:
    for key in archive.objects.keys(f"{_FOLDER}/"):
        yield from_line(archive.objects.read(key, 0, _MAX_ENTRY_BYTES).decode())


def _note_studies(connection: Connection) -> None:
    """The archive marks what it erased, through whatever door: that is entered here."""
    name = (collection.c.name + "/" + tombstone.c.study_instance_uid).label("subject")
    known = exists().where(
        and_(
            erasure_entry.c.kind == STUDY,
            erasure_entry.c.subject == name,
            erasure_entry.c.at >= tombstone.c.erased_at,
        )
    )
    query = (
        select(name, tombstone.c.erased_at)
        .join(collection, collection.c.id == tombstone.c.collection_id)
        .where(tombstone.c.series_instance_uid == "", tombstone.c.sop_instance_uid == "", ~known)
        .limit(max_a_round)
    )
    for row in connection.execute(query).all():
        note_in(connection, STUDY, row.subject, at=row.erased_at)


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.id, row.kind, row.subject, row.keeps_work, row.at)
