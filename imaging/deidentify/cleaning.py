"""One instance from end to end: its header cleaned, its pixels checked, its new file written.

In which order the parts of this package are called lives here, for the worker and the command
line alike. What each of them does is theirs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import BinaryIO, Final

from pydicom.uid import MediaStorageDirectoryStorage, RLELossless

from imaging.data_set import DataSet, Element
from imaging.deidentify import pixel_step
from imaging.deidentify.engine import Plan, deidentify
from imaging.deidentify.files import finished
from imaging.deidentify.identity import Identity, identity_of
from imaging.deidentify.pixel_step import Boxes, Findings
from imaging.deidentify.pixels.faces import Face, Slices, judge_series, slices_of
from imaging.deidentify.profile import Option
from imaging.deidentify.receipt import Evidence
from imaging.deidentify.replaced import replaced_uids
from imaging.deidentify.spellings import names, numbers
from imaging.deidentify.uids import is_well_known
from imaging.deidentify.verify import search
from imaging.errors import ImagingError, LimitExceeded
from imaging.frame_reading import read_exactly
from imaging.part10 import Header, open_data_set, read_header
from imaging.uids import is_uid
from imaging.write import IMPLEMENTATION_CLASS_UID

_MIN_PIECE: Final = 64 * 1024
_BURNED_IN: Final = 0x00280301

MAX_UIDS: Final = 2_000_000
"""Of one study; who states more than this wants to exhaust us."""

_SOP_CLASS, _SOP_INSTANCE, _STUDY, _SERIES = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
_NOTHING: Final = Identity()


class NotClean(ImagingError):  # noqa: N818 - reads as the fact it states
    """The instance cannot be published; the message says why, and nothing of what is in it."""


class Leaking(NotClean):
    """The second pass found in a finished file what must not be there."""


@dataclass(frozen=True)
class Known:
    """What is to be found nowhere in the finished files of a study.

    Attributes
    ----------
    uids
        Of the originals, without those that stay.
    slices
        What each instance adds to the question whether a face can be rebuilt, by its SOP Instance
        UID.
    """

    identity: Identity = field(default=_NOTHING, repr=False)
    uids: frozenset[str] = field(default=frozenset(), repr=False)
    slices: tuple[tuple[str, Slices], ...] = field(default=(), repr=False)

    def __or__(self, other: Known) -> Known:
        return Known(
            self.identity | other.identity, self.uids | other.uids, self.slices + other.slices
        )

    @cached_property
    def faces(self) -> dict[str, str]:
        """Why a person must look at a series, by the first instance of each that may be a face."""
        series: dict[str, list[tuple[str, Slices]]] = {}
        for sop_instance_uid, one in self.slices:
            series.setdefault(one.series, []).append((sop_instance_uid, one))
        found = {}
        for members in series.values():
            face, reason = judge_series(one for _, one in members)
            if face is Face.POSSIBLE:
                found[members[0][0]] = reason
        return found


class Review(StrEnum):
    """When a person looks at pixels before they are given away."""

    UNCERTAIN = "uncertain"
    """Where it is not sure what they show, and at kinds of images that often show names."""
    ALWAYS = "always"
    """At every image."""
    NEVER = "never"
    """Nobody does: what would be proposed is done, and the receipt says so."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is done to each instance.

    Attributes
    ----------
    stored_syntax
        The transfer syntax that images shall have where it suits them; None leaves them.
    review
        Who looks: see `Review`.
    """

    plan: Plan
    stored_syntax: str | None = None
    review: Review = Review.UNCERTAIN


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What came of an instance.

    Attributes
    ----------
    review
        Why somebody must look at it before it is published; nothing was written then.
    proposed
        What would be blackened.
    evidence
        For the receipt; None when nothing was written.
    """

    evidence: Evidence | None
    review: tuple[str, ...] = ()
    proposed: Boxes = ()
    frames: int = 0


def gather(header: Header, plan: Plan) -> Known:
    """Say what identifies in a header, and which UIDs of it will be mapped."""
    return gather_all([header], plan)


def gather_all(headers: Iterable[Header], plan: Plan) -> Known:
    """The same of all instances of a study.

    Raises
    ------
    LimitExceeded
        There are more UIDs than anybody needs.
    """
    # What came by C-STORE, or from another DicomTube, has the name of our software already.
    identity, uids, kept = _NOTHING, set[str](), {IMPLEMENTATION_CLASS_UID}
    slices: list[tuple[str, Slices]] = []
    for header in headers:
        data_set = header.data_set
        identity |= _identity(data_set, plan)
        for one_of in (data_set, header.file_meta):
            gone, stays = replaced_uids(one_of, plan.profile, plan.is_ours)
            uids |= gone
            kept |= stays
        if len(uids) > MAX_UIDS:
            raise LimitExceeded(f"a study names more than {MAX_UIDS} UIDs")
        if Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES in plan.profile:
            one = slices_of(data_set)
            if one is not None:
                slices.append((data_set.text(_SOP_INSTANCE), one))
    return Known(identity, frozenset(uids - kept), tuple(slices))


def _identity(data_set: DataSet, plan: Plan) -> Identity:
    ours = [plan.patient] if plan.patient else []
    # The pseudonym is spelled as a name and as a number there, in whole and in parts.
    nobody = frozenset(one.text for spell in (names, numbers) for one in spell(ours))
    return identity_of(data_set, plan.profile, nobody)


def clean(
    source: BinaryIO,
    work: Work,
    known: Known,
    write: Callable[[bytes], object],
    decided: Boxes | None = None,
    header: Header | None = None,
) -> Cleaned:
    """Write the de-identified file of an instance.

    Parameters
    ----------
    source
        A DICOM file, seekable.
    known
        What the whole study says, this instance included.
    decided
        What a reviewer wants blackened; nobody is asked again then.
    header
        Of `source`, where it was read already.

    Raises
    ------
    ImagingError
        It cannot be read, cleaned or written.
    """
    header = header or read_header(source)
    data = open_data_set(source, header)
    outcome = deidentify(
        header.data_set, work.plan, known.identity, lambda element: _bulk_of(data, element)
    )
    _name(outcome.data_set, header, work.plan)
    if outcome.data_set.text(_SOP_CLASS) == MediaStorageDirectoryStorage:
        raise NotClean("a DICOMDIR lists files and is no instance itself")
    if outcome.refused:
        raise NotClean(outcome.refused)
    found = _findings(source, header, work, known, decided)
    if outcome.review and decided is None:
        found = replace(found, review=(*outcome.review, *found.review))
    frames = pixel_step.frames_in(header)
    if found.review and work.review is not Review.NEVER:
        return Cleaned(None, found.review, found.boxes, frames)
    if found.unseen:
        # Clean Pixel Data was asked for; blackening nothing would only say that it was done.
        raise NotClean("; ".join(found.review))
    if found.burned_in is not None:
        outcome.data_set[_BURNED_IN] = Element(_BURNED_IN, "CS", found.burned_in.encode())
    file = finished(
        source, header, outcome, work.stored_syntax, pixel_step.change_of(source, header, found)
    )
    digest, size = hashlib.sha256(), 0
    for piece in _joined(file.pieces):
        digest.update(piece)
        size += len(piece)
        write(piece)
    cleaned = outcome.data_set
    return Cleaned(
        Evidence(
            study_instance_uid=cleaned.text(_STUDY),
            series_instance_uid=cleaned.text(_SERIES),
            sop_class_uid=cleaned.text(_SOP_CLASS),
            sop_instance_uid=cleaned.text(_SOP_INSTANCE),
            transfer_syntax_uid=file.transfer_syntax_uid,
            transcoded=file.transcoded,
            size=size,
            sha256=digest.hexdigest(),
            counts=tuple((*key, count) for key, count in sorted(outcome.counts.items())),
            texts_cleaned=outcome.texts_cleaned,
            frames_checked=found.frames_checked,
            boxes=len(found.boxes),
            area=found.area,
            look_at=found.review,
        ),
        frames=frames,
    )


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces worth a call: most elements are short."""
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _MIN_PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def needs_codec(header: Header, work: Work) -> bool:
    """Whether frames of an instance will surely go through a codec."""
    if header.pixel_data is None:
        return False
    checked = header.pixel_data.length is None and Option.CLEAN_PIXEL_DATA in work.plan.profile
    return checked or work.stored_syntax is not None or header.transfer_syntax_uid == RLELossless


def check_finished(stream: BinaryIO, known: Known) -> None:
    """Search a finished file for everything that must not be in it.

    Raises
    ------
    NotClean
        Something is; what and where exactly is not told, as both may identify.
    """
    stream.seek(0)
    found = search(stream, known.identity, known.uids)
    if found:
        kinds = ", ".join(sorted({str(one.kind) for one in found}))
        raise Leaking(f"the second pass found in the finished file: {kinds}")


def _bulk_of(data: BinaryIO, element: Element) -> bytes:
    """A value that was left in the file; the engine asks for those that it has to clean."""
    if element.bulk is None:
        return element.value or b""
    data.seek(element.bulk.offset)
    return read_exactly(data, element.bulk.length)


def _name(cleaned: DataSet, header: Header, plan: Plan) -> None:
    """Take the UIDs that every file needs from the file meta information where only it has them."""
    meta = header.file_meta
    if not cleaned.text(_SOP_CLASS) and is_well_known(sop_class := meta.text(0x00020002)):
        cleaned[_SOP_CLASS] = Element(_SOP_CLASS, "UI", sop_class.encode())
    if not cleaned.text(_SOP_INSTANCE) and is_uid(instance := meta.text(0x00020003)):
        uid = instance if Option.RETAIN_UIDS in plan.profile else plan.new_uid(instance)
        cleaned[_SOP_INSTANCE] = Element(_SOP_INSTANCE, "UI", uid.encode())


def _findings(
    source: BinaryIO, header: Header, work: Work, known: Known, decided: Boxes | None
) -> Findings:
    if decided is not None:
        return pixel_step.decided(header, decided)
    found = Findings()
    profile = work.plan.profile
    if Option.CLEAN_PIXEL_DATA in profile:
        found = pixel_step.check(source, header, person_by_rule=work.review is not Review.NEVER)
    reasons = list(found.review)
    if face := known.faces.get(header.data_set.text(_SOP_INSTANCE)):
        reasons.append(face)
    if work.review is Review.ALWAYS and header.pixel_data is not None and not reasons:
        reasons.append("a person looks at every image of this collection")
    return replace(found, review=tuple(reasons))
