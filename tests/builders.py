"""Small DICOM objects for tests: a plausible image, and whatever the test says about it.

Every builder takes overrides by keyword, so that a test shows the one attribute that matters.
None removes an element.
"""

from __future__ import annotations

import io
import struct
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite, write_dataset
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

_NATIVE = frozenset(
    {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"}
)


def ct_data_set(**overrides: Any) -> Dataset:
    """A CT image of 8 × 8 pixels, 16 bits, with every UID fresh unless given."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = generate_uid()
    ds.StudyDate = "20240131"
    ds.StudyTime = "101500"
    ds.AccessionNumber = "ACC1"
    ds.Modality = "CT"
    ds.ReferringPhysicianName = "Referrer^Rita"
    ds.StudyDescription = "Head"
    ds.SeriesDescription = "Axial"
    ds.PatientName = "Doe^Jane"
    ds.PatientID = "PID1"
    ds.PatientBirthDate = "19700101"
    ds.PatientSex = "F"
    ds.StudyInstanceUID = generate_uid()
    ds.SeriesInstanceUID = generate_uid()
    ds.StudyID = "1"
    ds.SeriesNumber = 1
    ds.InstanceNumber = 1
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows = 8
    ds.Columns = 8
    ds.BitsAllocated = 16
    ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 0
    _override(ds, overrides)
    if "PixelData" not in overrides and "Rows" in ds:
        ds.PixelData = native_pixels(ds)
    return ds


def native_pixels(ds: Dataset) -> bytes:
    """As many pixel bytes as the data set announces, counting upwards, padded to even length."""
    samples = ds.Rows * ds.Columns * ds.SamplesPerPixel * int(ds.get("NumberOfFrames", 1))
    length = (samples * ds.BitsAllocated + 7) // 8
    length += length % 2
    return bytes(index * 7 % 251 for index in range(length))


def _override(ds: Dataset, overrides: dict[str, Any]) -> None:
    for keyword, value in overrides.items():
        if value is not None:
            setattr(ds, keyword, value)
        elif keyword in ds:
            delattr(ds, keyword)


def part10(
    ds: Dataset,
    transfer_syntax: str = ExplicitVRLittleEndian,
    *,
    preamble: bool = True,
    file_meta: bool = True,
) -> bytes:
    """A data set as a DICOM file; without file meta it is the bare data set."""
    syntax = UID(transfer_syntax)
    if not file_meta:
        return bare(ds, syntax)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = ds.get("SOPClassUID", CTImageStorage)
    meta.MediaStorageSOPInstanceUID = ds.get("SOPInstanceUID", "1.2.3")
    out = Dataset(ds)
    out.file_meta = meta
    if "PixelData" in ds and syntax not in _NATIVE:
        out["PixelData"].VR = "OB"
        out["PixelData"].is_undefined_length = True
    file = io.BytesIO()
    dcmwrite(file, out, enforce_file_format=True)
    return file.getvalue()[0 if preamble else 128 + 4 :]


def bare(ds: Dataset, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The data set alone, as DIMSE would carry it."""
    file = DicomBytesIO()
    file.is_little_endian = transfer_syntax != ExplicitVRBigEndian
    file.is_implicit_VR = transfer_syntax == ImplicitVRLittleEndian
    write_dataset(file, ds)
    return bytes(file.getvalue())


def ct_image(
    transfer_syntax: str = ExplicitVRLittleEndian,
    *,
    frames: list[bytes] | None = None,
    preamble: bool = True,
    file_meta: bool = True,
    **overrides: Any,
) -> bytes:
    """A CT image as a DICOM file.

    Parameters
    ----------
    frames
        Encapsulates these (any bytes do) with a Basic Offset Table; give an encapsulated
        transfer syntax with them.
    **overrides
        Elements by keyword; None removes one.
    """
    if frames is not None:
        overrides.setdefault("NumberOfFrames", len(frames))
        overrides.setdefault("PixelData", encapsulate(frames))
    ds = ct_data_set(**overrides)
    return part10(ds, transfer_syntax, preamble=preamble, file_meta=file_meta)


def with_extended_offsets(frames: list[bytes], **overrides: Any) -> Dataset:
    """A CT image whose frames are found by an Extended Offset Table (PS3.3 section C.7.6.3)."""
    pixels, offsets, lengths = encapsulate_extended(frames)
    return ct_data_set(
        NumberOfFrames=len(frames),
        PixelData=pixels,
        ExtendedOffsetTable=offsets,
        ExtendedOffsetTableLengths=lengths,
        **overrides,
    )


def fragments(*pieces: bytes, offsets: tuple[int, ...] = ()) -> bytes:
    """An encapsulated value: the Basic Offset Table as given, a fragment a piece, no delimiter."""
    table = struct.pack(f"<{len(offsets)}I", *offsets)
    return b"".join(item(piece) for piece in (table, *pieces))


def item(value: bytes, length: int | None = None) -> bytes:
    """An Item; `length` lies about how long it is."""
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(value) if length is None else length) + value


def explicit(tag: int, vr: str, value: bytes = b"", length: int | None = None) -> bytes:
    """One Explicit VR Little Endian element; `length` lies about how long it is."""
    head = struct.pack("<HH2s", tag >> 16, tag & 0xFFFF, vr.encode())
    length = len(value) if length is None else length
    if vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"):
        return head + struct.pack("<HI", 0, length) + value
    return head + struct.pack("<H", length) + value


def implicit(tag: int, value: bytes = b"", length: int | None = None) -> bytes:
    """One Implicit VR Little Endian element; `length` lies about how long it is."""
    length = len(value) if length is None else length
    return struct.pack("<HHI", tag >> 16, tag & 0xFFFF, length) + value


def file_of(data_set: bytes, transfer_syntax: str = ExplicitVRLittleEndian) -> bytes:
    """Crafted data set bytes behind a right preamble and File Meta Information."""
    syntax = transfer_syntax.encode()
    meta = explicit(0x00020010, "UI", syntax + b"\0" * (len(syntax) % 2))
    group_length = explicit(0x00020000, "UL", struct.pack("<I", len(meta)))
    return b"\0" * 128 + b"DICM" + group_length + meta + data_set
