"""What the pages need of the archive: values, and the two ports that give them.

Every verb takes the principal who asks and raises `Unauthenticated`, `NotAllowed` or `NotFound` of
`archive.errors`; the pages apply no rule of their own. Values carry no patient's data: a frame in
question is known by its number in the review, never by a UID of the quarantine.
"""

# ruff: noqa: N818 — these names are read in sentences ("raise Refused"), as those of the archive.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from archive.access import Principal
from archive.errors import ArchiveError

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "received": "Received",
        "de-identifying": "De-identifying",
        "needs review": "Needs review",
        "published": "Published",
        "rejected": "Rejected",
    }
)
"""States of an upload, and how people read them."""

NEEDS_REVIEW, PUBLISHED, REJECTED = "needs review", "published", "rejected"

REJECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "identity": "Identifying text cannot be covered without losing the image",
        "face": "A face can be recognized or rebuilt",
        "unreadable": "A frame cannot be shown, so nobody can check it",
        "photograph": "A photograph, document or screen that tells who the patient is",
        "unsuitable": "Not a medical image, or not fit for this collection",
        "mistake": "Sent by mistake, or without the consent that is needed",
    }
)
"""Reasons to reject, by the name that is recorded. No free text: it could name the patient."""


class Changed(ArchiveError):
    """The review is not what the reviewer saw: somebody else decided, or the study grew."""


class Refused(ArchiveError):
    """The decision cannot be taken as it is; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Upload:
    """One study on its way.

    Attributes
    ----------
    sender
        Name of the principal who sent it.
    done, total
        Instances that were worked on, of how many.
    reason
        Why it was rejected, or why somebody has to look: sentences without a patient's data.
    study_instance_uid
        Of the published study; None before.
    """

    id: str
    collection: str
    state: str
    received_at: datetime
    changed_at: datetime
    sender: str
    done: int
    total: int
    reason: str = ""
    study_instance_uid: str | None = None
    has_receipt: bool = False
    may_review: bool = False


@dataclass(frozen=True, slots=True)
class UploadPage:
    """Some uploads, newest first, and the cursor of those that follow."""

    uploads: tuple[Upload, ...]
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A rectangle of pixels that is, or is to be, blackened.

    Attributes
    ----------
    left, top
        Of the first pixel inside, from 0.
    every_frame
        It counts for all frames of its image.
    source
        Who says so: a word of `imaging.deidentify.pixels.boxes.Source`.
    confidence
        0 to 1, that there is text.
    """

    left: int
    top: int
    width: int
    height: int
    every_frame: bool = False
    source: str = "reviewer"
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Question:
    """One frame that somebody has to look at.

    Attributes
    ----------
    number
        In the review, from 1.
    frame, frames
        Number of the frame in its image, and how many that has.
    marks
        What is proposed, or, once it was decided, what was decided.
    """

    number: int
    frame: int
    frames: int
    columns: int
    rows: int
    marks: tuple[Mark, ...]
    reason: str
    decided: bool = False


@dataclass(frozen=True, slots=True)
class Review:
    """An upload that waits for a person.

    Attributes
    ----------
    version
        Changes with whatever changes what there is to decide; a finish names the one it saw.
    reasons
        Why somebody has to look at the study as a whole.
    undecided
        Numbers of the questions that are open, in order.
    """

    upload: Upload
    version: str
    questions: int
    undecided: tuple[int, ...]
    reasons: tuple[str, ...] = ()


class Uploads(Protocol):
    """Uploads that somebody may see: their own, and those of collections that they write to."""

    def list_uploads(
        self, principal: Principal | None, state: str | None, cursor: str | None, limit: int
    ) -> UploadPage:
        """Some uploads, newest first; `BadSearch` for a cursor that is none."""
        ...

    def get_upload(self, principal: Principal | None, upload_id: str) -> Upload:
        """One upload."""
        ...

    def receipt(self, principal: Principal | None, upload_id: str) -> bytes:
        """The receipt of a finished upload, in JSON."""
        ...


class Reviews(Protocol):
    """Uploads that somebody may review."""

    def list_reviews(
        self, principal: Principal | None, cursor: str | None, limit: int
    ) -> tuple[tuple[Review, ...], str | None]:
        """Some that wait, oldest first, and the cursor of those that follow."""
        ...

    def get_review(self, principal: Principal | None, upload_id: str) -> Review:
        """One that waits; `NotFound` once it is decided."""
        ...

    def get_question(self, principal: Principal | None, upload_id: str, number: int) -> Question:
        """One frame in question."""
        ...

    def picture(self, principal: Principal | None, upload_id: str, number: int, view: str) -> bytes:
        """The quarantined frame as a PNG of its own size; `ImagingError` when it has none.

        `view` is a key of `imaging.inspection.VIEWS`.
        """
        ...

    def decide(
        self,
        principal: Principal | None,
        upload_id: str,
        number: int,
        marks: tuple[Mark, ...],
        version: str,
    ) -> None:
        """Record which boxes of a frame are blackened, instead of those proposed."""
        ...

    def finish(self, principal: Principal | None, upload_id: str, version: str) -> None:
        """Let the study go on to be published; `Refused` while questions are open."""
        ...

    def reject(self, principal: Principal | None, upload_id: str, reason: str) -> None:
        """Reject the study for a reason of `REJECTIONS`; its quarantine is erased."""
        ...
