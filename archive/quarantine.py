"""The originals of an upload: read for the worker alone.

No door comes here, and nothing of it is announced. What is made of an original is `answers`'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO, Final

from sqlalchemy import select

from archive.archive import Archive
from archive.collections import Collection, get_collection, quarantine_of
from archive.database import reading, writing
from archive.destinations import Destinations, keys_of
from archive.documents import unpack_document
from archive.keys import object_key
from archive.models import cleaned_instance, collection, instance, quarantined, study, upload
from archive.receiving import receive
from archive.uploads import DONE, LEFT_OUT, Upload
from imaging.deidentify.engine import patient_of
from imaging.deidentify.secrets import Secret
from imaging.part10 import read_header

_ROWS_A_PAGE = 500
# Of a store that is far away, for a header: most are shorter.
_HEADER_BYTES: Final = 64 << 10
# An original up to this size is held in memory while it is cleaned.
_MAX_WHOLE_BYTES: Final = 16 << 20


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
    frames: int = 0

    def is_answered(self, basis: str) -> bool:
        """Whether nothing more is to be done with it on this basis."""
        return self.state in (DONE, LEFT_OUT) or bool(self.state and self.basis == basis)


ORIGINALS: Final = (
    select(
        instance.c.id,
        instance.c.collection_id,
        instance.c.version,
        instance.c.size,
        instance.c.number_of_frames,
        study.c.study_instance_uid,
        cleaned_instance.c.state,
        cleaned_instance.c.basis,
        cleaned_instance.c.decision,
    )
    .join(study, study.c.id == instance.c.study_id)
    .outerjoin(cleaned_instance, cleaned_instance.c.instance_id == instance.c.id)
)
"""Originals and how far each is; to be narrowed."""


def originals(archive: Archive, upload: Upload) -> list[Original]:
    """All originals of an upload that are still there, in the order of their arrival."""
    query = (
        ORIGINALS.join(quarantined, quarantined.c.study_id == study.c.id)
        .where(quarantined.c.upload_id == upload.id)
        .order_by(instance.c.id)
    )
    with reading(archive.engine) as connection:
        return [original_of_row(row) for row in connection.execute(query)]


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


def keys_of_people(archive: Archive, place: Collection) -> list[Secret]:
    """The keys by which originals that people sent, and that wait, have their names."""
    query = (
        select(upload.c.key_id, upload.c.owner)
        .distinct()
        .join(quarantined, quarantined.c.upload_id == upload.c.id)
        .where(upload.c.collection_id == place.id, upload.c.owner != "")
    )
    with reading(archive.engine) as connection:
        rows = connection.execute(query).all()
    known = {secret.id: secret for secret in keys_of(archive)} if rows else {}
    return [known[row.key_id].of(row.owner) for row in rows if row.key_id in known]


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
    """Open the bytes as they were received, to read all of them: what is small comes at once."""
    if original.size <= _MAX_WHOLE_BYTES:
        return BytesIO(archive.objects.read(original.key, 0, original.size))
    return archive.objects.open(original.key, original.size)


def open_header(archive: Archive, original: Original) -> BinaryIO:
    """Open the bytes as they were received, to read little more than the header."""
    return archive.objects.open(original.key, original.size, _HEADER_BYTES)


def original_of_row(row: Any) -> Original:
    """A row of `ORIGINALS`."""
    return Original(
        row.id,
        row.study_instance_uid,
        object_key(row.collection_id, row.version),
        row.size,
        row.state or "",
        row.basis or "",
        unpack_document(row.decision) if row.decision else None,
        row.number_of_frames,
    )
