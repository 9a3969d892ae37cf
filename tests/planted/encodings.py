"""Plants around and under the data set: preamble, file meta, ends, codestreams, file names."""

from __future__ import annotations

import io

import imagecodecs
import numpy as np
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.pixels.encoders import RLELosslessEncoder
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    MediaStorageDirectoryStorage,
    RLELossless,
)

from tests.planted.files import SIDE, Made, image, item, without_pixels
from tests.planted.people import PLAIN
from tests.planted.plants import Planter


def preamble(p: Planter) -> Made:
    """A preamble that is the head of another file, and file meta that say who sent it."""
    ds, _ = image(p)
    word = p.latin("preamble", "preamble")
    sender = p.latin("file meta", "SourceApplicationEntityTitle").upper()
    private = p.latin("file meta", "PrivateInformation")
    meta = {
        "SourceApplicationEntityTitle": sender,
        "SendingApplicationEntityTitle": p.latin("file meta", "Sending").upper(),
        "ReceivingApplicationEntityTitle": p.latin("file meta", "Receiving").upper(),
        "ImplementationVersionName": p.latin("file meta", "ImplementationVersionName"),
        "PrivateInformationCreatorUID": p.uid("PrivateInformationCreatorUID"),
        "PrivateInformation": private.encode(),
        "ImplementationClassUID": p.uid("ImplementationClassUID"),
    }
    return Made(ds, preamble=b"II*\0" + word.encode().ljust(124, b"\0"), meta=meta)


def named(p: Planter) -> Made:
    """A path that says who it is."""
    ds, patient = image(p)
    family, given = patient.name.parts[:2]
    folder = p.latin("file name", "folder of nobody known")
    p.remember("file name", "folder and name", family, given, patient.id)
    name = f"{family}_{given}_{patient.study_day}.dcm"
    return Made(ds, path=f"{folder}/{family}^{given}/{patient.id}/{name}")


def trailing(p: Planter) -> Made:
    """Bytes behind the pixels, Data Set Trailing Padding, bytes behind the data set."""
    ds, _ = image(p)
    hidden = p.latin("pixel data longer than its frames", "PixelData").encode()
    ds.PixelData += hidden
    padding = p.latin("data set trailing padding", "(FFFC,FFFC)").encode()
    ds.add_new(0xFFFCFFFC, "OB", padding)
    after = p.latin("bytes behind the data set", "end of file").encode()
    return Made(ds, after=b"\0" * 16 + after, may_be_refused=True)


def deflated(p: Planter) -> Made:
    """A deflated data set with comments in it."""
    ds, patient = image(p)
    ds.ImageComments = f"of {patient.name.native[0]}"
    p.remember("deflated data set", "ImageComments", patient.name.native[0])
    return Made(ds, syntax=DeflatedExplicitVRLittleEndian)


def big_endian(p: Planter) -> Made:
    """A big endian data set, text and numbers."""
    ds, patient = image(p)
    ds.SeriesDescription = f"of {patient.name.native[0]}"
    p.remember("big endian data set", "SeriesDescription", patient.name.native[0])
    return Made(ds, syntax=ExplicitVRBigEndian)


def jpeg(p: Planter) -> Made:
    """JPEG frames with comments and EXIF in their streams."""
    ds, _ = image(p)
    _bytes_per_sample(ds, 1)
    stream = _jpeg()
    comment = p.latin("codestream comment", "JPEG COM").encode()
    exif = b"Exif\0\0" + p.latin("codestream comment", "JPEG APP1").encode()
    segments = b"".join(
        marker + (len(text) + 2).to_bytes(2, "big") + text
        for marker, text in ((b"\xff\xfe", comment), (b"\xff\xe1", exif))
    )
    behind = p.latin("codestream comment", "behind EOI").encode()
    frame = stream[:2] + segments + stream[2:] + behind
    ds.LossyImageCompression, ds.LossyImageCompressionMethod = "01", "ISO_10918_1"
    ds.LossyImageCompressionRatio = "2"
    ds.PixelData = encapsulate([frame])
    return Made(ds, syntax=JPEGBaseline8Bit, may_be_refused=True)


def jpeg2000(p: Planter) -> Made:
    """A JPEG 2000 codestream with a comment marker."""
    ds, _ = image(p)
    pixels = np.frombuffer(ds.PixelData, "<u2").reshape(SIDE, SIDE)
    stream = bytes(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, codecformat="j2k"))
    comment = p.latin("codestream comment", "JPEG 2000 COM").encode()
    marker = b"\xff\x64" + (len(comment) + 4).to_bytes(2, "big") + b"\0\1" + comment
    at = stream.index(b"\xff\x90")
    ds.PixelData = encapsulate([stream[:at] + marker + stream[at:]])
    return Made(ds, syntax=JPEG2000Lossless, may_be_refused=True)


def fragments(p: Planter) -> Made:
    """RLE with bytes behind its segments, and a fragment that belongs to no frame."""
    ds, _ = image(p)
    made = Made(ds)
    encoded = RLELosslessEncoder.encode(
        ds.PixelData, rows=SIDE, columns=SIDE, samples_per_pixel=1, number_of_frames=1,
        bits_allocated=16, bits_stored=12, pixel_representation=0,
        photometric_interpretation="MONOCHROME2",
    )  # fmt: skip
    hidden = p.latin("bytes behind a frame", "RLE").encode()
    ds.PixelData = encapsulate([encoded + b"\0" * 8 + hidden])
    made.syntax, made.may_be_refused = RLELossless, True
    return made


def high_bits(p: Planter) -> Made:
    """Writing in the bits above the samples, where overlays used to be."""
    ds, _ = image(p)
    nibbles = [p.random.randrange(1, 16) for _ in range(16)]
    samples = np.frombuffer(ds.PixelData, "<u2").copy() & 0x0FFF
    for index, nibble in enumerate(nibbles):
        samples[index] |= nibble << 12
    ds.PixelData = samples.tobytes()
    p.remember("bits above the samples", "samples", data=ds.PixelData[: 2 * len(nibbles)])
    return Made(ds)


def directory(p: Planter) -> Made:
    """A data set that is a DICOMDIR: records that name the patient and the files."""
    ds, patient = image(p, sop_class=MediaStorageDirectoryStorage)
    ds = without_pixels(ds)
    ds.FileSetID = p.latin("DICOMDIR", "FileSetID").upper()
    records = (
        ("PATIENT", {"PatientName": patient.name.pn, "PatientID": patient.id}),
        ("STUDY", {"StudyDescription": p.latin("DICOMDIR", "StudyDescription")}),
        ("IMAGE", {"ReferencedFileID": [p.latin("DICOMDIR", "ReferencedFileID").upper(), "1"]}),
    )
    ds.DirectoryRecordSequence = [
        item(
            OffsetOfTheNextDirectoryRecord=0, RecordInUseFlag=0xFFFF, DirectoryRecordType=kind,
            OffsetOfReferencedLowerLevelDirectoryEntity=0, **values,
        )
        for kind, values in records
    ]  # fmt: skip
    return Made(ds, path="DICOMDIR", may_be_refused=True)


def broken(p: Planter) -> Made:
    """A file that ends inside an element, under a name that says who it is."""
    ds, patient = image(p)
    ds.PatientComments = p.name("file that cannot be read", "PatientComments", PLAIN).pn
    name = f"{patient.name.parts[0]}.dcm"
    p.remember("name of a file that cannot be read", "file name", patient.name.parts[0])
    ds.PixelData = ds.PixelData[:100]
    made = Made(ds, path=f"broken/{name}", may_be_refused=True)
    made.cut = 60
    return made


def _bytes_per_sample(ds: object, count: int) -> None:
    bits = 8 * count
    ds.BitsAllocated = ds.BitsStored = bits  # type: ignore[attr-defined]
    ds.HighBit = bits - 1  # type: ignore[attr-defined]


def _jpeg() -> bytes:
    out = io.BytesIO()
    ramp = np.arange(SIDE * SIDE, dtype=np.uint8).reshape(SIDE, SIDE)
    Image.fromarray(ramp).save(out, "JPEG", quality=95)
    return out.getvalue()
