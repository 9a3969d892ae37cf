"""Messages with metadata and bulk data, as a client sends them; and small files of the web."""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage, SecondaryCaptureImageStorage, generate_uid

from imaging.native_xml import to_xml

BOUNDARY = "b0undary"
Part = tuple[dict[str, str], bytes]


def part(data: bytes, content_type: str = "", location: str = "") -> Part:
    headers = {"Content-Type": content_type, "Content-Location": location}
    return {name: value for name, value in headers.items() if value}, data


def message(parts: Iterable[Part]) -> bytes:
    body = b""
    for headers, data in parts:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        body += f"--{BOUNDARY}\r\n{head}\r\n".encode() + data + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


def content_type(root: str) -> str:
    return f'multipart/related; type="{root}"; boundary={BOUNDARY}'


def json_parts(models: Sequence[Any]) -> list[Part]:
    return [part(json.dumps(list(models)).encode(), "application/dicom+json")]


def xml_parts(models: Sequence[Any]) -> list[Part]:
    return [part(to_xml(model), "application/dicom+xml") for model in models]


def metadata(**overrides: Any) -> dict[str, Any]:
    """Metadata of a Secondary Capture image whose pixels are described by whoever sends them."""
    ds = Dataset()
    ds.SOPClassUID = SecondaryCaptureImageStorage
    ds.SOPInstanceUID = generate_uid()
    ds.StudyInstanceUID = generate_uid()
    ds.SeriesInstanceUID = generate_uid()
    ds.PatientName = "Doe^Jane"
    ds.PatientID = "PID1"
    ds.Modality = "OT"
    for keyword, value in overrides.items():
        setattr(ds, keyword, value)
    model: dict[str, Any] = ds.to_json_dict()
    return model


def with_pixels(model: dict[str, Any], uri: str = "pixels", vr: str = "OB") -> dict[str, Any]:
    return {**model, "7FE00010": {"vr": vr, "BulkDataURI": uri}}


def report(uri: str = "report", **overrides: Any) -> dict[str, Any]:
    """Metadata of an Encapsulated PDF."""
    model = metadata(SOPClassUID=EncapsulatedPDFStorage, Modality="DOC", **overrides)
    return {**model, "00420011": {"vr": "OB", "BulkDataURI": uri}}


def values(response: Any, tag: str) -> list[Any]:
    found: list[Any] = response.get_json(force=True).get(tag, {}).get("Value", [])
    return found


def failures(response: Any) -> list[tuple[int, str]]:
    items = [*values(response, "00081198"), *values(response, "0008119A")]
    return [(item["00081197"]["Value"][0], " ".join(item["00000902"]["Value"])) for item in items]


def warnings(response: Any) -> list[tuple[int, str]]:
    return [
        (item["00081196"]["Value"][0], " ".join(item["00000902"]["Value"]))
        for item in values(response, "00081199")
        if "00081196" in item
    ]


def path_of(model: dict[str, Any]) -> str:
    study, series, instance = (
        model[tag]["Value"][0] for tag in ("0020000D", "0020000E", "00080018")
    )
    return f"/studies/{study}/series/{series}/instances/{instance}"


def picture(array: Any, file_format: str, **options: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(array).save(file, file_format, **options)
    return file.getvalue()


def moving_gif(frames: Sequence[Any], milliseconds: int) -> bytes:
    from PIL import Image

    first, *rest = [Image.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=rest, duration=milliseconds)
    return file.getvalue()


def png_bomb(columns: int, rows: int) -> bytes:
    """A few bytes that declare a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    head = struct.pack(">2I5B", columns, rows, 8, 2, 0, 0, 0)
    rows_of_zeros = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", rows_of_zeros)
        + chunk(b"IEND", b"")
    )


def box(kind: bytes, *contents: bytes) -> bytes:
    data = b"".join(contents)
    return struct.pack(">I", len(data) + 8) + kind + data


def mp4(
    *,
    columns: int = 640,
    rows: int = 480,
    frames: int = 50,
    milliseconds: int = 2000,
    codec: bytes = b"avc1",
    profile: int = 100,
    level: int = 41,
    listed: int | None = None,
    fill: int = 5000,
) -> bytes:
    """The boxes of an MP4 file, with no pictures worth seeing in it."""
    if codec == b"avc1":
        configuration = box(b"avcC", bytes([1, profile, 0, level, 0xFF, 0xE0, 0]))
    else:
        configuration = box(b"hvcC", bytes([1, profile]) + bytes(10) + bytes([level]) + bytes(10))
    entry = bytes(24) + struct.pack(">2H", columns, rows) + bytes(50)
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">2I", 0, 1), box(codec, entry, configuration)),
        box(
            b"stsz",
            struct.pack(">3I", 0, 0, frames),
            bytes(4 * (frames if listed is None else listed)),
        ),
    )
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">5I", 0, 0, 0, 1000, milliseconds), bytes(4)),
        box(b"hdlr", bytes(8), b"vide", bytes(13)),
        box(b"minf", table),
    )
    movie = box(b"moov", box(b"mvhd", bytes(100)), box(b"trak", media))
    return box(b"ftyp", b"isom", bytes(4)) + movie + box(b"mdat", bytes(fill))
