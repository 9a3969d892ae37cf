"""A case that came from elsewhere, as values; nothing in it is checked against what is here."""

from __future__ import annotations

from dataclasses import dataclass

from community.cases.editing import CaseText
from community.cases.model import Region


@dataclass(frozen=True, slots=True)
class BundledStudy:
    """A study as a document names it: by the UID that its files have, which lie in `folder`."""

    study_instance_uid: str
    label: str = ""
    relative_day: int | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class BundledImage:
    """A key image as a document names it."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int = 1
    caption: str = ""
    alt: str = ""
    region: Region | None = None
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class BundledQuestion:
    """A question as a document names it.

    Attributes
    ----------
    lines
        Of a choice its options, of free words what counts as right.
    place
        Where that lies which readers are to find.
    """

    kind: str
    body: str = ""
    lines: tuple[str, ...] = ()
    right_option: int | None = None
    place: BundledImage | None = None


@dataclass(frozen=True, slots=True)
class Bundled:
    """A case that came from elsewhere.

    Attributes
    ----------
    remarks
        How many comments came with it.
    notes
        What could not be taken over, in sentences.
    """

    text: CaseText
    studies: tuple[BundledStudy, ...] = ()
    key_images: tuple[BundledImage, ...] = ()
    questions: tuple[BundledQuestion, ...] = ()
    tags: tuple[str, ...] = ()
    remarks: int = 0
    notes: tuple[str, ...] = ()
