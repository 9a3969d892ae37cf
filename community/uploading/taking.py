"""Files of a plain form into the collection that de-identifies: bounded, one answer for all.

Without a script nothing is taken out before the files leave the reader's machine; that is the
server's alone to do, as with every other door.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, Final

from archive.archive import Archive
from archive.ingest import Failed, Outcome, store_instances
from archive.objects import SpoolFile
from community.look.words import N_
from community.uploading.unpacking import BadArchive, files_of, is_zip

max_reasons: Final = 20
"""Different reasons that are told."""

_PIECE: Final = 1024 * 1024
_TOO_LONG: Final = N_("The file is longer than what is taken here.")
_NO_ROOM: Final = N_("There is no room to receive the file.")


@dataclass
class Taken:
    """What became of the files of a form.

    Attributes
    ----------
    uploads
        Tokens of the uploads that they belong to, in the order in which they came.
    studies
        The studies' new UIDs, in the same order.
    stored, already
        Instances that are kept now, and those that were already.
    refused
        How many files were not taken, by the reason.
    """

    uploads: list[str] = field(default_factory=list)
    studies: list[str] = field(default_factory=list)
    stored: int = 0
    already: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def is_empty(self) -> bool:
        """Whether there was no file at all."""
        return not (self.stored or self.already or self.refused)

    def add(self, outcome: Outcome) -> None:
        """Count one more instance."""
        if isinstance(outcome, Failed):
            self.refuse(str(outcome.failure))
            return
        if outcome.already:
            self.already += 1
        else:
            self.stored += 1
        if outcome.coming is not None and outcome.coming.upload not in self.uploads:
            self.uploads.append(outcome.coming.upload)
            self.studies.append(outcome.coming.study_instance_uid)

    def refuse(self, reason: str) -> None:
        """Count one more file that was not taken."""
        if reason in self.refused or len(self.refused) < max_reasons:
            self.refused[reason] += 1


def take(archive: Archive, collection: str, files: Iterable[IO[bytes]], sender: str) -> Taken:
    """Store DICOM files, and what ZIP archives hold.

    Raises
    ------
    StoreUnavailable
        Index or object store is down; it is safe to send all of it again.
    """
    return _Taking(archive, collection, sender).of(files)


class _Taking:
    """The files of one form on their way, a batch at a time."""

    def __init__(self, archive: Archive, collection: str, sender: str) -> None:
        self._archive = archive
        self._collection = collection
        self._sender = sender
        self._limits = archive.settings.limits
        self._taken = Taken()
        self._ready: list[SpoolFile] = []
        self._bytes = 0

    def of(self, files: Iterable[IO[bytes]]) -> Taken:
        with ExitStack() as rest:
            rest.callback(self._discard)
            for stream in files:
                self._file(stream)
            self._flush()
        return self._taken

    def _file(self, stream: IO[bytes]) -> None:
        if not is_zip(stream):
            self._spool(iter(lambda: stream.read(_PIECE), b""))
            return
        try:
            for pieces in files_of(stream):
                self._spool(pieces)
        except BadArchive as error:
            self._taken.refuse(str(error))

    def _spool(self, pieces: Iterator[bytes]) -> None:
        spool = self._archive.objects.spool()
        try:
            refusal = self._written(spool, pieces)
        except BaseException:
            spool.discard()
            raise
        if refusal:
            self._taken.refuse(refusal)
        if refusal or not spool.size:
            spool.discard()
            return
        self._ready.append(spool)
        self._bytes += spool.size
        full = len(self._ready) >= self._limits.max_batch_files
        if full or self._bytes >= self._limits.max_batch_bytes:
            self._flush()

    def _written(self, spool: SpoolFile, pieces: Iterator[bytes]) -> str:
        """Write a file; why it cannot be, if it cannot."""
        try:
            for piece in pieces:
                if spool.size + len(piece) > self._limits.max_instance_bytes:
                    return _TOO_LONG
                spool.write(piece)
        except OSError:
            return _NO_ROOM
        return ""

    def _flush(self) -> None:
        try:
            if self._ready:
                outcomes = store_instances(
                    self._archive, self._collection, self._ready, sender=self._sender
                )
                for outcome in outcomes:
                    self._taken.add(outcome)
        finally:
            self._discard()

    def _discard(self) -> None:
        ready, self._ready, self._bytes = self._ready, [], 0
        for spool in ready:
            spool.discard()
