"""What a compressed frame says of itself in its first bytes. Reading headers lives here, no pixels.

A decoder reserves memory for what the codestream declares, not for what the data set does; this
is how that is known before a decoder sees it.

References
----------
ISO/IEC 10918-1 (JPEG: frame header), ISO/IEC 14495-1 (JPEG-LS), ISO/IEC 15444-1 A.5.1 (SIZ).
"""

from dataclasses import dataclass
from struct import unpack_from
from typing import Final

# Start of frame of every JPEG process, and of JPEG-LS (SOF55).
_FRAME_HEADERS: Final = frozenset(
    {*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0), 0xF7}
)
# Markers without a segment: TEM, RSTn, SOI.
_BARE_MARKERS: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_SCAN, _ADOBE, _JFIF = 0xDA, 0xEE, 0xE0
_MAX_SEGMENTS = 10_000


@dataclass(frozen=True, slots=True)
class Codestream:
    """The image that a codestream declares.

    Parameters
    ----------
    process
        Second byte of the JPEG frame header's marker (0xC0 is baseline); 0 for JPEG 2000.
    adobe_transform
        Of a JPEG's Adobe marker: 0 the components are not transformed, 1 they are YCbCr; None
        when there is no such marker.
    """

    rows: int
    columns: int
    components: int
    precision: int
    process: int = 0
    component_ids: bytes = b""
    adobe_transform: int | None = None
    jfif: bool = False

    @property
    def is_ycbcr(self) -> bool | None:
        """Whether a JPEG says that its colours are YCbCr; None when it says nothing."""
        if self.adobe_transform is not None:
            return self.adobe_transform == 1
        if self.component_ids in (b"RGB", b"rgb"):
            return False
        return True if self.jfif else None


def read_codestream(data: bytes) -> Codestream | None:
    """Read the header of a JPEG, JPEG-LS or JPEG 2000 codestream; None when it is none."""
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    if data[:4] == b"\xff\x4f\xff\x51":
        return _jpeg_2000(data, 4)
    if data[4:8] == b"jP  ":
        # A whole JP2 file, which PS3.5 A.4.4 forbids and real files have.
        start = data.find(b"\xff\x4f\xff\x51", 0, 65536)
        return _jpeg_2000(data, start + 4) if start >= 0 else None
    return None


def _jpeg_2000(data: bytes, offset: int) -> Codestream | None:
    if len(data) < offset + 39:
        return None
    right, bottom, left, top = unpack_from(">4I", data, offset + 4)
    components, depth = unpack_from(">HB", data, offset + 36)
    return Codestream(bottom - top, right - left, components, (depth & 0x7F) + 1)


def _jpeg(data: bytes) -> Codestream | None:
    offset, adobe, jfif = 2, None, False
    for _ in range(_MAX_SEGMENTS):
        marker, offset = _next_marker(data, offset)
        if marker is None or marker == _START_OF_SCAN or offset + 2 > len(data):
            return None
        if marker in _BARE_MARKERS:
            continue
        (length,) = unpack_from(">H", data, offset)
        segment = data[offset + 2 : offset + length]
        if marker == _ADOBE and segment[:5] == b"Adobe" and len(segment) >= 12:
            adobe = segment[11]
        elif marker == _JFIF and segment[:4] == b"JFIF":
            jfif = True
        elif marker in _FRAME_HEADERS:
            return _frame_header(segment, marker, adobe, jfif)
        offset += max(length, 2)
    return None


def _next_marker(data: bytes, offset: int) -> tuple[int | None, int]:
    """The next marker from here, and the offset after it; fill bytes are skipped."""
    start = data.find(b"\xff", offset)
    while start >= 0 and start + 1 < len(data):
        if data[start + 1] not in (0x00, 0xFF):
            return data[start + 1], start + 2
        start = data.find(b"\xff", start + 1)
    return None, len(data)


def _frame_header(segment: bytes, marker: int, adobe: int | None, jfif: bool) -> Codestream | None:
    if len(segment) < 6:
        return None
    precision, rows, columns, components = unpack_from(">BHHB", segment)
    ids = segment[6 : 6 + 3 * components : 3]
    return Codestream(rows, columns, components, precision, marker, ids, adobe, jfif)
