"""A Key Object Selection Document over frames of one study, from their metadata.

References
----------
PS3.3 section A.35.4 (Key Object Selection Document IOD), PS3.16 TID 2010 and CID 7010.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from pydicom.dataset import Dataset
from pydicom.uid import UID

KEY_OBJECT_SELECTION: Final = UID("1.2.840.10008.5.1.4.1.1.88.59")
FOR_TEACHING: Final = ("113004", "DCM", "For Teaching")

max_description_chars: Final = 1024
"""As much as a Text Value holds anywhere."""

_SERIES_NUMBER: Final = 9000
_UNICODE: Final = "ISO_IR 192"
# What a document has of its patient and study, whether the images have it or not.
_INHERITED: Final = (
    "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID",
    "StudyDate", "StudyTime",
)  # fmt: skip
_NAMED: Final = (
    "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "Rows", "Columns",
    "ReferringPhysicianName",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KeyObject:
    """A frame that is chosen.

    Attributes
    ----------
    model
        Metadata of its instance, an object of the DICOM JSON Model.
    frame
        From 1; None of an instance that is chosen whole.
    """

    model: Mapping[str, Any]
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class Selected:
    """A document, as a Part 10 file, and what it is called."""

    data: bytes
    series_instance_uid: str
    sop_instance_uid: str
    model: Mapping[str, Any]


def select(chosen: Sequence[KeyObject], description: str, seed: str) -> Selected:
    """Make the document of some frames of one study.

    Parameters
    ----------
    description
        For people: what is chosen, and why.
    seed
        The same makes the same UIDs.
    """
    # Here and not above: it takes as long as everything else that a process begins with.
    from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
    from pydicom.sr.coding import Code

    evidence = _evidence(chosen)
    content = KeyObjectSelection(
        Code(*FOR_TEACHING),
        [described(one.model) for one in chosen],
        description=description[:max_description_chars] or None,
    )
    _name_frames(content[0].ContentSequence, chosen)
    series, instance = derived_uid(seed, "series"), derived_uid(seed, "instance")
    made = KeyObjectSelectionDocument(
        evidence,
        content,
        series_instance_uid=series,
        series_number=_SERIES_NUMBER,
        sop_instance_uid=instance,
        instance_number=1,
        manufacturer="DicomTube",
        specific_character_set=_UNICODE,
    )
    made.SeriesDescription = "Key images"
    buffer = BytesIO()
    made.save_as(buffer, enforce_file_format=True)
    return Selected(buffer.getvalue(), series, instance, made.to_json_dict())


def derived_uid(*seed: str) -> str:
    """A UID that is always the same for a seed.

    References
    ----------
    PS3.5 section B.2 (UUID derived UIDs).
    """
    name = uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("dicomtube", *seed)))
    return f"2.25.{name.int}"


def _evidence(chosen: Iterable[KeyObject]) -> list[Dataset]:
    """Each instance once."""
    found: dict[str, Dataset] = {}
    for one in chosen:
        ds = described(one.model)
        found.setdefault(str(ds.SOPInstanceUID), ds)
    return list(found.values())


def described(model: Mapping[str, Any]) -> Dataset:
    """What of an instance the document needs."""
    wanted = {
        tag: attribute
        for tag, attribute in model.items()
        if not tag.startswith("7FE0") and "BulkDataURI" not in attribute
    }
    whole = Dataset.from_json(wanted)
    ds = Dataset()
    ds.SpecificCharacterSet = _UNICODE
    for keyword in _INHERITED:
        setattr(ds, keyword, whole.get(keyword))
    for keyword in _NAMED:
        if keyword in whole:
            setattr(ds, keyword, whole.get(keyword))
    return ds


def _name_frames(items: Sequence[Dataset], chosen: Sequence[KeyObject]) -> None:
    """Say which frame is meant; the references stand behind the description, in order."""
    for item, one in zip(items[-len(chosen) :], chosen, strict=True):
        if one.frame is not None:
            item.ReferencedSOPSequence[0].ReferencedFrameNumber = one.frame
