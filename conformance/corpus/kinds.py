"""The instances that retrieval is judged by: one of every kind that servers get wrong.

Four studies: ``mixed`` (several modalities, documents), ``syntaxes`` (an instance in each transfer
syntax), ``values`` (what data elements can hold), ``volume`` (slices and frames).

References
----------
PS3.3 A.8 (secondary capture), A.34 (waveforms), A.35 (reports), A.45 (encapsulated documents),
A.51 (segmentation), A.32.8 (whole slide microscopy).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from conformance.corpus.making import Made, StudyFacts, data_set_of, file_of
from conformance.corpus.pixels import (
    COLUMNS,
    FRAMES,
    ROWS,
    describe,
    encoded,
    encoded_syntaxes,
    native_frames,
)
from conformance.corpus.studies import SECONDARY_CAPTURE
from conformance.corpus.uids import uid_of

CT: Final = "1.2.840.10008.5.1.4.1.1.2"
MULTI_FRAME_GRAY_BYTE: Final = "1.2.840.10008.5.1.4.1.1.7.2"
MULTI_FRAME_GRAY_WORD: Final = "1.2.840.10008.5.1.4.1.1.7.3"
MULTI_FRAME_COLOUR: Final = "1.2.840.10008.5.1.4.1.1.7.4"
SEGMENTATION: Final = "1.2.840.10008.5.1.4.1.1.66.4"
ECG: Final = "1.2.840.10008.5.1.4.1.1.9.1.1"
BASIC_TEXT_SR: Final = "1.2.840.10008.5.1.4.1.1.88.11"
ENCAPSULATED_PDF: Final = "1.2.840.10008.5.1.4.1.1.104.1"
WHOLE_SLIDE: Final = "1.2.840.10008.5.1.4.1.1.77.1.6"
RAW_DATA: Final = "1.2.840.10008.5.1.4.1.1.66"

_MULTI_FRAME: Final = {
    "gray8": (MULTI_FRAME_GRAY_BYTE, 8, 1),
    "gray12": (MULTI_FRAME_GRAY_WORD, 12, 1),
    "rgb": (MULTI_FRAME_COLOUR, 8, 3),
}
NATIVE: Final = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
LOSSY: Final = frozenset(
    {
        "1.2.840.10008.1.2.4.50",
        "1.2.840.10008.1.2.4.81",
        "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.203",
    }
)


def _study(name: str, **more: Any) -> StudyFacts:
    facts = {
        "StudyDate": "20220615",
        "StudyTime": "083000",
        "AccessionNumber": f"R-{name}",
        "StudyID": f"R-{name}",
        "StudyDescription": f"Conformance retrieval {name}",
        "PatientName": "Retrieve^Rita",
        "PatientID": "P-RETRIEVE",
        "PatientBirthDate": "19701231",
        "PatientSex": "F",
    }
    return StudyFacts(name, {**facts, **more})


MIXED: Final = _study("mixed")
SYNTAXES: Final = _study("syntaxes")
VALUES: Final = _study("values", SpecificCharacterSet="ISO_IR 192")
VOLUME: Final = _study("volume")


def retrieved(seed: str) -> Iterator[Made]:
    """All of them."""
    yield from _slices(seed)
    yield from _in_every_syntax(seed)
    yield _values(seed)
    yield _deep(seed)
    yield _segmentation(seed)
    yield _waveform(seed)
    yield _report(seed)
    yield _pdf(seed)
    yield _slide(seed)
    yield _no_pixels(seed)
    yield _inverted(seed)


def _made(
    name: str,
    study: StudyFacts,
    ds: Dataset,
    syntax: UID = ExplicitVRLittleEndian,
    frames: tuple[bytes, ...] = (),
    pixels: tuple[bytes, ...] = (),
) -> Made:
    return Made(name, study.name, ds, file_of(ds, syntax), syntax, frames, pixels)


def _slices(seed: str) -> Iterator[Made]:
    """Five CT slices in two series, single frame, native."""
    native = native_frames("gray12")
    for series, numbers in (("1", (1, 2, 3)), ("2", (1, 2))):
        for number in numbers:
            ds = data_set_of(seed, VOLUME, series, number, CT, "CT")
            ds.SeriesDescription = f"Slices {series}"
            ds.BodyPartExamined = "CHEST"
            ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
            ds.FrameOfReferenceUID = uid_of(seed, "frame of reference")
            ds.ImagePositionPatient = [-10.5, -20, 2.5 * number]
            ds.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
            ds.PixelSpacing = [0.5, 0.75]
            ds.SliceThickness = 2.5
            ds.RescaleIntercept, ds.RescaleSlope = -1024, 1
            ds.WindowCenter, ds.WindowWidth = [1000, 40], [2000, 400]
            if series == "2":
                _request(ds)
            describe(ds, bits=12)
            frame = native[number - 1]
            ds.PixelData = frame
            yield _made(f"ct-{series}-{number}", VOLUME, ds, frames=(frame,), pixels=(frame,))


def _request(ds: Dataset) -> None:
    """What was asked for and done in the series (PS3.3 C.7.3.1)."""
    ds.PerformedProcedureStepStartDate, ds.PerformedProcedureStepStartTime = "20220614", "0715"
    item = Dataset()
    item.RequestedProcedureID, item.ScheduledProcedureStepID = "RP-CONF", "SPS-CONF"
    ds.RequestAttributesSequence = [item]


def _in_every_syntax(seed: str) -> Iterator[Made]:
    """Five frames of gray or colour, native and encoded, with every kind of offset table."""
    for kind, (sop_class, bits, samples) in _MULTI_FRAME.items():
        native = native_frames(kind)
        for number, syntax in enumerate((*NATIVE, *encoded_syntaxes(kind)), 1):
            series = f"{kind}"
            ds = data_set_of(seed, SYNTAXES, series, number, sop_class, "OT", ConversionType="SYN")
            describe(ds, bits=bits, samples=samples, frames=FRAMES)
            name = f"{kind}-{syntax.keyword}"
            if syntax in NATIVE:
                yield _native(name, ds, syntax, native, bits)
                continue
            made = encoded(kind, str(syntax))
            ds.PhotometricInterpretation = made.photometric
            frames = tuple(one + b"\0" * (len(one) % 2) for one in made.frames)
            _encapsulate(ds, frames, number)
            if str(syntax) in LOSSY:
                ds.LossyImageCompression = "01"
                pixels: tuple[bytes, ...] = ()
            else:
                pixels = native
            yield _made(name, SYNTAXES, ds, syntax, frames, pixels)


def _native(name: str, ds: Dataset, syntax: UID, native: tuple[bytes, ...], bits: int) -> Made:
    """Samples as they are; in big endian their bytes are swapped in the file."""
    if syntax == ExplicitVRBigEndian and bits > 8:
        swapped = tuple(np.frombuffer(one, "<u2").astype(">u2").tobytes() for one in native)
        ds.PixelData = b"".join(swapped)
        return _made(name, SYNTAXES, ds, syntax, swapped, native)
    # Bytes in OW would be swapped in big endian (PS3.5 8.1.2); bytes are OB here.
    ds.add_new(0x7FE00010, "OB" if bits <= 8 else "OW", b"".join(native))
    return _made(name, SYNTAXES, ds, syntax, native, native)


def _encapsulate(ds: Dataset, frames: tuple[bytes, ...], number: int) -> None:
    """By turns with a Basic, an Extended, and no offset table (PS3.5 A.4)."""
    if number % 3 == 0:
        ds.PixelData, offsets, lengths = encapsulate_extended(list(frames))
        ds.ExtendedOffsetTable, ds.ExtendedOffsetTableLengths = offsets, lengths
    else:
        ds.PixelData = encapsulate(list(frames), has_bot=number % 3 == 1)
    ds["PixelData"].VR = "OB"


def _values(seed: str) -> Made:
    """Every value representation, several values, none, and a private block."""
    ds = data_set_of(seed, VALUES, "1", 1, RAW_DATA, "OT")
    ds.ContentDate, ds.ContentTime = "20220615", "083000.123456"
    ds.AcquisitionDateTime = "20220615083000.123456+0130"
    ds.PatientAge = "052Y"
    ds.PatientWeight = "71.50"
    ds.RetrieveAETitle = "CONFORMANCE"
    ds.PatientComments = "Zeile eins\r\nZeile zwei, ∂x/∂y\tTab"
    ds.OtherPatientNames = ["Erste^Anna", "Zweite^Berta=第二"]
    ds.ImageComments = ""
    ds.FrameIncrementPointer = [0x00181063, 0x00181065]
    ds.RecommendedDisplayFrameRateInFloat = 12.5
    ds.EventTimeOffset = None
    for tag, vr, value in (
        (0x00081196, "US", [0, 65535]),
        (0x00186020, "SL", -2147483648),
        (0x00189219, "SS", [-32768, 32767]),
        (0x0018605A, "FL", 1.5),
        (0x00720072, "FD", [0.1, -2.5e300]),
        (0x00720082, "SV", [-9223372036854775808, 9223372036854775807]),
        (0x00720083, "UV", [0, 18446744073709551615]),
        (0x0072006F, "UC", ["one", "", "three"]),
        (0x00720071, "UR", "https://example.org/a?b=c&d=%20"),
        (0x00720070, "UT", "x" * 2000),
        (0x0072006D, "UN", b"\x01\x02\x03\x04"),
        (0x00720081, "OV", bytes(range(16)) * 200),
        (0x00720067, "OF", np.arange(1000, dtype="<f4").tobytes()),
        (0x00720073, "OD", np.arange(1000, dtype="<f8").tobytes()),
        (0x00720075, "OL", np.arange(1000, dtype="<u4").tobytes()),
    ):
        ds[tag] = DataElement(tag, vr, value)
    block = ds.private_block(0x0029, "CONFORMANCE 1", create=True)
    block.add_new(0x01, "LO", ["private", "values"])
    block.add_new(0x02, "OB", bytes(range(256)) * 16)
    ds.RequestAttributesSequence = Sequence()
    return _made("values", VALUES, ds)


def _deep(seed: str) -> Made:
    """Sequences in sequences, with an empty item and bulk data at the bottom."""
    ds = data_set_of(seed, VALUES, "1", 2, RAW_DATA, "OT")
    bottom = Dataset()
    bottom.CodeValue, bottom.CodingSchemeDesignator, bottom.CodeMeaning = "1", "99DTC", "tief ☃"
    bottom.add_new(0x00720067, "OF", np.linspace(0, 1, 5000, dtype="<f4").tobytes())
    inner: Dataset = bottom
    for level in range(8):
        outer = Dataset()
        outer.ContentItemModifierSequence = Sequence([Dataset(), inner])
        outer.TextValue = f"level {8 - level}"
        inner = outer
    ds.ContentItemModifierSequence = Sequence([inner])
    return _made("deep", VALUES, ds)


def _segmentation(seed: str) -> Made:
    """Three frames of one bit a pixel; a frame ends in the middle of a byte (PS3.5 8.1.1)."""
    ds = data_set_of(seed, MIXED, "seg", 1, SEGMENTATION, "SEG")
    describe(ds, bits=8, frames=3)
    ds.Rows, ds.Columns = 7, 11
    ds.BitsAllocated = ds.BitsStored = 1
    ds.HighBit = 0
    ds.SegmentationType = "BINARY"
    ds.ImageType = ["DERIVED", "PRIMARY"]
    y, x = np.mgrid[0:7, 0:11]
    frames = [((x + y * n) % 3 == 0).astype(np.uint8) for n in (1, 2, 3)]
    bits = np.concatenate([one.reshape(-1) for one in frames])
    data = np.packbits(bits, bitorder="little").tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    packed = tuple(np.packbits(one.reshape(-1), bitorder="little").tobytes() for one in frames)
    return _made("segmentation", MIXED, ds, frames=packed, pixels=packed)


def _waveform(seed: str) -> Made:
    ds = data_set_of(seed, MIXED, "ecg", 1, ECG, "ECG")
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    group.NumberOfWaveformChannels, group.NumberOfWaveformSamples = 1, 1000
    group.SamplingFrequency = 500
    channel = Dataset()
    channel.WaveformBitsStored = 16
    channel.ChannelSourceSequence = [_code("2:1", "MDC", "Lead I")]
    group.ChannelDefinitionSequence = [channel]
    group.WaveformBitsAllocated, group.WaveformSampleInterpretation = 16, "SS"
    wave = (1000 * np.sin(np.arange(1000) / 20)).astype("<i2").tobytes()
    group.add_new(0x54001010, "OW", wave)
    ds.WaveformSequence = [group]
    return _made("waveform", MIXED, ds)


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def _report(seed: str) -> Made:
    ds = data_set_of(seed, MIXED, "sr", 1, BASIC_TEXT_SR, "SR")
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "UNVERIFIED"
    ds.ContentDate, ds.ContentTime = "20220615", "084500"
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = [_code("18748-4", "LN", "Diagnostic Imaging Report")]
    text = Dataset()
    text.RelationshipType, text.ValueType = "CONTAINS", "TEXT"
    text.ConceptNameCodeSequence = [_code("121071", "DCM", "Finding")]
    text.TextValue = "Conformance finding, seventeen millimetres"
    ds.ContentSequence = [text]
    return _made("report", MIXED, ds)


PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


def _pdf(seed: str) -> Made:
    ds = data_set_of(seed, MIXED, "doc", 1, ENCAPSULATED_PDF, "DOC")
    ds.DocumentTitle = "Conformance document"
    ds.BurnedInAnnotation = "NO"
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocument = PDF + b"\0" * (len(PDF) % 2)
    ds.EncapsulatedDocumentLength = len(PDF)
    return _made("pdf", MIXED, ds)


def _slide(seed: str) -> Made:
    """Four tiles of a slide in JPEG baseline."""
    syntax = UID("1.2.840.10008.1.2.4.50")
    ds = data_set_of(seed, MIXED, "sm", 1, WHOLE_SLIDE, "SM")
    describe(ds, bits=8, samples=3, frames=4)
    made = encoded("rgb", str(syntax))
    ds.PhotometricInterpretation = made.photometric
    ds.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    ds.DimensionOrganizationType = "TILED_FULL"
    ds.TotalPixelMatrixRows, ds.TotalPixelMatrixColumns = 2 * ROWS, 2 * COLUMNS
    ds.LossyImageCompression = "01"
    frames = tuple(one + b"\0" * (len(one) % 2) for one in made.frames[:4])
    ds.PixelData = encapsulate(list(frames))
    ds["PixelData"].VR = "OB"
    return _made("slide", MIXED, ds, syntax, frames)


def _no_pixels(seed: str) -> Made:
    """An image whose pixels never came: there is nothing to render, and no frame."""
    ds = data_set_of(seed, MIXED, "none", 1, SECONDARY_CAPTURE, "OT", ConversionType="SYN")
    return _made("no-pixels", MIXED, ds)


def _inverted(seed: str) -> Made:
    """A gray image whose lowest value is white."""
    ds = data_set_of(seed, MIXED, "inverted", 1, SECONDARY_CAPTURE, "OT", ConversionType="SYN")
    describe(ds, bits=8)
    ds.PhotometricInterpretation = "MONOCHROME1"
    frame = native_frames("gray8")[0]
    ds.PixelData = frame
    return _made("inverted", MIXED, ds, frames=(frame,), pixels=(frame,))
