"""The data of the benchmarks: one CT series, the same bytes for every server, new UIDs a run."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from benchmarks.client import Client

DICOM_JSON = {"Accept": "application/dicom+json"}
FRAME = {"Accept": 'multipart/related; type="application/octet-stream"'}


@dataclass(frozen=True)
class Corpus:
    study: str
    series: str
    instances: list[tuple[str, bytes]]

    @classmethod
    def make(cls, slices: int) -> Corpus:
        study, series = generate_uid(), generate_uid()
        return cls(study, series, list(ct_series(study, series, slices)))

    def load(self, client: Client) -> None:
        for start in range(0, len(self.instances), 50):
            store(client, [data for _, data in self.instances[start : start + 50]])

    def check(self, client: Client) -> None:
        """The server holds what was sent before anything is timed."""
        sop, data = self.instances[len(self.instances) // 2]
        frame = client.request("GET", f"{self.path(sop)}/frames/1", FRAME)
        if data[-512 * 512 * 2 :] not in frame:
            raise SystemExit("the server's frame is not the one that was sent")
        rows = json.loads(client.request("GET", f"{self.series_path}/metadata", DICOM_JSON))
        if len(rows) != len(self.instances):
            raise SystemExit(f"the server's metadata has {len(rows)} instances")

    @property
    def series_path(self) -> str:
        return f"/studies/{self.study}/series/{self.series}"

    def path(self, sop: str) -> str:
        return f"{self.series_path}/instances/{sop}"


def ct_series(study: str, series: str, slices: int) -> Iterator[tuple[str, bytes]]:
    noise = np.random.default_rng(1)
    ramp = np.add.outer(np.arange(512), np.arange(512))
    for number in range(1, slices + 1):
        pixels = (ramp + noise.integers(0, 64, (512, 512)) + number).astype("<u2")
        yield ct_slice(study, series, number, pixels.tobytes())


def ct_slice(study: str, series: str, number: int, pixels: bytes) -> tuple[str, bytes]:
    ds, meta, sop = Dataset(), FileMetaDataset(), generate_uid()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID = sop
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
    ds.PatientName, ds.PatientID, ds.StudyDate = "Bench^Mark", f"B{study[-8:]}", "20260101"
    ds.Modality, ds.InstanceNumber, ds.StudyID = "CT", number, "1"
    ds.ImagePositionPatient, ds.ImageOrientationPatient = [0, 0, number], [1, 0, 0, 0, 1, 0]
    ds.PixelSpacing, ds.SliceThickness = [0.7, 0.7], 1
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows = ds.Columns = 512
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.RescaleIntercept, ds.RescaleSlope = -1024, 1
    ds.PixelData = pixels
    ds.file_meta = meta
    out = io.BytesIO()
    ds.save_as(out, enforce_file_format=True)
    return sop, out.getvalue()


def store(client: Client, instances: list[bytes]) -> None:
    """One STOW-RS request."""
    part = b"--bench\r\nContent-Type: application/dicom\r\n\r\n"
    body = b"".join(part + data + b"\r\n" for data in instances) + b"--bench--\r\n"
    content_type = 'multipart/related; type="application/dicom"; boundary=bench'
    client.request("POST", "/studies", {"Content-Type": content_type, **DICOM_JSON}, body)
