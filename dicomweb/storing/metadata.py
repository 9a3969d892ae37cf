"""STOW-RS of metadata with bulk data beside them: instances are put together from parts.

Metadata are held, within `max_metadata_bytes`; everything else goes to spool files until the
message is at its end, for a frame may come last. Then each instance is assembled into a file and
stored like one that was sent whole. A part or an instance that cannot be taken fails alone.

References
----------
PS3.18 sections 8.6.1.2 and 10.5.1.4; RFC 2557 section 4.2 (Content-Location).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from archive.archive import Archive
from archive.errors import CannotUnderstand, OutOfResources, ProcessingFailure, StoreFailure
from archive.ingest import COERCED, DISCARDED, NOT_OF_ITS_CLASS
from archive.objects import SpoolFile
from dicomweb.errors import Refusal
from dicomweb.media_types import parse_media_type
from dicomweb.multipart import Event, PartBegin, PartData, PartEnd
from dicomweb.storing.batch import Batch, Remark, no_room
from dicomweb.storing.failures import failure_of
from dicomweb.storing.parts import SentPart, SentParts
from imaging.errors import ImagingError
from imaging.limits import Limits
from imaging.native_xml import from_xml
from imaging.sent.assembly import Assembled, assemble
from imaging.sent.json_text import read_models
from imaging.uids import is_uid
from telemetry.logs import get_logger

log = get_logger(__name__)

max_metadata_bytes: Final = 32 * 1024 * 1024
"""Of all metadata of one message, since they are held until its end."""

Model = Mapping[str, Any]
ReadMetadata = Callable[[bytes], list[dict[str, Any]]]


def _one_document(document: bytes) -> list[dict[str, Any]]:
    return [from_xml(document, Limits())]


READERS: Final[dict[str, ReadMetadata]] = {
    "application/dicom+json": read_models,
    "application/json": read_models,
    "application/dicom+xml": _one_document,
    "application/xml": _one_document,
}
"""The types of metadata, and how one part of each becomes models."""


class MetadataIntake:
    """Collects metadata and parts, and puts instances together at the end.

    Parameters
    ----------
    root_type
        A key of `READERS`: what the message says that its metadata are.
    """

    def __init__(self, archive: Archive, batch: Batch, root_type: str) -> None:
        self._archive = archive
        self._batch = batch
        self._read = READERS[root_type]
        self._max_bytes = archive.settings.limits.max_instance_bytes
        # One part may be sent for many instances, and a small picture be a large image: what the
        # message grows to is bounded like the message itself.
        self._left = archive.settings.limits.max_request_bytes
        self._models: list[tuple[int, Model]] = []
        self._parts = SentParts()
        self._metadata_bytes = 0
        self._text: bytearray | None = None
        self._part: SentPart | None = None
        self._is_first = True

    def close(self) -> None:
        """Leave nothing behind."""
        if self._part is not None:
            self._part.spool.discard()
        self._parts.discard()

    def take(self, event: Event) -> None:
        """Take what the message tells next.

        Raises
        ------
        Refusal
            400 when the message does not begin with its metadata, or these are JSON and cannot
            be read; 413 when metadata are past their limit.
        """
        if isinstance(event, PartData):
            self._write(event.data)
        elif isinstance(event, PartBegin):
            self._begin(event)
            self._is_first = False
        elif isinstance(event, PartEnd):
            self._end()

    def finish(self) -> None:
        """Put the instances together and hand them to the batch."""
        for place, model in self._models:
            self._store(place, model)
        for reason in self._parts.unused():
            self._batch.fail(CannotUnderstand(reason))

    def _begin(self, part: PartBegin) -> None:
        media_type = parse_media_type(part.headers.get("content-type", ""))
        name = media_type.name if media_type else ""
        is_metadata = READERS.get(name) is self._read or (self._is_first and not name)
        if self._is_first and not is_metadata:
            raise Refusal.bad_request("the first part must be the metadata")
        if part.defect is not None:
            self._batch.fail(CannotUnderstand(part.defect))
        elif is_metadata and (self._is_first or self._read is _one_document):
            self._text = bytearray()
        elif is_metadata:
            self._batch.fail(CannotUnderstand("metadata in JSON are one array in the first part"))
        else:
            self._part = SentPart.begun(part, media_type, self._archive.objects.spool())

    def _write(self, data: memoryview) -> None:
        if self._text is not None:
            self._metadata_bytes += len(data)
            if self._metadata_bytes > max_metadata_bytes:
                raise Refusal(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"the metadata are longer than the limit of {max_metadata_bytes} bytes",
                )
            self._text += data
        elif self._part is not None:
            self._spool(self._part.spool, data)

    def _spool(self, spool: SpoolFile, data: memoryview) -> None:
        if spool.size + len(data) > self._max_bytes:
            self._drop(
                OutOfResources(f"a part is longer than the limit of {self._max_bytes} bytes")
            )
            return
        try:
            spool.write(data)
        except OSError:
            self._drop(no_room())

    def _drop(self, failure: StoreFailure) -> None:
        part, self._part = self._part, None
        if part is not None:
            part.spool.discard()
            self._parts.add_failed(part, failure)
        self._batch.fail(failure)

    def _end(self) -> None:
        text, self._text = self._text, None
        part, self._part = self._part, None
        if text is not None:
            self._take_metadata(bytes(text))
        elif part is not None:
            try:
                part.spool.close()
            except OSError:
                self._part = part
                self._drop(no_room())
            else:
                self._parts.add(part)

    def _take_metadata(self, text: bytes) -> None:
        try:
            models = self._read(text)
        except ImagingError as error:
            if self._read is read_models:
                # The one part that tells what all others are: nothing can be stored.
                raise Refusal.bad_request(str(error)) from error
            self._batch.fail(failure_of(error))
            return
        self._models += [(self._batch.announce(), model) for model in models]

    def _store(self, place: int, model: Model) -> None:
        spool = self._archive.objects.spool()
        try:
            assembled = assemble(model, self._parts.find, Limits())
            self._spool_all(spool, assembled.pieces)
        except Exception as error:
            spool.discard()
            self._batch.fail(_failure(error), place, **_uids(model))
            return
        self._batch.put(place, spool, _remark(assembled))

    def _spool_all(self, spool: SpoolFile, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            if spool.size + len(piece) > self._max_bytes:
                limit = self._max_bytes
                raise OutOfResources(f"the instance is longer than the limit of {limit} bytes")
            self._left -= len(piece)
            if self._left < 0:
                raise OutOfResources("the instances of this message are too many bytes together")
            spool.write(piece)


def _failure(error: Exception) -> StoreFailure:
    if isinstance(error, StoreFailure):
        return error
    if isinstance(error, ImagingError):
        return failure_of(error)
    if isinstance(error, OSError):
        return no_room()
    # A bug of ours is not the sender's fault, and must not take the neighbours along.
    log.exception("an instance could not be put together because of an error of ours")
    return ProcessingFailure("the server failed to put this instance together")


def _remark(assembled: Assembled) -> Remark | None:
    """The one warning that says most."""
    if assembled.corrected:
        tags = ", ".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in assembled.corrected)
        return Remark(COERCED, f"corrected to what the bit stream says: {tags}")
    if not assembled.of_its_class:
        return Remark(NOT_OF_ITS_CLASS, "the document is of another type than its SOP Class is for")
    if assembled.discarded:
        return Remark(DISCARDED, "file meta information (group 0002) is made by the server")
    return None


_SOP_CLASS_UID, _SOP_INSTANCE_UID = "00080016", "00080018"


def _uids(model: Model) -> dict[str, str | None]:
    return {
        "sop_class_uid": _uid(model, _SOP_CLASS_UID),
        "sop_instance_uid": _uid(model, _SOP_INSTANCE_UID),
    }


def _uid(model: Model, name: str) -> str | None:
    attribute = model.get(name)
    values = attribute.get("Value") if isinstance(attribute, Mapping) else None
    first = values[0] if isinstance(values, list) and values else None
    return first if isinstance(first, str) and is_uid(first) else None
