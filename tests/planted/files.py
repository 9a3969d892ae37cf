"""What a file of the corpus is before it is bytes, and the image that most of them begin as."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

from pydicom import config
from pydicom.charset import convert_encodings, encode_string
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.tag import BaseTag
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, SegmentationStorage

from tests.planted.people import Name
from tests.planted.plants import Planter

SIDE = 16


@dataclass
class Made:
    """A file of the corpus.

    Attributes
    ----------
    path
        Under which it is given to the tools; None leaves a name that tells nothing.
    may_be_refused
        Whether a tool may decline to write it rather than clean it.
    cut
        How many bytes the file lacks at its end.
    """

    ds: Dataset
    syntax: str = ExplicitVRLittleEndian
    preamble: bytes = b"\0" * 128
    meta: dict[str, Any] = field(default_factory=dict)
    after: bytes = b""
    path: str = ""
    may_be_refused: bool = False
    cut: int = 0

    def to_bytes(self) -> bytes:
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID = self.ds.SOPClassUID
        meta.MediaStorageSOPInstanceUID = self.ds.SOPInstanceUID
        meta.TransferSyntaxUID = UID(self.syntax)
        for keyword, value in self.meta.items():
            setattr(meta, keyword, value)
        out = Dataset(self.ds)
        out.file_meta = meta
        out.preamble = self.preamble
        if UID(self.syntax).is_compressed and "PixelData" in out and not _deflated(self.syntax):
            out["PixelData"].VR = "OB"
            out["PixelData"].is_undefined_length = True
        file = io.BytesIO()
        with config.disable_value_validation():
            dcmwrite(file, out, enforce_file_format=True)
        whole = file.getvalue() + self.after
        return whole[: len(whole) - self.cut]


def _deflated(syntax: str) -> bool:
    return bool(UID(syntax).is_deflated)


@dataclass
class Patient:
    """Whom a file is about, for what is said of them elsewhere in it."""

    name: Name
    id: str
    accession: str
    birth: str
    study_day: str
    referrer: Name
    institution: str


def image(p: Planter, *, sop_class: str = CTImageStorage) -> tuple[Dataset, Patient]:
    """A small image of a patient, planted with what every image says of its patient."""
    ds = Dataset()
    if p.script.charsets:
        ds.SpecificCharacterSet = list(p.script.charsets)
    patient = _patient(p, ds)
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = p.uid("SOPInstanceUID", f"instance {p.number}")
    ds.StudyInstanceUID = p.uid("StudyInstanceUID", "study")
    ds.SeriesInstanceUID = p.uid("SeriesInstanceUID", f"series {sop_class}")
    if sop_class in (CTImageStorage, SegmentationStorage):
        ds.FrameOfReferenceUID = p.uid("FrameOfReferenceUID", "frame of reference")
    ds.InstanceNumber = p.number
    ds.SeriesNumber, ds.StudyID = 1, ""
    ds.Modality, ds.Manufacturer = "CT", ""
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.PatientSex, ds.PositionReferenceIndicator = "", ""
    ds.AcquisitionNumber, ds.KVP = 1, "120"
    ds.RescaleIntercept, ds.RescaleSlope = "0", "1"
    ds.ImagePositionPatient = [0, 0, p.number]
    ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [1, 1], "1"
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = SIDE
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = b"".join((i * 13 % 4096).to_bytes(2, "little") for i in range(SIDE * SIDE))
    return ds, patient


def _patient(p: Planter, ds: Dataset) -> Patient:
    name = p.name("patient's name", "PatientName")
    birth = p.date("date", "PatientBirthDate")
    study_day = p.date("date", "StudyDate", by="StudyDate")
    patient = Patient(
        name=name,
        id=p.identifier("patient ID", "PatientID", "PID-"),
        accession=p.identifier("accession number", "AccessionNumber", "ACC"),
        birth=f"{birth:%Y%m%d}",
        study_day=f"{study_day:%Y%m%d}",
        referrer=p.name("physician", "ReferringPhysicianName"),
        institution=p.latin("institution", "InstitutionName", by="InstitutionName"),
    )
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = name.pn, patient.id, patient.birth
    ds.AccessionNumber, ds.StudyDate = patient.accession, patient.study_day
    ds.StudyTime = "101500"
    ds.ReferringPhysicianName = patient.referrer.pn
    ds.InstitutionName = f"{patient.institution} Hospital"
    return patient


def without_pixels(ds: Dataset) -> Dataset:
    """The same data set when it is no image."""
    for keyword in (
        "PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit", "SliceThickness",
        "SamplesPerPixel", "PhotometricInterpretation", "PixelRepresentation", "PixelSpacing",
        "ImagePositionPatient", "ImageOrientationPatient", "RescaleIntercept", "RescaleSlope",
        "KVP", "AcquisitionNumber", "ImageType", "FrameOfReferenceUID", "SliceLocation",
        "PositionReferenceIndicator",
    ):  # fmt: skip
        if keyword in ds:
            delattr(ds, keyword)
    return ds


def item(**values: Any) -> Dataset:
    """An item of a sequence."""
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def put_code(ds: Dataset, keyword: str, text: str) -> None:
    """Add a code string of letters that none may have, in the character set of the data set."""
    tag = BaseTag(tag_for_keyword(keyword) or 0)
    data = encode_string(text, convert_encodings(ds.get("SpecificCharacterSet", "ISO_IR 6")))
    data += b" " * (len(data) % 2)
    ds[tag] = RawDataElement(tag, "CS", len(data), data, 0, False, True)
