"""What a de-identified instance says of having been de-identified.

References
----------
PS3.15 section E.1.1 (Patient Identity Removed and the method codes are required); PS3.3 sections
C.7.1.1 and C.12.1; PS3.16 context group 7050.
"""

from __future__ import annotations

from imaging.data_set import DataSet, Element
from imaging.deidentify.profile import Option, Profile
from imaging.version import VERSION

_METHOD: str = f"DicomTube {VERSION}: PS3.15 Annex E"


def add(data_set: DataSet, profile: Profile) -> None:
    """Add it to the top of a data set, in the place of whatever stood there."""
    for element in (
        Element(0x00120062, "CS", b"YES"),
        Element(0x00120063, "LO", _METHOD.encode()),
        Element(0x00120064, "SQ", items=[_code(*method) for method in profile.methods]),
        Element(0x00280303, "CS", _longitudinal(profile).encode()),
    ):
        data_set[element.tag] = element


def _longitudinal(profile: Profile) -> str:
    if Option.RETAIN_LONG_FULL_DATES in profile:
        return "UNMODIFIED"
    return "MODIFIED" if Option.RETAIN_LONG_MODIFIED_DATES in profile else "REMOVED"


def _code(value: str, meaning: str) -> DataSet:
    item = DataSet()
    for tag, vr, text in (
        (0x00080100, "SH", value),
        (0x00080102, "SH", "DCM"),
        (0x00080104, "LO", meaning),
    ):
        item[tag] = Element(tag, vr, text.encode())
    return item
