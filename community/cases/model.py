"""What a case consists of, as values. No database, no request.

A `Case` with its parts is all that there is; a `CaseView` is what one reader may know of it, and
is made in `community.cases.reading` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from community.accounts.people import Person

DRAFT: Final = "draft"
UNLISTED: Final = "unlisted"
PUBLIC: Final = "public"
TOMBSTONE: Final = "tombstone"
HELD: Final = "held"
RESTRICTED: Final = "restricted"
STATES: Final = (DRAFT, UNLISTED, PUBLIC, TOMBSTONE, HELD, RESTRICTED)

SHOWN: Final = frozenset({UNLISTED, PUBLIC})
"""States in which whoever knows the address may read."""

HIDDEN: Final = frozenset({HELD, RESTRICTED})
"""States in which nobody reads, not even its owner; see `community.cases.holding`."""

ALWAYS: Final = "always"
AFTER_ANSWER: Final = "after_answer"

HISTORY: Final = "history"
FINDINGS: Final = "findings"
DIAGNOSIS: Final = "diagnosis"
DIFFERENTIAL: Final = "differential"
DISCUSSION: Final = "discussion"
TEACHING: Final = "teaching"
REFERENCES: Final = "references"
KINDS: Final = (HISTORY, FINDINGS, DIAGNOSIS, DIFFERENTIAL, DISCUSSION, TEACHING, REFERENCES)
"""Of sections, in the order in which they are read."""

Region = tuple[float, float, float, float]
"""Left, top, width and height, as fractions of the frame."""


@dataclass(frozen=True, slots=True)
class Case:
    """A case without its parts.

    Attributes
    ----------
    owner
        Id of the person whose it is; None of somebody who is no more.
    unknown_title
        What the case is called for those who do not know the diagnosis yet.
    published_at
        When it was shown to others first.
    version
        Of the whole case, with its parts; whoever changes it says which one they saw.
    """

    id: str
    slug: str
    owner: str | None
    state: str
    title: str
    unknown_title: str
    is_unknown: bool
    specialty: str
    body_part: str
    modalities: tuple[str, ...]
    certainty: str
    proof: str
    difficulty: str
    age_band: str
    sex: str
    licence: str
    language: str
    created_at: datetime
    changed_at: datetime
    published_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the text; `reveal` says whether an unknown case shows it before the answer."""

    kind: str
    markdown: str
    reveal: str


@dataclass(frozen=True, slots=True)
class CaseStudy:
    """A study of a case; `relative_day` counts from whatever its author calls day 0."""

    collection: str
    study_instance_uid: str
    label: str
    relative_day: int | None
    position: int


@dataclass(frozen=True, slots=True)
class KeyImage:
    """A frame that is shown beside the text.

    Attributes
    ----------
    frame
        From 1.
    alt
        What there is to be seen, for those who do not see it.
    is_spoiler
        It gives the diagnosis away: absent from an unknown case before the answer.
    """

    id: str
    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int
    caption: str
    alt: str
    region: Region | None
    is_spoiler: bool
    position: int


@dataclass(frozen=True, slots=True)
class CaseView:
    """What one reader may know of a case: nothing else of it leaves the server for them.

    Attributes
    ----------
    case
        Without what is hidden from this reader; its `title` is `shown_title` then.
    is_hiding
        Something is kept back until this reader has answered.
    author
        Whose it is, where others may see who they are.
    """

    case: Case
    shown_title: str
    sections: tuple[Section, ...]
    studies: tuple[CaseStudy, ...]
    key_images: tuple[KeyImage, ...]
    is_owner: bool
    may_edit: bool
    is_revealed: bool
    is_hiding: bool
    author: Person | None = None

    def section(self, kind: str) -> Section | None:
        """The section of a kind, if there is one."""
        return next((one for one in self.sections if one.kind == kind), None)

    @property
    def cover(self) -> KeyImage | None:
        """The picture that stands for the case."""
        return self.key_images[0] if self.key_images else None
