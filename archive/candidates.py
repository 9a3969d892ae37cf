"""One spooled file, read and judged: a candidate for the index, or the reason why not.

Everything that opens and trusts a sender's bytes at ingest happens here,
before the index or the object store is touched. Strict on what is indexed:
the UIDs. Lenient on what is only kept: private SOP Classes, transfer syntaxes
that nobody knows, values of any kind.

References
----------
PS3.4 B.2.3 (reasons to refuse), PS3.10 Section 7 (file meta information).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pydicom.uid import MediaStorageDirectoryStorage

from archive.attributes import Level
from archive.documents import pack_document
from archive.errors import (
    CannotUnderstand,
    DoesNotMatch,
    InvalidInstance,
    OutOfResources,
    SopClassRefused,
    StoreFailure,
    TransferSyntaxRefused,
)
from archive.indexing import IndexValues, index_row
from archive.level_facts import level_facts
from imaging.data_set import DataSet, Element
from imaging.deidentify.engine import patient_of
from imaging.errors import ImagingError, Unsupported
from imaging.frames import locate_frames
from imaging.json_model import to_json
from imaging.part10 import Header, read_header
from imaging.uids import is_uid

_SOP_CLASS_UID = 0x00080016
_SOP_INSTANCE_UID = 0x00080018
_STUDY_INSTANCE_UID = 0x0020000D
_SERIES_INSTANCE_UID = 0x0020000E
_MEDIA_STORAGE_SOP_CLASS_UID = 0x00020002
_MEDIA_STORAGE_SOP_INSTANCE_UID = 0x00020003

# What is read at once rather than in pieces.
_SHORT = 64 * 1024

ROOT_MARKER = "@"
"""Stands in a document for the DICOMweb root that a door will put there."""


@dataclass(frozen=True, slots=True)
class Uids:
    """Who an instance is; every one of them checked."""

    study: str
    series: str
    sop_class: str
    sop_instance: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instance ready to be stored.

    Attributes
    ----------
    digest : bytes
        SHA-256 of the data set's bytes and its transfer syntax: two files with
        the same one are the same instance, whatever their meta information.
    study_document, series_document, document : bytes
        DICOM JSON, packed (`archive.documents`).
    frame_table, bulk_map : bytes or None
        Where frames and long values lie.
    patient : str
        By what the patient is known again, for a collection that de-identifies.
    """

    path: Path
    size: int
    uids: Uids
    digest: bytes
    number_of_frames: int
    columns: IndexValues
    study_document: bytes
    series_document: bytes
    document: bytes
    frame_table: bytes | None
    bulk_map: bytes | None
    patient: str = field(default="", repr=False)

    @property
    def weight(self) -> int:
        """Bytes that it holds in memory, near enough to bound a batch."""
        frames = len(self.frame_table or b"")
        return len(self.document) + len(self.bulk_map or b"") + frames + len(self.study_document)


@dataclass(frozen=True, slots=True)
class Expected:
    """What the sender said of the instances, which their data sets must bear out.

    Attributes
    ----------
    study_instance_uid : str, optional
        The study that each must belong to.
    meta_agrees : bool
        Whether the file meta information must name the same SOP Class and SOP
        Instance: it must where it repeats a C-STORE command. In files it is
        often wrong, and the data set is what is stored and found.
    """

    study_instance_uid: str | None = None
    meta_agrees: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not stored, with the UIDs that could be read and are UIDs."""

    failure: StoreFailure
    sop_class_uid: str | None = None
    sop_instance_uid: str | None = None


def read_candidate(
    path: Path, size: int, max_bytes: int, expected: Expected = Expected()
) -> Candidate | Refused:
    """Read a spooled file as far as the index needs, and judge it.

    Parameters
    ----------
    max_bytes : int
        The largest instance that is stored.
    """
    if size > max_bytes:
        return Refused(OutOfResources(f"the instance is larger than {max_bytes} bytes"))
    try:
        # Unbuffered: the header's reader and the digest take large pieces themselves.
        with path.open("rb", buffering=0) as stream:
            return _candidate(path, size, stream, expected)
    except Unsupported as exc:
        return Refused(TransferSyntaxRefused(str(exc)))
    except ImagingError as exc:
        return Refused(CannotUnderstand(str(exc)))


def _candidate(path: Path, size: int, stream: BinaryIO, expected: Expected) -> Candidate | Refused:
    header = read_header(stream)
    try:
        uids = _checked_uids(header, expected)
    except StoreFailure as exc:
        return _refused(header, exc)
    try:
        frames = locate_frames(stream, header)
    except ImagingError as exc:
        return _refused(header, CannotUnderstand(str(exc)))
    bulk = _BulkNotes(uids)
    model = to_json(header.data_set, bulk.uri)
    study = level_facts(Level.STUDY, header.data_set, model)
    series = level_facts(Level.SERIES, header.data_set, model)
    own = index_row(header.data_set, Level.INSTANCE)
    return Candidate(
        path=path,
        size=size,
        uids=uids,
        digest=_digest(stream, header, uids.transfer_syntax),
        number_of_frames=frames.count if frames is not None else 0,
        columns=IndexValues(study.columns, series.columns, own),
        study_document=study.document,
        series_document=series.document,
        document=pack_document(model),
        frame_table=frames.to_bytes() if frames is not None else None,
        bulk_map=pack_document(bulk.places) if bulk.places else None,
        patient=patient_of(header.data_set),
    )


class _BulkNotes:
    """Spells BulkDataURIs while a document is made, and notes where each value lies."""

    def __init__(self, uids: Uids) -> None:
        self.places: dict[str, Any] = {}
        self._base = (
            f"{ROOT_MARKER}/studies/{uids.study}/series/{uids.series}"
            f"/instances/{uids.sop_instance}/bulkdata/"
        )

    def uri(self, path: str, element: Element) -> str:
        bulk = element.bulk
        if bulk is not None:
            self.places[path] = [bulk.offset, bulk.length, element.vr, bulk.encapsulated]
        return self._base + path


def _digest(stream: BinaryIO, header: Header, transfer_syntax_uid: str) -> bytes:
    stream.seek(header.data_set_offset)
    if header.size - header.data_set_offset <= _SHORT:
        digest = hashlib.sha256(stream.read())
    else:
        digest = hashlib.file_digest(stream, "sha256")  # type: ignore[arg-type] # it reads, no more
        # typeshed asks for readinto, which BinaryIO lacks and every file has.
    digest.update(transfer_syntax_uid.encode("ascii"))
    return digest.digest()


def _checked_uids(header: Header, expected: Expected) -> Uids:
    data_set = header.data_set
    sop_class = _sop_class(header)
    sop_instance = _uid(
        data_set, _SOP_INSTANCE_UID, "SOP Instance UID (0008,0018)", InvalidInstance
    )
    study = _uid(data_set, _STUDY_INSTANCE_UID, "Study Instance UID (0020,000D)", DoesNotMatch)
    series = _uid(data_set, _SERIES_INSTANCE_UID, "Series Instance UID (0020,000E)", DoesNotMatch)
    if expected.meta_agrees:
        _check_meta(header.file_meta, sop_class, sop_instance)
    if expected.study_instance_uid not in (None, study):
        raise DoesNotMatch("the instance belongs to another study than the one it was sent to")
    return Uids(study, series, sop_class, sop_instance, str(header.transfer_syntax_uid))


def _sop_class(header: Header) -> str:
    named = header.file_meta.text(_MEDIA_STORAGE_SOP_CLASS_UID)
    if MediaStorageDirectoryStorage in (named, header.data_set.text(_SOP_CLASS_UID)):
        raise SopClassRefused("a DICOMDIR lists files and is no instance itself; send its files")
    return _uid(header.data_set, _SOP_CLASS_UID, "SOP Class UID (0008,0016)", CannotUnderstand)


def _uid(data_set: DataSet, tag: int, name: str, failure: type[StoreFailure]) -> str:
    values = data_set.texts(tag)
    if not values or values == [""]:
        raise failure(f"{name} is missing")
    if len(values) != 1 or not is_uid(values[0]):
        raise failure(f"{name} is not a UID")
    return values[0]


def _check_meta(meta: DataSet, sop_class: str, sop_instance: str) -> None:
    named_class = meta.text(_MEDIA_STORAGE_SOP_CLASS_UID)
    if named_class and named_class != sop_class:
        raise DoesNotMatch("file meta information and data set name different SOP Classes")
    named_instance = meta.text(_MEDIA_STORAGE_SOP_INSTANCE_UID)
    if named_instance and named_instance != sop_instance:
        raise DoesNotMatch("file meta information and data set name different SOP Instances")


def _refused(header: Header, failure: StoreFailure) -> Refused:
    return Refused(
        failure,
        _if_uid(header.data_set.text(_SOP_CLASS_UID)),
        _if_uid(header.data_set.text(_SOP_INSTANCE_UID)),
    )


def _if_uid(text: str) -> str | None:
    return text if is_uid(text) else None
