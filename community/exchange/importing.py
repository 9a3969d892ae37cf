"""A case from elsewhere becomes a draft: its words at once, its images by the way of every upload.

The instances go into the collection that de-identifies, in its owner's name; in the draft they
stand under the names by which they will be published. What cannot be taken over is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import IO, Any, Final

from archive.access import person_name
from archive.archive import Archive
from archive.collections import COMMUNITY
from archive.ingest import Failed, Outcome, store_instances
from archive.objects import SpoolFile
from community.accounts.people import Person
from community.cases import vocabulary
from community.cases.editing import CaseText, make_case, require_writer
from community.cases.model import Case
from community.cases.pictures import Place
from community.cases.texts import max_section_chars, max_title_chars
from community.exchange import attaching, restoring
from community.exchange.bundled import Bundled
from community.exchange.unpacking import Named, images_of, words_of
from community.uploading.unpacking import BadArchive, Bounds

OF_A_FORM: Final = Bounds(entries=20_000, directory_bytes=8 << 20, unpacked_bytes=4 << 30)
"""Of an archive that somebody sends."""

OF_AN_OPERATOR: Final = Bounds(entries=100_000, directory_bytes=64 << 20, unpacked_bytes=1 << 40)
"""Of an archive that lies on the server."""

_DICM: Final = slice(128, 132)
_MAX_REASONS: Final = 5


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a case from elsewhere.

    Attributes
    ----------
    studies, key_images
        How many the draft has now.
    instances
        How many are on their way; their uploads are named by `uploads`.
    notes
        What could not be taken over, in sentences.
    """

    case: Case
    studies: int
    key_images: int
    instances: int
    uploads: tuple[str, ...]
    notes: tuple[str, ...]


def import_case(
    archive: Archive, person: Person, stream: IO[bytes], bounds: Bounds = OF_A_FORM
) -> Imported:
    """Make a draft of a file: our own export, an archive with a MIRCdocument, or such a document.

    Raises
    ------
    BadBundle, BadArchive
        There is no case in the file, or it is more than is read.
    NotAllowed, CaseError
        They write nothing at the moment, or have as many cases as anybody may.
    StoreUnavailable
        The images could not be stored. The draft is there, and it is safe to send all again.
    """
    require_writer(person)
    bundled = words_of(stream, bounds)
    text, notes = _fitting(bundled)
    case = make_case(archive, person, text)
    known = attaching.attach_known(archive, person, case, bundled.studies)
    folders = {one.folder for one in bundled.studies if one.study_instance_uid in known}
    found = _Arrivals(archive, person).of(
        images_of(stream, bounds, left_out=frozenset(folders) - {""})
    )
    came = attaching.attach_coming(archive, person, case, bundled.studies, found.studies)
    shown, lost = attaching.attach_images(
        archive, person, case, bundled.key_images, known, found.places
    )
    here = known | found.studies.keys()
    missing = sum(one.study_instance_uid not in here for one in bundled.studies)
    notes += _told(found, lost, missing)
    notes += restoring.restore(archive, person, case, bundled, known, found.places)
    return Imported(
        case, len(known) + came, shown, found.instances, tuple(found.uploads), tuple(notes)
    )


def _fitting(bundled: Bundled) -> tuple[CaseText, list[str]]:
    """The words of a case as far as they fit, and what does not."""
    text, notes = bundled.text, list(bundled.notes)
    changes: dict[str, Any] = {}
    for name, known in vocabulary.WORDS.items():
        value = getattr(text, name)
        if value and value not in known:
            changes[name] = ""
            notes.append(f"The {name.replace('_', ' ')} is none of those that are known here.")
    strange = [one for one in text.modalities if one not in vocabulary.MODALITIES]
    if strange:
        changes["modalities"] = tuple(one for one in text.modalities if one not in strange)
        notes.append("A modality is none of those that are known here.")
    for name in ("title", "unknown_title"):
        value = " ".join(getattr(text, name).split())
        if len(value) > max_title_chars:
            notes.append(f"The {name.replace('_', ' ')} is cut.")
        changes[name] = value[:max_title_chars]
    sections = {one.kind: one for one in text.sections}
    for kind, one in sections.items():
        if len(one.markdown) > max_section_chars:
            sections[kind] = replace(one, markdown=one.markdown[:max_section_chars])
            notes.append(f"The section '{kind}' is cut.")
    changes["sections"] = tuple(sections.values())
    return replace(text, **changes), notes


def _told(found: _Arrivals, lost: int, missing: int) -> list[str]:
    notes = [
        f"{count} files were not taken: {reason}."
        for reason, count in found.refused.most_common(_MAX_REASONS)
    ]
    if found.broken:
        notes.insert(0, found.broken)
    if missing:
        notes.append(f"{missing} studies that the case names are not in the file.")
    if lost:
        notes.append(f"{lost} key images show what is not in the file.")
    return notes


@dataclass
class _Arrivals:
    """Instances of one file on their way into the archive, a batch at a time."""

    archive: Archive
    person: Person
    studies: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    uploads: dict[str, None] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    instances: int = 0
    broken: str = ""
    _ready: list[SpoolFile] = field(default_factory=list)
    _bytes: int = 0

    def of(self, files: Iterator[Named]) -> _Arrivals:
        """Store what is DICOM among the files."""
        with ExitStack() as rest:
            rest.callback(self._discard)
            try:
                for file in files:
                    self._take(file)
            except BadArchive as error:
                # What came before it is kept: the draft is there, and says what is missing.
                self.broken = str(error)
            self._flush()
        return self

    def _take(self, file: Named) -> None:
        limits = self.archive.settings.limits
        spool = self.archive.objects.spool()
        try:
            reason = self._written(spool, file.pieces)
        except BaseException:
            spool.discard()
            raise
        if reason:
            self.refused[reason] += 1
            spool.discard()
            return
        self._ready.append(spool)
        self._bytes += spool.size
        if len(self._ready) >= limits.max_batch_files or self._bytes >= limits.max_batch_bytes:
            self._flush()

    def _written(self, spool: SpoolFile, pieces: Iterator[bytes]) -> str:
        """Write a file; why it is not taken, if it is not."""
        head = b""
        for piece in pieces:
            if len(head) < _DICM.stop:
                head += piece[: _DICM.stop]
            if spool.size + len(piece) > self.archive.settings.limits.max_instance_bytes:
                return "they are longer than an instance may be"
            try:
                spool.write(piece)
            except OSError:
                return "there is no room to receive them"
        return "" if head[_DICM] == b"DICM" else "they are not DICOM files"

    def _flush(self) -> None:
        try:
            if self._ready:
                sender = person_name(self.person.id)
                for outcome in store_instances(self.archive, COMMUNITY, self._ready, sender=sender):
                    self._note(outcome)
        finally:
            self._discard()

    def _note(self, outcome: Outcome) -> None:
        if isinstance(outcome, Failed):
            self.refused[str(outcome.failure)] += 1
            return
        coming = outcome.coming
        if coming is None:
            return
        self.instances += 1
        self.uploads[coming.upload] = None
        self.studies[outcome.study_instance_uid] = coming.study_instance_uid
        self.places[outcome.sop_instance_uid] = Place(
            coming.study_instance_uid, coming.series_instance_uid, coming.sop_instance_uid
        )

    def _discard(self) -> None:
        ready, self._ready, self._bytes = self._ready, [], 0
        for spool in ready:
            spool.discard()
