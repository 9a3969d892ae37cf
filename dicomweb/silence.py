"""The root of a case whose reader shall find out by looking: no words leave it.

Pure but for the refusals. What describes an image in words may give its diagnosis away (Study
Description, a protocol, a code's meaning, a report), so of an instance those attributes are told
that viewers need to show it: numbers, UIDs, dates, and words of the standard's own lists. Files as
they were stored are given later, and so is what is no image.

References
----------
PS3.3 sections C.7 and C.8 (modules of images), PS3.18 section 10.4 (Retrieve transaction);
docs/decisions/0193-no-words-before-the-answer.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydicom.datadict import tag_for_keyword

from archive.conditions import Search
from archive.pixel_facts import PIXEL_PATHS
from dicomweb.errors import Refusal

JsonObject = Mapping[str, Any]

_WAITS: Final = "this case keeps its words back until you answer"

WORDLESS: Final = frozenset({"capabilities", "openapi", "frames", "all pixeldata"})
"""Resources whose answers have no words of an instance in any case."""

_SIFTED: Final = frozenset({
    "search studies", "search series", "search instances",
    "study metadata", "series metadata", "instance metadata",
    "bulkdata", "rendered instance", "rendered frames", "thumbnail",
    "rendered MPR", "rendered mpr", "rendered 3D", "rendered 3d",
})  # fmt: skip
"""Resources that are answered without words; all others wait."""

_NUMBERS: Final = frozenset(["US", "SS", "UL", "SL", "UV", "SV", "FL", "FD", "DS", "IS"])
_SPELLED: Final = {
    "UI": re.compile(r"[0-9.]*"),
    "DA": re.compile(r"[0-9.]*"),
    "TM": re.compile(r"[0-9:.]*"),
    "DT": re.compile(r"[0-9.+-]*"),
    "AT": re.compile(r"[0-9A-Fa-f]{8}"),
}
_TOLD: Final = _NUMBERS | _SPELLED.keys() | {"CS", "SH"}
_NUMBER: Final = re.compile(r"\s*[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?\s*")


def _tags(keywords: str) -> frozenset[str]:
    return frozenset(f"{tag_for_keyword(one):08X}" for one in keywords.split())


_WORDS: Final = _tags("""
    SpecificCharacterSet Modality ModalitiesInStudy InstanceAvailability PhotometricInterpretation
    PatientPosition PatientOrientation Laterality ImageLaterality FrameLaterality ViewPosition
    PresentationLUTShape LossyImageCompression LossyImageCompressionMethod BurnedInAnnotation
    PixelPresentation VolumetricProperties VOILUTFunction SeriesType Units DecayCorrection
    DimensionOrganizationType PixelSpacingCalibrationType OpticalPathIdentifier
""")
"""Attributes that hold a word of a list, or a letter, which scanners write."""

_KINDS_OF_IMAGE: Final = frozenset({
    "ORIGINAL", "DERIVED", "MIXED", "PRIMARY", "SECONDARY", "AXIAL", "LOCALIZER", "MPR", "VOLUME",
    "THUMBNAIL", "LABEL", "OVERVIEW", "NONE", "RESAMPLED", "TOMOSYNTHESIS", "PROJECTION",
})  # fmt: skip
_UNITS: Final = frozenset({"HU", "US", "OD", "Z_EFF", "ED", "EDW", "HU_MOD", "PCT"})
_LISTED: Final = {
    **dict.fromkeys(_tags("ImageType FrameType"), _KINDS_OF_IMAGE),
    **dict.fromkeys(_tags("RescaleType"), _UNITS),
}
"""Attributes of which only these values are told."""

_SEQUENCES: Final = _tags("""
    SharedFunctionalGroupsSequence PerFrameFunctionalGroupsSequence PixelMeasuresSequence
    PlanePositionSequence PlaneOrientationSequence PlanePositionSlideSequence FrameContentSequence
    FrameVOILUTSequence PixelValueTransformationSequence VOILUTSequence ModalityLUTSequence
    SequenceOfUltrasoundRegions DimensionOrganizationSequence DimensionIndexSequence
    DetectorInformationSequence RadiopharmaceuticalInformationSequence CTImageFrameTypeSequence
    MRImageFrameTypeSequence TotalPixelMatrixOriginSequence OpticalPathSequence
    WholeSlideMicroscopyImageFrameTypeSequence
""")
"""Sequences whose items are told in the same way; all others are left out."""

_BULK: Final = frozenset(PIXEL_PATHS) | _tags("""
    RedPaletteColorLookupTableData GreenPaletteColorLookupTableData BluePaletteColorLookupTableData
    AlphaPaletteColorLookupTableData SegmentedRedPaletteColorLookupTableData
    SegmentedGreenPaletteColorLookupTableData SegmentedBluePaletteColorLookupTableData
    LUTData ICCProfile
""")
"""Values of bytes that are told: pixels, and what gives them their brightness and colours."""


_KEYS: Final = _tags("""
    StudyInstanceUID SeriesInstanceUID SOPInstanceUID SOPClassUID StudyDate StudyTime SeriesNumber
    InstanceNumber Rows Columns BitsAllocated NumberOfFrames NumberOfStudyRelatedSeries
    NumberOfStudyRelatedInstances NumberOfSeriesRelatedInstances SOPClassesInStudy
""")
"""What may be searched for besides."""


def check_resource(resource: str) -> None:
    """Refuse what is given after the answer only.

    Raises
    ------
    Refusal
        403.
    """
    if resource not in _SIFTED:
        raise Refusal(HTTPStatus.FORBIDDEN, f"{_WAITS}; its files and reports are given then")


def check_parameters(names: Iterable[str]) -> None:
    """Refuse words that would be drawn over an image.

    Raises
    ------
    Refusal
        403.
    """
    if "annotation" in names:
        raise Refusal(HTTPStatus.FORBIDDEN, f"{_WAITS}; images come without annotation")


def check_is_image(number_of_frames: int) -> None:
    """Refuse what is no image: reports and documents are words.

    Raises
    ------
    Refusal
        403.
    """
    if number_of_frames < 1:
        raise Refusal(HTTPStatus.FORBIDDEN, f"{_WAITS}; only images are shown now")


def check_bulk(path: str) -> None:
    """Refuse a value that is no pixels and nothing that they need.

    Raises
    ------
    Refusal
        403.
    """
    if path[-8:].upper() not in _BULK:
        raise Refusal(HTTPStatus.FORBIDDEN, f"{_WAITS}; only pixels are given now")


def check_search(search: Search) -> None:
    """Refuse a search for words: what it finds would tell whether they are there.

    Raises
    ------
    Refusal
        403, naming no value.
    """
    for condition in search.conditions:
        tags = [f"{tag:08X}" for tag in getattr(condition, "path", ())]
        if len(tags) != 1 or tags[0] not in _WORDS | _KEYS:
            raise Refusal(HTTPStatus.FORBIDDEN, f"{_WAITS}; search by UIDs, Modality and numbers")


def wordless(document: JsonObject) -> dict[str, Any]:
    """An object of the DICOM JSON model without what says something in words."""
    found = ((tag, _element(tag, element)) for tag, element in document.items())
    return {tag: element for tag, element in found if element is not None}


def _element(tag: str, element: JsonObject) -> dict[str, Any] | None:
    vr, values = element.get("vr", ""), element.get("Value", ())
    if int(tag[3], 16) % 2 or tag[:2] in ("50", "60"):
        return None  # private, and what is drawn over images
    if vr == "SQ":
        return _sequence(element) if tag in _SEQUENCES else None
    if "BulkDataURI" in element or "InlineBinary" in element:
        return dict(element) if tag in _BULK else None
    if tag in _LISTED:
        kept = [one for one in values if one in _LISTED[tag]]
        return {"vr": vr, "Value": kept} if kept else None
    is_told = tag in _WORDS or all(_says_nothing(vr, one) for one in values)
    return dict(element) if is_told and vr in _TOLD else None


def _sequence(element: JsonObject) -> dict[str, Any]:
    return {"vr": "SQ", "Value": [wordless(item) for item in element.get("Value", ())]}


def _says_nothing(vr: str, value: object) -> bool:
    """Whether a value is a number, a UID, a date or nothing at all."""
    if value is None or isinstance(value, int | float):
        return True
    form = _NUMBER if vr in _NUMBERS else _SPELLED.get(vr)
    return form is not None and isinstance(value, str) and form.fullmatch(value) is not None
