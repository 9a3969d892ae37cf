"""What was made of each original of an upload, noted for its publication.

A finished file is an object under a key that `cleaned_instance` names, not yet an instance: nobody
finds it before it is published. An answer counts if its process still holds the original
(`claims`), so that late ones of processes taken for dead change nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from archive import claims, removal, swap
from archive.archive import Archive
from archive.batch import Accepted
from archive.candidates import Candidate, Refused, Uids, read_candidate
from archive.collections import Collection
from archive.database import reading, retried, writing
from archive.documents import pack_document, unpack_document
from archive.errors import StoreUnavailable
from archive.indexing import IndexValues
from archive.keys import new_versions, object_key
from archive.models import cleaned_instance, instance, quarantined, upload
from archive.objects import SpoolFile
from archive.quarantine import Original
from archive.uploads import ASKING, CLEAN, LEAKING, Upload, instances_of
from imaging.deidentify.receipt import Evidence

_ROWS_A_PAGE = 500
_MAX_REASON_CHARS = 500
_NOWHERE = Path()
"""The bytes are an object already."""
_BLOBS = ("study_document", "series_document", "document", "frame_table", "bulk_map")


@dataclass(frozen=True, slots=True)
class CleanedFile:
    """A finished file, ready to be kept."""

    original: Original
    spool: SpoolFile
    candidate: Candidate
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Question:
    """A person must decide about an instance, or it cannot be published at all.

    Attributes
    ----------
    reason
        Safe to show: no value of the data set.
    leaking
        The second pass found something: nobody can decide that away.
    """

    original: Original
    reason: str
    proposed: dict[str, Any] = field(default_factory=dict, repr=False)
    leaking: bool = False


Answer = CleanedFile | Question


def read_cleaned(archive: Archive, spool: SpoolFile) -> Candidate | Refused:
    """Judge a finished file as every other that is stored."""
    spool.close()
    return read_candidate(spool.path, spool.size, archive.settings.limits.max_instance_bytes)


def keep_answers(
    archive: Archive, one: Upload, place: Collection, basis: str, answers: Sequence[Answer]
) -> None:
    """Make finished files durable and note all answers; killed in between, they are swept up.

    Raises
    ------
    Superseded
        The study is not cleaned on this basis any more.
    """
    if not answers:
        return
    files = [answer for answer in answers if isinstance(answer, CleanedFile)]
    numbers = [each.original.number for each in files]
    versions = dict(zip(numbers, new_versions(len(files)), strict=True))
    keys = {number: object_key(place.id, version) for number, version in versions.items()}
    if files:
        swap.make_durable(archive, {keys[each.original.number]: each.spool for each in files})
    now = datetime.now(UTC)
    shared = {"upload_id": one.id, "basis": basis, "changed_at": now}
    rows = [
        _NOTHING
        | shared
        | {"instance_id": answer.original.number}
        | _said(answer, versions.get(answer.original.number))
        | {"object_key": keys.get(answer.original.number)}
        for answer in answers
    ]
    retried(lambda: _keep(archive, one, basis, rows, now))


def _keep(
    archive: Archive, one: Upload, basis: str, rows: Sequence[dict[str, Any]], now: datetime
) -> None:
    with writing(archive.engine) as connection:
        claims.lock(connection, one, basis)
        held = claims.mine(connection, [row["instance_id"] for row in rows])
        ours = [row for row in rows if row["instance_id"] in held]
        keys = [row["object_key"] for row in ours if row["object_key"]]
        if not swap.settle(connection, keys):
            raise StoreUnavailable("cleaning took too long; try again")
        replaced = _replace(connection, ours, now)
        claims.end(connection, held)
        note_progress(connection, one.id, len(keys) - replaced, now)


def note_progress(connection: Connection, upload_id: int, more: int, now: datetime) -> None:
    """Count what is clean, in the transaction that made it so."""
    connection.execute(
        update(upload)
        .where(upload.c.id == upload_id)
        .values(cleaned=upload.c.cleaned + more, instances=instances_of(upload_id), changed_at=now)
    )


def tally(archive: Archive, one: Upload) -> Counter[str]:
    """How many originals have which answer; empty: none yet."""
    state = func.coalesce(cleaned_instance.c.state, "")
    query = (
        select(state, func.count())
        .select_from(instance)
        .join(quarantined, quarantined.c.study_id == instance.c.study_id)
        .outerjoin(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id)
        .where(quarantined.c.upload_id == one.id)
        .group_by(state)
    )
    with reading(archive.engine) as connection:
        return Counter({row[0]: int(row[1]) for row in connection.execute(query)})


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


def _replace(connection: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> int:
    """Put rows in the place of older ones; what those named is loose, decisions stay.

    Returns
    -------
    int
        How many of the older ones were clean.
    """
    numbers = [row["instance_id"] for row in rows]
    old = connection.execute(
        select(
            cleaned_instance.c.instance_id,
            cleaned_instance.c.object_key,
            cleaned_instance.c.decision,
        ).where(cleaned_instance.c.instance_id.in_(numbers))
    ).all()
    keys = [row.object_key for row in old if row.object_key]
    if old:
        removal.loosen(connection, keys, now)
        gone = [row.instance_id for row in old]
        connection.execute(delete(cleaned_instance).where(cleaned_instance.c.instance_id.in_(gone)))
    decisions = {row.instance_id: row.decision for row in old}
    if rows:
        decided = [row | {"decision": decisions.get(row["instance_id"])} for row in rows]
        connection.execute(insert(cleaned_instance), decided)
    return len(keys)


def _said(answer: Answer, version: str | None) -> dict[str, Any]:
    """The columns of an answer."""
    if isinstance(answer, Question):
        return {
            "state": LEAKING if answer.leaking else ASKING,
            "reason": answer.reason[:_MAX_REASON_CHARS],
            "proposed": pack_document(answer.proposed),
        }
    candidate = answer.candidate
    facts = {
        "size": candidate.size,
        "uids": asdict(candidate.uids),
        "digest": candidate.digest.hex(),
        "number_of_frames": candidate.number_of_frames,
        "columns": asdict(candidate.columns),
    }
    return {
        "state": CLEAN,
        "version": version,
        "evidence": pack_document(answer.evidence.as_json()),
        "facts": pack_document(facts),
        **{name: getattr(candidate, name) for name in _BLOBS},
    }


_NOTHING: dict[str, Any] = {
    "reason": "",
    **dict.fromkeys(("version", "evidence", "facts", "proposed", *_BLOBS)),
}
"""What the columns hold that an answer does not speak of: all rows go in by one statement."""


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
