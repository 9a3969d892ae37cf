"""STOW-RS of DICOM files: every part is one instance.

A part that cannot be taken is that part's failure and none of its neighbours'.

References
----------
PS3.18 section 10.5.1.4 (PS3.10 binary instances).
"""

from __future__ import annotations

from archive.archive import Archive
from archive.errors import CannotUnderstand, OutOfResources, StoreFailure
from archive.objects import SpoolFile
from dicomweb.media_types import parse_media_type
from dicomweb.multipart import Event, PartBegin, PartData, PartEnd
from dicomweb.negotiation import DICOM
from dicomweb.storing.batch import Batch, no_room
from imaging.uids import OCTET_STREAM

# Parts that say nothing, or nothing in particular, are taken for what the message says they are.
PART_TYPES = frozenset({DICOM, OCTET_STREAM, "application/dicom+octet-stream", ""})


class FileIntake:
    """Spools each part and hands it to the batch."""

    def __init__(self, archive: Archive, batch: Batch) -> None:
        self._archive = archive
        self._batch = batch
        self._max_bytes = archive.settings.limits.max_instance_bytes
        self._place = 0
        self._spool: SpoolFile | None = None

    def close(self) -> None:
        """Leave nothing behind."""
        self._drop()

    def take(self, event: Event) -> None:
        """Take what the message tells next."""
        if isinstance(event, PartData):
            self._write(event.data)
        elif isinstance(event, PartBegin):
            self._begin(event)
        elif isinstance(event, PartEnd):
            self._end()

    def finish(self) -> None:
        """Nothing waits for the end of the message."""

    def _begin(self, part: PartBegin) -> None:
        self._place = self._batch.announce()
        if part.defect is not None:
            self._refuse(CannotUnderstand(part.defect))
        elif not _is_instance(part):
            self._refuse(CannotUnderstand("the part is not of the type application/dicom"))
        else:
            self._spool = self._archive.objects.spool()

    def _write(self, data: memoryview) -> None:
        spool = self._spool
        if spool is None:
            return  # the part was refused; its bytes are passed over
        if spool.size + len(data) > self._max_bytes:
            limit = self._max_bytes
            self._refuse(OutOfResources(f"the instance is longer than the limit of {limit} bytes"))
            return
        try:
            spool.write(data)
        except OSError:
            self._refuse(no_room())

    def _end(self) -> None:
        spool, self._spool = self._spool, None
        if spool is not None:
            self._batch.put(self._place, spool)

    def _refuse(self, failure: StoreFailure) -> None:
        self._batch.fail(failure, self._place)
        self._drop()

    def _drop(self) -> None:
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.discard()


def _is_instance(part: PartBegin) -> bool:
    media_type = parse_media_type(part.headers.get("content-type", DICOM))
    return media_type is not None and media_type.name in PART_TYPES
