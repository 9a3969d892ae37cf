"""Stored objects of several kinds, and how a path template is filled with their UIDs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import EncapsulatedPDFStorage, generate_uid

from tests.builders import ct_data_set, ct_image, part10
from tests.documents import item, report

_BUNDLED = {
    "a native image": "CT_small.dcm",
    "a native colour image": "SC_rgb.dcm",
    "a JPEG image": "SC_rgb_jpeg_dcmtk.dcm",
    "an enhanced multi-frame image": "emri_small.dcm",
    "a report": "reportsi.dcm",
}
# Nothing decodes these here: they are given as they are stored.
_OPAQUE = {
    "a JPEG 2000 part 2 image": "1.2.840.10008.1.2.4.92",
    "an MPEG-2 video": "1.2.840.10008.1.2.4.100",
    "an MPEG-4 video": "1.2.840.10008.1.2.4.102",
    "an HEVC video": "1.2.840.10008.1.2.4.107",
}
_PDF = b"%PDF-1.4\n" + b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n" * 40 + b"%%EOF\n"


@dataclass(frozen=True)
class Subject:
    """One stored instance."""

    kind: str
    data: bytes
    uids: dict[str, str]
    bulk_path: str = "7FE00010"
    frames: str = "1"

    @property
    def transaction(self) -> str:
        """UID of the one request for storage commitment that is about it."""
        return f"2.25.{int.from_bytes(sha256(self.uids['instance'].encode()).digest()[:12])}"

    def fill(self, template: str) -> str:
        """The path of a template's resource for this instance."""
        path = template
        named = {"transaction": self.transaction, **self.uids}
        for name, value in {**named, "frames": self.frames, "path": self.bulk_path}.items():
            path = path.replace("{" + name + "}", value)
        return path


def subjects() -> list[Subject]:
    """Make one of each kind; each in a study of its own, but for one report."""
    made = [
        _subject(kind, Path(str(get_testdata_file(name))).read_bytes())
        for kind, name in _BUNDLED.items()
    ]
    made += [_subject(kind, ct_image(uid, frames=[b"opaque"])) for kind, uid in _OPAQUE.items()]
    beside = _subject("a report beside an image", _report_beside(made[0]))
    volume = replace(_subject("a volume", _volume()), frames="1,2,3,4")
    return [*made, beside, volume, _subject("a document", _document(), bulk_path="00420011")]


def _report_beside(image: Subject) -> bytes:
    """A report in the series of an image, so that a series holds more than one kind."""
    content = item("TEXT", "Finding", TextValue="Nothing seen")
    return report(
        content,
        StudyInstanceUID=image.uids["study"],
        SeriesInstanceUID=image.uids["series"],
        PatientID=dcmread(BytesIO(image.data), stop_before_pixels=True).PatientID,
    )


def _subject(kind: str, data: bytes, bulk_path: str = "7FE00010") -> Subject:
    ds = dcmread(BytesIO(data), stop_before_pixels=True)
    uids = {
        "study": ds.StudyInstanceUID,
        "series": ds.SeriesInstanceUID,
        "instance": ds.SOPInstanceUID,
    }
    return Subject(kind, data, {name: str(uid) for name, uid in uids.items()}, bulk_path)


def _volume() -> bytes:
    """Four parallel frames, a millimetre apart."""
    ds = ct_data_set(
        NumberOfFrames=4,
        GridFrameOffsetVector=[0, 1, 2, 3],
        ImagePositionPatient=[0, 0, 0],
        ImageOrientationPatient=[1, 0, 0, 0, 1, 0],
        PixelSpacing=[1, 1],
    )
    return part10(ds)


def _document() -> bytes:
    ds = ct_data_set(
        SOPClassUID=EncapsulatedPDFStorage,
        SOPInstanceUID=generate_uid(),
        StudyInstanceUID=generate_uid(),
        SeriesInstanceUID=generate_uid(),
        Modality="DOC",
    )
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"):
        if keyword in ds:
            delattr(ds, keyword)
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = _PDF
    return part10(ds)
