"""The VR of an element that does not say it (PS3.6), as fast look-ups on pydicom's tables.

Facts about attributes that no file states may live here; reading files may not.
"""

from functools import lru_cache
from typing import Final

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.datadict import keyword_for_tag, mask_match, private_dictionary_VR

# PS3.6 leaves a choice for these. Implicit VR Little Endian decides OB or OW for OW (PS3.5
# section A.1); a LUT's data are words either way; the last pair waits for Pixel Representation.
SIGNED_OR_NOT: Final = "US or SS"
_CHOICES: Final = {
    "OB or OW": "OW",
    "US or OW": "OW",
    "US or SS or OW": "OW",
    "NONE": "UN",
    "": "UN",
}

VRS: Final[dict[int, str]] = {
    tag: _CHOICES.get(str(entry[0]), str(entry[0])) for tag, entry in DicomDictionary.items()
}

_KEYWORDS: Final[dict[int, str]] = {tag: str(entry[4]) for tag, entry in DicomDictionary.items()}


def keyword_of(tag: int) -> str:
    """The keyword of a standard attribute, of repeating groups too; empty when there is none."""
    keyword = _KEYWORDS.get(tag)
    return _repeating_keyword(tag) if keyword is None else keyword


def vr_of(tag: int) -> str:
    """The VR that the dictionary gives a tag; UN when it does not know.

    `SIGNED_OR_NOT` stands for the attributes that are SS where Pixel Representation is 1 and US
    elsewhere.
    """
    vr = VRS.get(tag)
    if vr is not None:
        return vr
    if not tag & 0xFFFF:
        return "UL"
    if tag >> 16 & 1:
        return "LO" if 0x10 <= tag & 0xFFFF <= 0xFF else "UN"
    return _repeating_vr(tag)


@lru_cache(maxsize=4096)
def private_vr(creator: str, tag: int) -> str:
    """The VR of a private element whose creator pydicom's tables know; UN otherwise."""
    try:
        vr = str(private_dictionary_VR(tag, creator))
    except KeyError:
        return "UN"
    return _CHOICES.get(vr, vr)


@lru_cache(maxsize=4096)
def _repeating_keyword(tag: int) -> str:
    return keyword_for_tag(tag)


@lru_cache(maxsize=4096)
def _repeating_vr(tag: int) -> str:
    """The VR of curves (50xx), overlays (60xx) and other repeating groups."""
    mask = mask_match(tag)
    if mask is None:
        return "UN"
    vr = str(RepeatersDictionary[mask][0])
    return _CHOICES.get(vr, vr)
