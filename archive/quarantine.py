"""The originals of an upload, and what was made of each: read and noted for the worker alone.

No door comes here, and nothing of it is announced. What is made of an original is an object under
a key that `cleaned_instance` names, not yet an instance: nobody finds it before it is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, delete, select

from archive import removal, swap
from archive.archive import Archive
from archive.batch import Accepted
from archive.candidates import Candidate, Refused, Uids, read_candidate
from archive.collections import Collection, get_collection, quarantine_of
from archive.database import insert_missing, reading, writing
from archive.destinations import Destinations
from archive.documents import pack_document, unpack_document
from archive.errors import StoreUnavailable
from archive.indexing import IndexValues
from archive.keys import new_versions, object_key
from archive.models import cleaned_instance, collection, instance, quarantined, study
from archive.objects import SpoolFile
from archive.uploads import ASKING, CLEAN, LEAKING, Upload, note_progress, receive
from imaging.deidentify.engine import patient_of
from imaging.deidentify.receipt import Evidence
from imaging.part10 import read_header

_ROWS_A_PAGE = 500
_NOWHERE = Path()
"""The bytes are an object already."""
_BLOBS = ("study_document", "series_document", "document", "frame_table", "bulk_map")


@dataclass(frozen=True, slots=True)
class Original:
    """An instance in quarantine, and how far it is.

    Attributes
    ----------
    number
        Of its row; says nothing.
    state, basis
        Empty when nothing was made of it yet.
    decision
        What a reviewer said, if one did.
    """

    number: int
    study_instance_uid: str = field(repr=False)
    key: str
    size: int
    state: str = ""
    basis: str = ""
    decision: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CleanedFile:
    """A finished file, ready to be kept."""

    original: Original
    basis: str
    spool: SpoolFile
    candidate: Candidate
    evidence: Evidence


def originals(archive: Archive, upload: Upload) -> list[Original]:
    """All originals of an upload that are still there, in the order of their arrival."""
    query = (
        select(
            instance.c.id,
            instance.c.collection_id,
            instance.c.version,
            instance.c.size,
            study.c.study_instance_uid,
            cleaned_instance.c.state,
            cleaned_instance.c.basis,
            cleaned_instance.c.decision,
        )
        .join(study, study.c.id == instance.c.study_id)
        .join(quarantined, quarantined.c.study_id == study.c.id)
        .outerjoin(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id)
        .where(quarantined.c.upload_id == upload.id)
        .order_by(instance.c.id)
    )
    with reading(archive.engine) as connection:
        return [_original(row) for row in connection.execute(query)]


def adopt(archive: Archive) -> int:
    """Make uploads of studies that lie in a quarantine without one; return how many.

    They were stored by a release that did not de-identify yet.
    """
    query = (
        select(collection.c.name, study.c.id, study.c.study_instance_uid)
        .join(study, study.c.collection_id == collection.c.quarantine_id)
        .outerjoin(quarantined, quarantined.c.study_id == study.c.id)
        .where(quarantined.c.study_id.is_(None))
        .limit(_ROWS_A_PAGE)
    )
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
    for row in rows:
        place = get_collection(archive, row.name)
        hidden = quarantine_of(archive, place)
        there = Destinations(archive, place).of(row.study_instance_uid, _patient(archive, row.id))
        with writing(archive.engine) as connection:
            receive(connection, place, hidden, {row.study_instance_uid: there}, {})
    return len(rows)


def _patient(archive: Archive, study_id: int) -> str:
    """By what the patient of a study is known, of its first instance."""
    query = (
        select(instance.c.collection_id, instance.c.version)
        .where(instance.c.study_id == study_id)
        .order_by(instance.c.id)
        .limit(1)
    )
    with reading(archive.engine) as connection:
        row = connection.execute(query).one()
    with archive.objects.open(object_key(row.collection_id, row.version)) as stream:
        return patient_of(read_header(stream).data_set)


def open_original(archive: Archive, original: Original) -> BinaryIO:
    """Open the bytes as they were received."""
    return archive.objects.open(original.key)


def read_cleaned(archive: Archive, spool: SpoolFile) -> Candidate | Refused:
    """Judge a finished file as every other that is stored."""
    spool.close()
    return read_candidate(spool.path, spool.size, archive.settings.limits.max_instance_bytes)


def keep_cleaned(
    archive: Archive, upload: Upload, place: Collection, files: Sequence[CleanedFile]
) -> None:
    """Make finished files durable and note them; killed in between, they are swept up."""
    if not files:
        return
    versions = new_versions(len(files))
    keys = [object_key(place.id, version) for version in versions]
    swap.make_durable(archive, {key: one.spool for key, one in zip(keys, files, strict=True)})
    now = datetime.now(UTC)
    rows = [
        _cleaned_row(upload, one, version, key, now)
        for one, version, key in zip(files, versions, keys, strict=True)
    ]
    with writing(archive.engine) as connection:
        here = _still_here(connection, [one.original.number for one in files])
        rows = [row for row in rows if row["instance_id"] in here]
        if not swap.settle(connection, [row["object_key"] for row in rows]):
            raise StoreUnavailable("cleaning took too long; try again")
        _replace(connection, rows, now)
        note_progress(connection, upload.id, now)


def keep_question(
    archive: Archive,
    upload: Upload,
    original: Original,
    basis: str,
    reason: str,
    proposed: dict[str, Any],
    *,
    leaking: bool = False,
) -> None:
    """Note that a person must decide about an instance, or that it cannot be published at all.

    Parameters
    ----------
    reason
        Safe to show: no value of the data set.
    """
    now = datetime.now(UTC)
    row = {
        "instance_id": original.number,
        "upload_id": upload.id,
        "state": LEAKING if leaking else ASKING,
        "basis": basis,
        "reason": reason[:500],
        "proposed": pack_document(proposed),
        "changed_at": now,
    }
    with writing(archive.engine) as connection:
        if _still_here(connection, [original.number]):
            _replace(connection, [row], now)
            note_progress(connection, upload.id, now)


def accepted_pages(
    connection: Connection, upload_id: int, basis: str
) -> Iterator[tuple[list[Accepted], list[Evidence], list[int]]]:
    """What is clean and ready to be published, a page at a time."""
    last = 0
    while True:
        rows = connection.execute(
            select(cleaned_instance)
            .where(cleaned_instance.c.upload_id == upload_id, cleaned_instance.c.state == CLEAN)
            .where(cleaned_instance.c.basis == basis, cleaned_instance.c.instance_id > last)
            .order_by(cleaned_instance.c.instance_id)
            .limit(_ROWS_A_PAGE)
        ).all()
        if not rows:
            return
        last = rows[-1].instance_id
        yield (
            [Accepted(_candidate(row), row.version) for row in rows],
            [Evidence.from_json(unpack_document(row.evidence)) for row in rows],
            [row.instance_id for row in rows],
        )


def _still_here(connection: Connection, numbers: Sequence[int]) -> set[int]:
    """Those of the originals that nobody erased meanwhile."""
    query = select(instance.c.id).where(instance.c.id.in_(numbers))
    return set(connection.scalars(query))


def _replace(connection: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Put rows in the place of older ones; what those named is loose, decisions stay."""
    numbers = [row["instance_id"] for row in rows]
    old = connection.execute(
        select(
            cleaned_instance.c.instance_id,
            cleaned_instance.c.object_key,
            cleaned_instance.c.decision,
        ).where(cleaned_instance.c.instance_id.in_(numbers))
    ).all()
    removal.loosen(connection, [row.object_key for row in old if row.object_key], now)
    connection.execute(delete(cleaned_instance).where(cleaned_instance.c.instance_id.in_(numbers)))
    decisions = {row.instance_id: row.decision for row in old}
    for row in rows:
        decided = {"decision": decisions.get(row["instance_id"])}
        insert_missing(connection, cleaned_instance, [row | decided], ("instance_id",))


def _original(row: Any) -> Original:
    return Original(
        row.id,
        row.study_instance_uid,
        object_key(row.collection_id, row.version),
        row.size,
        row.state or "",
        row.basis or "",
        unpack_document(row.decision) if row.decision else None,
    )


def _cleaned_row(
    upload: Upload, one: CleanedFile, version: str, key: str, now: datetime
) -> dict[str, Any]:
    candidate = one.candidate
    facts = {
        "size": candidate.size,
        "uids": asdict(candidate.uids),
        "digest": candidate.digest.hex(),
        "number_of_frames": candidate.number_of_frames,
        "columns": asdict(candidate.columns),
    }
    return {
        "instance_id": one.original.number,
        "upload_id": upload.id,
        "state": CLEAN,
        "basis": one.basis,
        "version": version,
        "object_key": key,
        "evidence": pack_document(one.evidence.as_json()),
        "facts": pack_document(facts),
        **{name: getattr(candidate, name) for name in _BLOBS},
        "changed_at": now,
    }


def _candidate(row: Row[Any]) -> Candidate:
    facts = unpack_document(row.facts)
    return Candidate(
        path=_NOWHERE,
        size=facts["size"],
        uids=Uids(**facts["uids"]),
        digest=bytes.fromhex(facts["digest"]),
        number_of_frames=facts["number_of_frames"],
        columns=IndexValues(**facts["columns"]),
        **{name: getattr(row, name) for name in _BLOBS},
    )
