"""From UIDs to what is stored under them: instances, their documents, frames and bulk data.

Reads only. Access is `archive.access` and nothing else; metadata comes from
the index and never opens a DICOM file. Iterators read the index page by page,
each page in a transaction of its own, so that a slow reader holds no
connection and memory does not grow with the size of a study.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Any, BinaryIO, NoReturn

from pydicom.uid import UID
from sqlalchemy import Connection, Row

from archive import retrieve_statements as statements
from archive.access import (
    AUDIENCES,
    Principal,
    Sight,
    audiences_of,
    check_seen,
    effective,
    find_collection,
    sight_of,
)
from archive.archive import Archive
from archive.attributes import Level
from archive.cache import Recent
from archive.collections import Collection
from archive.database import reading
from archive.documents import document_bytes, unpack_document
from archive.errors import NotFound
from archive.keys import object_key
from archive.settings import OPEN
from archive.tombstones import raise_absent
from imaging.data_set import Bulk
from imaging.frames import FrameTable
from imaging.uids import OCTET_STREAM, is_uid, transfer_syntax

_INSTANCES_A_PAGE = 500
_DOCUMENTS_A_PAGE = 250
_MAX_CACHED_TABLE_BYTES = 16 * 1024

# There are few, and making one takes longer than finding a row.
_uid = lru_cache(maxsize=256)(UID)
_frame_tables: Recent[str, FrameTable] = Recent(max_entries=2048)


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """One instance as it is stored.

    Attributes
    ----------
    version : str
        Changes when other bytes replace these; fit for a strong ETag.
    key : str
        Of the object with the Part 10 file, `size` bytes long.
    is_public : bool or None
        Whether anybody may read it, as `access.is_public` says; None where nobody asked.
    """

    id: int
    collection: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: UID
    version: str
    key: str
    size: int
    number_of_frames: int
    stored_at: datetime
    is_public: bool | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Metadata:
    """DICOM JSON of instances.

    Attributes
    ----------
    etag : str
        Opaque; changes with anything that the documents say. Without quotes.
    documents : iterator of bytes
        One JSON object each. Every BulkDataURI begins with ``@/studies/``,
        spelled ``"BulkDataURI":"@/``; the door puts its root for the ``@``.
    """

    etag: str
    documents: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """What a request names: a study, and maybe a series and an instance of it."""

    collection: Collection
    principal: Principal | None
    study: str
    series: str | None
    sop: str | None

    @property
    def level(self) -> Level:
        """How far down the names go."""
        if self.sop is not None:
            return Level.INSTANCE
        return Level.STUDY if self.series is None else Level.SERIES

    @property
    def sight(self) -> Sight:
        """How far whoever asks may look."""
        return sight_of(self.principal, self.collection)

    def parameters(self, **more: int) -> dict[str, str | int | list[str]]:
        """Of the statement at this level."""
        readers = {} if self.sight.whole else {AUDIENCES: audiences_of(self.principal)}
        return statements.parameters(self.study, self.series, self.sop, **readers, **more)

    def raise_absent(self, connection: Connection) -> NoReturn:
        """Say that it is gone or was never here, to who may know."""
        check_seen(connection, self.principal, self.collection, self.study)
        raise_absent(connection, self.collection, self.study, self.series, self.sop)


def find_instances(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
) -> Iterator[StoredInstance]:
    """The instances of a study, a series, or one instance, in the order of their arrival.

    Raises
    ------
    NotFound, Gone, Unauthenticated, NotAllowed
        At the call, before the first instance is taken.
    """
    target = target_of(
        archive, principal, collection, study_instance_uid, series_instance_uid, sop_instance_uid
    )
    first = _instances(archive, target, after=0)
    if not first:
        with reading(archive.engine) as connection:
            target.raise_absent(connection)
    return chain(first, _more_instances(archive, target, first))


def metadata(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
) -> Metadata:
    """Metadata of a study, a series, or one instance.

    Raises
    ------
    NotFound, Gone, Unauthenticated, NotAllowed
        At the call.
    """
    target = target_of(
        archive, principal, collection, study_instance_uid, series_instance_uid, sop_instance_uid
    )
    return Metadata(_etag(archive, target), _documents(archive, target))


def contents_tag(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
) -> str:
    """Name the stored bytes of a study, a series, or one instance; fit for a strong ETag.

    Nobody who stores knows it beforehand: versions are drawn after their bytes are there.
    """
    target = target_of(
        archive, principal, collection, study_instance_uid, series_instance_uid, sop_instance_uid
    )
    query = statements.versions(target.sight, target.collection, target.level)
    rows = query.rows(archive.engine, target.parameters())
    if not rows:
        with reading(archive.engine) as connection:
            target.raise_absent(connection)
    digest = hashlib.sha256()
    for row in rows:
        digest.update(row.version.encode())
    return digest.hexdigest()[:32]


def find_framed_instance(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str,
    sop_instance_uid: str,
) -> tuple[StoredInstance, FrameTable]:
    """One instance and its frames: what `find_instances` and `frame_table` say, in one look.

    Raises
    ------
    NotFound, Gone, Unauthenticated, NotAllowed
        As those two do.
    """
    target = target_of(
        archive, principal, collection, study_instance_uid, series_instance_uid, sop_instance_uid
    )
    question = statements.framed_instance(target.sight, target.collection)
    row = question.row(archive.engine, target.parameters())
    if row is None:
        with reading(archive.engine) as connection:
            target.raise_absent(connection)
    is_public = bool(row.is_public) and archive.settings.access != OPEN
    stored = stored_instance(target.collection, row, is_public=is_public)
    return stored, _table(stored, lambda: row.frame_table)


def frame_table(archive: Archive, stored: StoredInstance) -> FrameTable:
    """Where each frame of an instance lies.

    Raises
    ------
    NotFound
        The instance has no frames.
    """
    return _table(stored, lambda: _document_column(archive, stored, "frame_table"))


def _table(stored: StoredInstance, packed: Callable[[], bytes | None]) -> FrameTable:
    known = _frame_tables.get(stored.version)
    if known is not None:
        return known
    blob = packed()
    if blob is None:
        raise NotFound("this instance has no pixel data")
    table = FrameTable.from_bytes(blob)
    if len(blob) <= _MAX_CACHED_TABLE_BYTES:
        _frame_tables.put(stored.version, table)
    return table


def bulk_location(archive: Archive, stored: StoredInstance, path: str) -> tuple[Bulk, str, str]:
    """Where a long value lies, its VR and its media type.

    Parameters
    ----------
    path : str
        As in the BulkDataURI: ``7FE00010`` or ``54000100/0/54001010``.

    Raises
    ------
    NotFound
        The instance has no such bulk data.
    """
    found = bulk_locations(archive, stored).get(path)
    if found is None:
        raise NotFound("this instance has no such bulk data")
    return found


def bulk_locations(archive: Archive, stored: StoredInstance) -> dict[str, tuple[Bulk, str, str]]:
    """Where each long value of an instance lies, its VR and its media type, by path."""
    blob = _document_column(archive, stored, "bulk_map")
    places = unpack_document(blob) if blob is not None else {}
    own_type = transfer_syntax(stored.transfer_syntax_uid).media_type
    return {
        path: (Bulk(offset, length, encapsulated), vr, own_type if encapsulated else OCTET_STREAM)
        for path, (offset, length, vr, encapsulated) in places.items()
    }


def document(archive: Archive, stored: StoredInstance) -> dict[str, Any]:
    """The metadata of an instance that was found already, as in `Metadata.documents`."""
    blob = _document_column(archive, stored, "document")
    return unpack_document(blob) if blob is not None else {}


def open_instance(archive: Archive, stored: StoredInstance) -> BinaryIO:
    """The Part 10 file of an instance, seekable."""
    return archive.objects.open(stored.key)


def target_of(
    archive: Archive,
    principal: Principal | None,
    collection: str,
    study_instance_uid: str,
    series_instance_uid: str | None = None,
    sop_instance_uid: str | None = None,
) -> Target:
    place = find_collection(archive, principal, collection)
    named = (study_instance_uid, series_instance_uid, sop_instance_uid)
    if not all(uid is None or is_uid(uid) for uid in named):
        raise NotFound("what was asked for is not named by a UID")
    return Target(
        place,
        effective(archive, principal),
        study_instance_uid,
        series_instance_uid,
        sop_instance_uid,
    )


def _more_instances(
    archive: Archive, target: Target, page: list[StoredInstance]
) -> Iterator[StoredInstance]:
    while len(page) == _INSTANCES_A_PAGE:
        page = _instances(archive, target, after=page[-1].id)
        yield from page


def _instances(archive: Archive, target: Target, after: int) -> list[StoredInstance]:
    query = statements.instances(target.sight, target.collection, target.level)
    asked = target.parameters(after=after, page=_INSTANCES_A_PAGE)
    return [stored_instance(target.collection, row) for row in query.rows(archive.engine, asked)]


def stored_instance(
    collection: Collection, row: Row[Any], *, is_public: bool | None = None
) -> StoredInstance:
    """What a row of `instance`, with the UIDs of its study and series, says of an instance."""
    return StoredInstance(
        id=row.id,
        collection=collection.name,
        study_instance_uid=row.study_instance_uid,
        series_instance_uid=row.series_instance_uid,
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        transfer_syntax_uid=_uid(row.transfer_syntax_uid),
        version=row.version,
        key=object_key(collection.id, row.version),
        size=row.size,
        number_of_frames=row.number_of_frames,
        stored_at=row.stored_at,
        is_public=is_public,
    )


def _etag(archive: Archive, target: Target) -> str:
    query = statements.revisions(target.sight, target.collection, target.level)
    row = query.row(archive.engine, target.parameters())
    if row is None:
        with reading(archive.engine) as connection:
            target.raise_absent(connection)
    if target.sop is not None:
        return str(row.version)
    # Row numbers and revisions begin anew for what is stored again after it was erased.
    if target.series is not None:
        return f"e{row.series_row}.{row.series_revision}.{row.version[:12]}"
    return f"s{row.study_row}.{row.study_revision}.{row.version[:12]}"


def _documents(archive: Archive, target: Target) -> Iterator[bytes]:
    query = statements.documents(target.sight, target.collection, target.level)
    after = 0
    while True:
        asked = target.parameters(after=after, page=_DOCUMENTS_A_PAGE)
        page = query.rows(archive.engine, asked)
        for row in page:
            yield document_bytes(row.document)
        if len(page) < _DOCUMENTS_A_PAGE:
            return
        after = page[-1].id


def _document_column(archive: Archive, stored: StoredInstance, name: str) -> bytes | None:
    row = statements.document_column(name).row(archive.engine, {"instance": stored.id})
    blob: bytes | None = row.value if row is not None else None
    return blob
