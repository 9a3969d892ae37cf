"""What an instance can be rendered as, by what it is: the tables, and nothing that opens it.

References
----------
PS3.18 sections 8.7.2 (resource categories) and 8.7.4 (rendered media types); PS3.4 table B.5-1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Final

from imaging.rendering.pictures import ANIMATION_TYPES, PICTURE_TYPES

HTML, PLAIN, XML, PDF = "text/html", "text/plain", "text/xml", "application/pdf"
TEXT_TYPES: Final = (HTML, PLAIN, XML, PDF)


class Kind(Enum):
    """What is shown of an instance."""

    IMAGE = "an image"
    STATE = "the images of a presentation state"
    REPORT = "a report"
    STRUCTURES = "a list of structures"
    PDF = "a PDF"
    CDA = "a clinical document"
    NOTHING = "nothing"


_STORAGE = "1.2.840.10008.5.1.4.1.1."
# Families of SOP classes, by the beginning of their UID; the first row that fits counts.
_FAMILIES: Final = (
    (f"{_STORAGE}88.", Kind.REPORT),
    (f"{_STORAGE}11.", Kind.STATE),
    (f"{_STORAGE}481.3", Kind.STRUCTURES),
    (f"{_STORAGE}104.1", Kind.PDF),
    (f"{_STORAGE}104.2", Kind.CDA),
)


@dataclass(frozen=True, slots=True)
class Renderings:
    """The media types that something can be rendered as.

    Attributes
    ----------
    singles
        Of one body, the default first.
    parts
        Of the parts of a multipart body.
    """

    singles: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


def kind_of(sop_class_uid: str, number_of_frames: int) -> Kind:
    """Say what is shown of the instances of a SOP class."""
    if number_of_frames > 0:
        return Kind.IMAGE
    for prefix, kind in _FAMILIES:
        if sop_class_uid == prefix or (prefix.endswith(".") and sop_class_uid.startswith(prefix)):
            return kind
    return Kind.NOTHING


PICTURES: Final = tuple(PICTURE_TYPES)
"""All media types of thumbnails and rendered frames, the default first."""

_STILLS: Final = tuple(name for name in PICTURES if name not in ANIMATION_TYPES)
_MOVING: Final = tuple(ANIMATION_TYPES)

_TEXT: Final = Renderings(TEXT_TYPES, TEXT_TYPES)
_SINGLE_FRAME: Final = Renderings(PICTURES, PICTURES)
# A picture of one frame stands for all of them; an animation shows them all.
_MULTI_FRAME: Final = Renderings((*_STILLS, *_MOVING), PICTURES)

_BY_KIND: Final = MappingProxyType(
    {
        Kind.STATE: _SINGLE_FRAME,
        Kind.REPORT: _TEXT,
        Kind.STRUCTURES: _TEXT,
        Kind.CDA: _TEXT,
        Kind.PDF: Renderings((PDF, *PICTURES, PLAIN, HTML, XML), (PDF, *PICTURES, PLAIN, HTML)),
        Kind.NOTHING: Renderings(),
    }
)

RENDERED_TYPES: Final = (*PICTURES, *TEXT_TYPES)
"""All media types of rendered resources that every server of ours has; video/mp4 comes to them
where there is ffmpeg."""


def renderings_of(sop_class_uid: str, number_of_frames: int) -> Renderings:
    """List what a whole instance can be rendered as."""
    kind = kind_of(sop_class_uid, number_of_frames)
    if kind is not Kind.IMAGE:
        return _BY_KIND[kind]
    return _SINGLE_FRAME if number_of_frames == 1 else _MULTI_FRAME


def renderings_of_frames(count: int) -> Renderings:
    """List what so many frames, chosen by their numbers, can be rendered as."""
    return _SINGLE_FRAME if count == 1 else Renderings(_MOVING, PICTURES)
