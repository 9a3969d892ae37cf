"""Which images are searched for burned-in text, and which a person must see: one row per kind.

What a header says of itself is believed only where it says that there is text: Burned In
Annotation (0028,0301) YES adds scrutiny, NO takes none away.

References
----------
PS3.3 sections C.7.6.1.1.2 (Image Type), C.7.6.1 (Burned In Annotation), C.8.6.1 (Conversion Type);
PS3.15 section E.3.1 (Clean Pixel Data Option).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from imaging.data_set import DataSet

_SOP_CLASS, _IMAGE_TYPE, _MODALITY, _CONVERSION = 0x00080016, 0x00080008, 0x00080060, 0x00080064
_SAMPLES, _BITS_STORED, _BURNED_IN = 0x00280002, 0x00280101, 0x00280301
_STORAGE: Final = "1.2.840.10008.5.1.4.1.1."


class Scrutiny(IntEnum):
    """How hard text is looked for."""

    NONE = 0
    """Samples are labels or quantities: a picture that hides text would be no such object."""
    QUICK = 1
    """The quick search; where it finds something, the network is asked."""
    FULL = 2
    """Every frame is searched thoroughly."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is done with images of a kind.

    Parameters
    ----------
    person
        A person looks at it, whatever was found.
    reason
        Why, for the receipt and the reviewer.
    """

    scrutiny: Scrutiny
    person: bool
    reason: str


_NOTHING: Final = Kind(Scrutiny.NONE, False, "samples are labels or measured quantities")
_ORIGINAL: Final = Kind(Scrutiny.QUICK, False, "original slices of a scanner")
_DERIVED: Final = Kind(Scrutiny.FULL, False, "a derived image of a scanner")
_SCREEN: Final = Kind(Scrutiny.FULL, True, "a capture of a screen")
_PROJECTION: Final = Kind(Scrutiny.FULL, True, "a plate, on which names are often burned in")
_ULTRASOUND: Final = Kind(Scrutiny.FULL, True, "ultrasound, which is the screen of its scanner")
_CAMERA: Final = Kind(Scrutiny.FULL, True, "a camera's picture")
_DETECTOR: Final = Kind(Scrutiny.FULL, False, "a digital detector's picture")
_UNKNOWN: Final = Kind(Scrutiny.FULL, True, "a kind of image that we do not know")
_SAID: Final = Kind(Scrutiny.FULL, True, "Burned In Annotation (0028,0301) says that text is there")

# THE tables. By SOP class, which is more to be believed than a modality; then by modality.
_BY_SOP_CLASS: Final[dict[str, Kind]] = {
    **{f"{_STORAGE}{end}": _SCREEN for end in ("7", "7.1", "7.2", "7.3", "7.4")},
    **{f"{_STORAGE}{end}": _ULTRASOUND for end in ("3", "3.1", "6", "6.1", "6.2", "6.3")},
    # Segmentation, label map, surface; real world values; parametric map; dose.
    **{
        f"{_STORAGE}{end}": _NOTHING
        for end in ("66", "66.4", "66.7", "66.5", "67", "30", "481.2", "66.1", "66.2", "66.3")
    },
    # Height map segmentation, ophthalmic thickness map.
    **{f"{_STORAGE}{end}": _NOTHING for end in ("66.8", "81.1")},
}
_BY_MODALITY: Final[dict[str, Kind]] = {
    **dict.fromkeys(("US", "IVUS", "BDUS"), _ULTRASOUND),
    **dict.fromkeys(("SC", "OT", "DOC", "SR", "DG", "BMD", "HD", "ECG"), _SCREEN),
    **dict.fromkeys(("CR", "RG"), _PROJECTION),
    **dict.fromkeys(("DX", "MG", "XA", "RF", "PX", "IO", "RTIMAGE"), _DETECTOR),
    **dict.fromkeys(("XC", "ES", "GM", "SM", "OP", "OPT", "OAM", "LEN", "DMS", "BI"), _CAMERA),
    **dict.fromkeys(("CT", "MR", "PT", "NM", "OCT", "IVOCT"), _ORIGINAL),
}
# Words of Image Type that tell a picture made for people from a measured slice.
_MADE: Final = frozenset({"DERIVED", "SECONDARY"})
_CAPTURED: Final = (
    *("SCREEN", "SECONDARY CAPTURE", "CAPTURE", "DOSE", "PROTOCOL", "REPORT", "CSA REPORT"),
    *("POSDISP", "REFORMATTED", "3D", "VRT", "RENDER", "SUMMARY", "OVERLAY", "FIDUCIAL"),
)
_CAPTURED_ONLY_IF_8_BITS: Final = 8


def kind_of(data_set: DataSet) -> Kind:
    """The row for an image."""
    known = _BY_SOP_CLASS.get(data_set.text(_SOP_CLASS))
    kind = known or _BY_MODALITY.get(data_set.text(_MODALITY), _UNKNOWN)
    if kind is _ORIGINAL:
        kind = _of_scanner(data_set)
    if data_set.text(_BURNED_IN).upper() not in ("", "NO"):
        return _SAID
    return kind


def _of_scanner(data_set: DataSet) -> Kind:
    """Slices, what was made of slices, and what was captured from a screen."""
    words = [word.upper() for word in data_set.texts(_IMAGE_TYPE)]
    colour = (data_set.integer(_SAMPLES) or 1) > 1
    if colour or data_set.text(_CONVERSION) or _names_capture(words):
        return _SCREEN
    few_bits = (data_set.integer(_BITS_STORED) or 16) <= _CAPTURED_ONLY_IF_8_BITS
    if few_bits or not words or _MADE & set(words[:2]):
        return _DERIVED
    return _ORIGINAL


def _names_capture(words: list[str]) -> bool:
    return any(name in word for word in words[2:] for name in _CAPTURED)
