"""Part 10 files around pixels, with about as many attributes as scanners write.

May live here: what the headers say. May not: what the pixels show, and where files are kept.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence as Items
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    LegacyConvertedEnhancedMRImageStorage,
    MRImageStorage,
)

from benchmarks.suite.data.pictures import Picture

_EVERYWHERE: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "InstanceCreationDate": "20260115", "InstanceCreationTime": "101112",
    "StudyDate": "20260115", "SeriesDate": "20260115",
    "AcquisitionDate": "20260115", "ContentDate": "20260115",
    "StudyTime": "101000", "SeriesTime": "101010",
    "AcquisitionTime": "101011", "ContentTime": "101012",
    "AccessionNumber": "BENCH001", "Manufacturer": "Made up", "InstitutionName": "Benchmarks",
    "ReferringPhysicianName": "Referring^Doctor", "StationName": "BENCH1",
    "OperatorsName": "Operator^One", "ManufacturerModelName": "suite",
    "DeviceSerialNumber": "1", "SoftwareVersions": "1",
    "PatientBirthDate": "19600101", "PatientSex": "O", "PatientAge": "066Y", "PatientWeight": "75",
    "BodyPartExamined": "CHEST", "ProtocolName": "PROTOCOL", "PatientPosition": "HFS",
    "StudyID": "1", "SeriesNumber": 1, "AcquisitionNumber": 1, "PositionReferenceIndicator": "",
    "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
    "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0,
    "WindowCenter": "40", "WindowWidth": "400",
}  # fmt: skip
_CT: dict[str, Any] = {
    "SOPClassUID": CTImageStorage, "Modality": "CT", "StudyDescription": "CT CHEST",
    "SeriesDescription": "CT CHEST series", "SliceThickness": "1", "KVP": "120",
    "SpacingBetweenSlices": "0.7", "DataCollectionDiameter": "500",
    "ReconstructionDiameter": "360", "GantryDetectorTilt": "0", "TableHeight": "150",
    "RotationDirection": "CW", "ExposureTime": "500", "XRayTubeCurrent": "200", "Exposure": "100",
    "FilterType": "BODY", "ConvolutionKernel": "B30f", "FocalSpots": "1.2",
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": ["0.703125", "0.703125"],
    "RescaleIntercept": "-1024", "RescaleSlope": "1", "RescaleType": "HU",
}  # fmt: skip
_MR: dict[str, Any] = {
    "SOPClassUID": MRImageStorage, "Modality": "MR", "StudyDescription": "MR BRAIN",
    "SeriesDescription": "MR BRAIN series", "ScanningSequence": "SE", "SequenceVariant": "NONE",
    "ScanOptions": "", "MRAcquisitionType": "2D", "SliceThickness": "4", "RepetitionTime": "500",
    "EchoTime": "15", "EchoTrainLength": "1", "NumberOfAverages": "1", "ImagedNucleus": "1H",
    "MagneticFieldStrength": "1.5", "FlipAngle": "90", "SpacingBetweenSlices": "5",
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": ["0.9375", "0.9375"],
}  # fmt: skip
KINDS = {"CT": _CT, "MR": _MR}


def slice_of(
    kind: str, study: str, series: str, sop: str, number: int, picture: Picture, **more: Any
) -> Dataset:
    """One image of a series, of a kind of `KINDS`."""
    ds = Dataset()
    for keyword, value in {**_EVERYWHERE, **KINDS[kind]}.items():
        setattr(ds, keyword, value)
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = study, series, sop
    ds.FrameOfReferenceUID = f"{series}.9"
    ds.InstanceNumber = str(number)
    ds.ImagePositionPatient = ["-180", "-180", str(number)]
    ds.SliceLocation = str(number)
    ds.PatientName, ds.PatientID = "Bench^Mark", "BENCH0001"
    ds.Rows, ds.Columns = picture.shape
    ds.PixelData = picture.tobytes()
    ds["PixelData"].VR = "OW"
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    return ds


def multi_frame(study: str, series: str, sop: str, frames: Sequence[bytes], rows: int) -> Dataset:
    """Compressed frames as one Legacy Converted Enhanced MR Image (PS3.3 A.71)."""
    ds = Dataset()
    for keyword, value in _EVERYWHERE.items():
        setattr(ds, keyword, value)
    ds.SOPClassUID, ds.Modality = LegacyConvertedEnhancedMRImageStorage, "MR"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "ANATOMY", "NONE"]
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = study, series, sop
    ds.PatientName, ds.PatientID = "Bench^Mark", "BENCH0001"
    ds.InstanceNumber, ds.NumberOfFrames = "1", len(frames)
    ds.Rows = ds.Columns = rows
    ds.PixelPresentation, ds.VolumetricProperties = "MONOCHROME", "VOLUME"
    ds.VolumeBasedCalculationTechnique = "NONE"
    ds.SharedFunctionalGroupsSequence = Items([_shared()])
    ds.PerFrameFunctionalGroupsSequence = Items([_of_frame(at) for at in range(len(frames))])
    ds.PixelData = encapsulate([one + b"\0" * (len(one) % 2) for one in frames])
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    return ds


def part10(ds: Dataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The bytes of a file."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = UID(syntax)
    ds.file_meta = meta
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()


def _shared() -> Dataset:
    return _group(
        PixelMeasuresSequence={"SliceThickness": "3", "PixelSpacing": ["0.5", "0.5"]},
        PlaneOrientationSequence={"ImageOrientationPatient": [1, 0, 0, 0, 1, 0]},
        FrameVOILUTSequence={"WindowCenter": "400", "WindowWidth": "800"},
    )


def _of_frame(at: int) -> Dataset:
    return _group(
        FrameContentSequence={"StackID": "1", "InStackPositionNumber": at + 1},
        PlanePositionSequence={"ImagePositionPatient": ["-128", "-128", str(3 * at)]},
    )


def _group(**sequences: dict[str, Any]) -> Dataset:
    group = Dataset()
    for keyword, values in sequences.items():
        item = Dataset()
        for inner, value in values.items():
            setattr(item, inner, value)
        setattr(group, keyword, Items([item]))
    return group
