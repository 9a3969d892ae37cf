"""What is drawn over images: overlays, curves and the graphics of presentation states.

References
----------
PS3.15 section E.3.3 (Clean Graphics Option); PS3.3 sections C.9.2 (Overlay Plane) and C.10.5
(Graphic Annotation).
"""

from __future__ import annotations

import struct
from typing import Final

from imaging.data_set import DataSet, Element
from imaging.deidentify.profile import Option, Profile

_OVERLAY_TYPE, _OVERLAY_BIT, _OVERLAY_DATA = 0x40, 0x102, 0x3000
_TEXT_OBJECTS, _GRAPHIC_OBJECTS = 0x00700008, 0x00700009
_COMPOUND_GRAPHICS: Final = 0x00700209

LOOK_AT_OVERLAY: Final = "an overlay may show text"
LOOK_AT_BITS: Final = "an overlay lies in the unused bits of the pixels"


def is_plane(tag: int) -> bool:
    """Whether a tag is one of an overlay (60xx)."""
    return tag >> 16 & 0xFF00 == 0x6000 and not tag >> 16 & 1


def is_curve(tag: int) -> bool:
    """Whether a tag is one of a curve (50xx, retired)."""
    return tag >> 16 & 0xFF00 == 0x5000 and not tag >> 16 & 1


def keeps_plane(data_set: DataSet, group: int, profile: Profile) -> bool:
    """Whether an overlay stays: a region of interest, when graphics are cleaned.

    What an overlay of type G shows is mostly text, which nothing here can read.
    """
    if Option.CLEAN_GRAPHICS not in profile or group << 16 | _OVERLAY_DATA not in data_set:
        return False
    return data_set.text(group << 16 | _OVERLAY_TYPE) == "R"


def reasons(data_set: DataSet, profile: Profile) -> list[str]:
    """Say why somebody has to look at what is drawn over an image."""
    found = set()
    for group in {tag >> 16 for tag in data_set if is_plane(tag)}:
        if keeps_plane(data_set, group, profile):
            found.add(LOOK_AT_OVERLAY)
        in_pixels = (data_set.integer(group << 16 | _OVERLAY_BIT) or 0) > 0
        if in_pixels and group << 16 | _OVERLAY_DATA not in data_set:
            found.add(LOOK_AT_BITS)
    return sorted(found)


def least_annotation(item: DataSet) -> DataSet:
    """A cleaned item of Graphic Annotation Sequence with one point in the place of what it shows.

    Parameters
    ----------
    item
        Changed in place.
    """
    for tag in (_TEXT_OBJECTS, _GRAPHIC_OBJECTS, _COMPOUND_GRAPHICS):
        item.pop(tag, None)
    item[_GRAPHIC_OBJECTS] = Element(_GRAPHIC_OBJECTS, "SQ", items=[_point(item.little_endian)])
    return item


def _point(little_endian: bool) -> DataSet:
    order = "<" if little_endian else ">"
    point = DataSet(little_endian)
    for tag, vr, value in (
        (0x00700005, "CS", b"DISPLAY"),
        (0x00700020, "US", struct.pack(f"{order}H", 2)),
        (0x00700021, "US", struct.pack(f"{order}H", 1)),
        (0x00700022, "FL", struct.pack(f"{order}2f", 0.5, 0.5)),
        (0x00700023, "CS", b"POINT"),
    ):
        point[tag] = Element(tag, vr, value)
    return point
