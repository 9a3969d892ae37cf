"""CT slices by the thousand: one is spelled, the others differ from it in their UIDs.

May live here: the template and how it is filled. Making a file takes milliseconds, which a load
does not have; UIDs of one length are written over each other in microseconds.
"""

from __future__ import annotations

import io
import random
import uuid
from dataclasses import dataclass
from typing import Final

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

_DIGITS: Final = 38
_STUDY, _SERIES, _SOP = (f"2.25.{digit * _DIGITS}" for digit in "789")


def fresh_uid() -> str:
    """A UID that nothing has; all are of one length."""
    return f"2.25.1{uuid.uuid4().int % 10 ** (_DIGITS - 1):0{_DIGITS - 1}}"


@dataclass(frozen=True)
class Slice:
    """An instance as it is sent."""

    study: str
    series: str
    sop: str
    data: bytes

    @property
    def path(self) -> str:
        """Its resource below a root."""
        return f"/studies/{self.study}/series/{self.series}/instances/{self.sop}"


class Template:
    """A slice of noise with so many pixels a side."""

    def __init__(self, side: int, seed: int = 1) -> None:
        self._bytes = _file(side, random.Random(seed).randbytes(side * side * 2))

    def series(self, count: int) -> list[Slice]:
        """Slices of a new series of a new study."""
        study, series = fresh_uid(), fresh_uid()
        return [self._slice(study, series) for _ in range(count)]

    def _slice(self, study: str, series: str) -> Slice:
        sop, data = fresh_uid(), self._bytes
        for old, new in ((_STUDY, study), (_SERIES, series), (_SOP, sop)):
            data = data.replace(old.encode(), new.encode())
        return Slice(study, series, sop, data)


def _file(side: int, pixels: bytes) -> bytes:
    ds, meta = Dataset(), FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = UID(_SOP)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID(_STUDY), UID(_SERIES)
    ds.PatientName, ds.PatientID, ds.StudyDate = "Load^Much", "LOAD1", "20260101"
    ds.Modality, ds.InstanceNumber, ds.StudyID = "CT", 1, "1"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, 1], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [0.7, 0.7], 1
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = side
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope = -1024, 1
    ds.PixelData = pixels
    ds.file_meta = meta
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return out.getvalue()
