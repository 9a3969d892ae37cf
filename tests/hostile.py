"""Files that mean harm or are merely broken, each with what a clear refusal must say.

May live here: bytes made by hand, with no help from a library that would refuse to make them.
`None` as the expectation says that the file may be kept: odd, but nothing in it is wrong.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    generate_uid,
)

LONG = (b"OB", b"OW", b"SQ", b"UN", b"UT", b"OF", b"UC", b"UR")


def element(tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    """One Explicit VR Little Endian element; `length` lies where it is given."""
    value += b"\0" * (len(value) % 2)
    length = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr
    return (
        head + (struct.pack("<HI", 0, length) if vr in LONG else struct.pack("<H", length)) + value
    )


def part10(
    data_set: bytes, *, syntax: str = ExplicitVRLittleEndian, sop: str | None = None
) -> bytes:
    """Preamble and file meta information around `data_set`."""
    meta = (
        element(0x00020001, b"OB", b"\0\1")
        + element(0x00020002, b"UI", CTImageStorage.encode())
        + element(0x00020003, b"UI", (sop or generate_uid()).encode())
        + element(0x00020010, b"UI", syntax.encode())
        + element(0x00020012, b"UI", b"1.2.3.4")
    )
    return (
        b"\0" * 128
        + b"DICM"
        + element(0x00020000, b"UL", struct.pack("<I", len(meta)))
        + meta
        + data_set
    )


def identified(
    *,
    sop: str | None = None,
    study: str | None = None,
    series: str | None = None,
    without: frozenset[int] = frozenset(),
    extra: bytes = b"",
    pixels: bytes | None = None,
) -> bytes:
    """A small, sound CT data set into which a test puts the one thing that is wrong."""
    elements = {
        0x00080016: element(0x00080016, b"UI", CTImageStorage.encode()),
        0x00080018: element(0x00080018, b"UI", (sop or generate_uid()).encode("latin-1")),
        0x00080060: element(0x00080060, b"CS", b"CT"),
        0x00100020: element(0x00100020, b"LO", b"HOSTILE"),
        0x0020000D: element(0x0020000D, b"UI", (study or generate_uid()).encode("latin-1")),
        0x0020000E: element(0x0020000E, b"UI", (series or generate_uid()).encode("latin-1")),
        0x00280002: element(0x00280002, b"US", b"\1\0"),
        0x00280010: element(0x00280010, b"US", b"\4\0"),
        0x00280011: element(0x00280011, b"US", b"\4\0"),
        0x00280100: element(0x00280100, b"US", b"\x08\0"),
        0x00280101: element(0x00280101, b"US", b"\x08\0"),
        0x00280102: element(0x00280102, b"US", b"\7\0"),
        0x00280103: element(0x00280103, b"US", b"\0\0"),
    }  # fmt: skip
    body = b"".join(bytes_ for tag, bytes_ in elements.items() if tag not in without)
    tail = element(0x7FE00010, b"OB", b"\0" * 16) if pixels is None else pixels
    return body + extra + tail


@dataclass(frozen=True)
class Hostile:
    """Bytes, and words one of which the refusal holds; none where it may be kept."""

    name: str
    data: bytes
    words: tuple[str, ...] | None
    syntax: str = ExplicitVRLittleEndian

    def __str__(self) -> str:
        return self.name


def nested(depth: int) -> bytes:
    """Sequences in sequences, of undefined length, `depth` deep."""
    begin = struct.pack("<HH2sHI", 0x0040, 0xA730, b"SQ", 0, 0xFFFFFFFF) + struct.pack(
        "<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF
    )
    end = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return begin * depth + end * depth


def deflated(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


def deflate_bomb(size: int) -> bytes:
    """A deflated data set whose private element inflates to `size` bytes of zero."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = identified(pixels=b"") + struct.pack("<HH2sHI", 0x7FE1, 0x1010, b"OB", 0, size)
    pieces = [compressor.compress(head)]
    zeros = b"\0" * (1 << 20)
    pieces += [compressor.compress(zeros) for _ in range(size >> 20)]
    return b"".join(pieces) + compressor.flush()


def hostile_files() -> list[Hostile]:
    """Made anew for each test run, so that nothing is a duplicate of something stored before."""
    good = part10(identified())
    bad_uid = ("uid",)
    return [
        Hostile("empty", b"", ("empty", "dicom")),
        Hostile("text", b"this is no DICOM at all, it is text " * 40, ("dicm", "uid")),
        Hostile("zeros", b"\0" * 5000, ("dicm", "uid")),
        Hostile("truncated in the file meta", good[:200], ("truncated", "end", "meta")),
        Hostile("truncated in the header", good[:420], ("truncated", "end", "uid")),
        Hostile("truncated in the pixels", good[:-8], ("truncated", "end")),
        Hostile(
            "length of 4 GiB",
            part10(identified(extra=element(0x00281199, b"UN", b"x", 0xFFFFFFF0))),
            ("end", "length", "truncated"),
        ),
        Hostile(
            "pixel length of 4 GiB",
            part10(identified(pixels=element(0x7FE00010, b"OB", b"\0" * 16, 0xFFFFFFF0))),
            ("end", "length", "truncated"),
        ),
        Hostile(
            "sequence length of 4 GiB",
            part10(identified(extra=element(0x0040A730, b"SQ", b"", 0xFFFFFFF0))),
            ("end", "length", "truncated"),
        ),
        Hostile(
            "sequences 1,000 deep",
            part10(identified(extra=nested(1000))),
            ("deep", "depth", "nested"),
        ),
        Hostile(
            "sequences 100,000 deep",
            part10(identified(extra=nested(100_000))),
            ("deep", "depth", "nested"),
        ),
        Hostile(
            "a million elements",
            part10(identified(extra=element(0x00281199, b"LO", b"") * 1_000_000)),
            ("elements", "many", "order", "twice"),
        ),
        Hostile(
            "text of 256 MiB",
            part10(identified(extra=element(0x00281199, b"UT", b"A" * (256 << 20)))),
            None,
        ),
        Hostile(
            "character set of 16 MiB",
            part10(element(0x00080005, b"UT", b"\\" * (16 << 20)) + identified()),
            None,
        ),
        Hostile(
            "deflate bomb",
            part10(deflate_bomb(3 << 30), syntax=DeflatedExplicitVRLittleEndian),
            ("inflate", "deflate"),
            DeflatedExplicitVRLittleEndian,
        ),
        Hostile(
            "deflated rubbish",
            part10(b"\xff" * 4000, syntax=DeflatedExplicitVRLittleEndian),
            ("deflate", "inflate"),
            DeflatedExplicitVRLittleEndian,
        ),
        Hostile(
            "path in the SOP Instance UID",
            part10(identified(sop="../../../../etc/passwd")),
            bad_uid,
        ),
        Hostile(
            "path in the Study Instance UID",
            part10(identified(study="../../../etc/passwd")),
            bad_uid,
        ),
        Hostile(
            "header lines in the UID",
            part10(identified(sop="1.2\r\nSet-Cookie: a=b\r\n\r\n<script>")),
            bad_uid,
        ),
        Hostile("SQL in the UID", part10(identified(series="1.2'; DROP TABLE study; --")), bad_uid),
        Hostile("NUL in the UID", part10(identified(sop="1.2\0.3.4")), bad_uid),
        Hostile("UID of 200 characters", part10(identified(sop="1." + "2" * 198)), bad_uid),
        Hostile(
            "UID in other digits",
            part10(identified(sop="1.2.٣".encode().decode("latin-1"))),
            bad_uid,
        ),
        Hostile(
            "no SOP Instance UID",
            part10(identified(without=frozenset([0x00080018]))),
            ("sop instance uid", "sopinstanceuid"),
        ),
        Hostile(
            "no Study Instance UID",
            part10(identified(without=frozenset([0x0020000D]))),
            ("study instance uid", "studyinstanceuid"),
        ),
        Hostile(
            "no Series Instance UID",
            part10(identified(without=frozenset([0x0020000E]))),
            ("series instance uid", "seriesinstanceuid"),
        ),
        Hostile(
            "no SOP Class UID", part10(identified(without=frozenset([0x00080016]))), ("sop class",)
        ),
        Hostile(
            "implicit called explicit",
            part10(struct.pack("<HHI", 8, 0x16, 4) + b"1.2\0", syntax=ExplicitVRLittleEndian),
            ("uid", "vr", "truncated", "end"),
        ),
        Hostile(
            "explicit called implicit",
            part10(identified(), syntax=ImplicitVRLittleEndian),
            None,
            ImplicitVRLittleEndian,
        ),
    ]
