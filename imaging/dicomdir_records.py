"""Which directory record lists an instance, and which attributes it repeats. Tables only.

References
----------
PS3.3 sections F.4 (relations of records) and F.5 (keys of each record type).
"""

from typing import Final

from pydicom.datadict import tag_for_keyword

_CHARACTER_SET = "SpecificCharacterSet"
_CONTENT = ("InstanceNumber", "ContentDate", "ContentTime")
_LABELLED = (
    "InstanceNumber",
    "ContentLabel",
    "ContentDescription",
    "ContentCreatorName",
)

IMAGE: Final = "IMAGE"

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "PATIENT": (_CHARACTER_SET, "PatientName", "PatientID"),
    "STUDY": (
        _CHARACTER_SET,
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "StudyDescription",
        "StudyInstanceUID",
        "StudyID",
    ),
    "SERIES": (_CHARACTER_SET, "Modality", "SeriesInstanceUID", "SeriesNumber"),
    IMAGE: (_CHARACTER_SET, "InstanceNumber"),
    "RT DOSE": (_CHARACTER_SET, "InstanceNumber", "DoseSummationType", "DoseComment"),
    "RT STRUCTURE SET": (
        _CHARACTER_SET,
        "InstanceNumber",
        "StructureSetLabel",
        "StructureSetDate",
        "StructureSetTime",
    ),
    "RT PLAN": (_CHARACTER_SET, "InstanceNumber", "RTPlanLabel", "RTPlanDate", "RTPlanTime"),
    "RT TREAT RECORD": (_CHARACTER_SET, "InstanceNumber", "TreatmentDate", "TreatmentTime"),
    "PRESENTATION": (
        _CHARACTER_SET,
        "PresentationCreationDate",
        "PresentationCreationTime",
        *_LABELLED,
        "ReferencedSeriesSequence",
        "BlendingSequence",
    ),
    "WAVEFORM": (_CHARACTER_SET, *_CONTENT),
    "SR DOCUMENT": (
        _CHARACTER_SET,
        *_CONTENT,
        "VerificationDateTime",
        "ConceptNameCodeSequence",
        "CompletionFlag",
        "VerificationFlag",
    ),
    "KEY OBJECT DOC": (_CHARACTER_SET, *_CONTENT, "ConceptNameCodeSequence"),
    "SPECTROSCOPY": (
        _CHARACTER_SET,
        "ImageType",
        *_CONTENT,
        "NumberOfFrames",
        "Rows",
        "Columns",
        "DataPointRows",
        "DataPointColumns",
    ),
    "RAW DATA": (_CHARACTER_SET, *_CONTENT),
    "REGISTRATION": (_CHARACTER_SET, "ContentDate", "ContentTime", *_LABELLED),
    "FIDUCIAL": (_CHARACTER_SET, "ContentDate", "ContentTime", *_LABELLED),
    "ENCAP DOC": (
        _CHARACTER_SET,
        *_CONTENT,
        "DocumentTitle",
        "ConceptNameCodeSequence",
        "HL7InstanceIdentifier",
        "MIMETypeOfEncapsulatedDocument",
    ),
    "VALUE MAP": (_CHARACTER_SET, "ContentDate", "ContentTime", *_LABELLED),
    "STEREOMETRIC": (_CHARACTER_SET,),
    "PLAN": (_CHARACTER_SET,),
    "MEASUREMENT": (_CHARACTER_SET, *_CONTENT),
    "SURFACE": (_CHARACTER_SET, "ContentDate", "ContentTime", *_LABELLED),
    "SURFACE SCAN": (_CHARACTER_SET, "ContentDate", "ContentTime"),
    "TRACT": (_CHARACTER_SET, "ContentDate", "ContentTime", *_LABELLED),
    "ASSESSMENT": (_CHARACTER_SET, "InstanceNumber", "InstanceCreationDate"),
    "RADIOTHERAPY": (_CHARACTER_SET, "InstanceNumber", *_LABELLED[1:]),
}
"""Keywords that a record of each type repeats from its instances."""

TAGS: Final[dict[str, frozenset[str]]] = {
    record: frozenset(f"{tag_for_keyword(keyword) or 0:08X}" for keyword in keywords)
    for record, keywords in KEYS.items()
}
"""The same as names of the DICOM JSON Model."""

_STORAGE = "1.2.840.10008.5.1.4.1.1."


def _classes(record: str, *suffixes: str) -> dict[str, str]:
    return {_STORAGE + suffix: record for suffix in suffixes}


RECORDS: Final[dict[str, str]] = {
    **_classes("RT DOSE", "481.2"),
    **_classes("RT STRUCTURE SET", "481.3"),
    **_classes("RT PLAN", "481.5", "481.8"),
    **_classes("RT TREAT RECORD", "481.4", "481.6", "481.7", "481.9"),
    **_classes("RADIOTHERAPY", *(f"481.{number}" for number in range(10, 25))),
    **_classes("PRESENTATION", *(f"11.{number}" for number in range(1, 13)), "131"),
    **_classes(
        "WAVEFORM",
        *("9.1.1", "9.1.2", "9.1.3", "9.1.4", "9.2.1", "9.3.1", "9.4.1", "9.4.2", "9.5.1"),
        *("9.6.1", "9.6.2", "9.7.1", "9.7.2", "9.7.3", "9.7.4", "9.8.1", "9.100.1", "9.100.2"),
    ),
    **_classes(
        "SR DOCUMENT",
        *("88.11", "88.22", "88.33", "88.34", "88.35", "88.40", "88.50", "88.65", "88.67"),
        *("88.68", "88.69", "88.70", "88.71", "88.72", "88.73", "88.74", "88.75", "88.76"),
        *("78.6", "79.1"),
    ),
    **_classes("KEY OBJECT DOC", "88.59"),
    **_classes("SPECTROSCOPY", "4.2"),
    **_classes("RAW DATA", "66"),
    **_classes("REGISTRATION", "66.1", "66.3"),
    **_classes("FIDUCIAL", "66.2"),
    **_classes("ENCAP DOC", *(f"104.{number}" for number in range(1, 6))),
    **_classes("VALUE MAP", "67"),
    **_classes("STEREOMETRIC", "77.1.5.3"),
    **_classes("MEASUREMENT", *(f"78.{number}" for number in (1, 2, 3, 4, 5, 7, 8)), "80.1"),
    **_classes("SURFACE", "66.5"),
    **_classes("SURFACE SCAN", "68.1", "68.2"),
    **_classes("TRACT", "66.6"),
    **_classes("ASSESSMENT", "90.1"),
}
"""The record type of each Storage SOP Class that is not an image."""


def record_of(sop_class_uid: str) -> str:
    """The record type that lists instances of a SOP Class."""
    return RECORDS.get(sop_class_uid, IMAGE)
