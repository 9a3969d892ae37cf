"""A JPEG 2000 or HTJ2K code stream as a file with its colours said. Writing boxes lives here.

References
----------
ISO/IEC 15444-1 annex I (JP2), ISO/IEC 15444-15 annex D (JPH); PS3.18 section 8.3.5.1.5, note 5.
"""

from struct import pack
from typing import Final

# Enumerated colour spaces (ISO/IEC 15444-1 table I.10).
_SRGB, _GRAY = 16, 17
_SIGNATURE: Final = bytes.fromhex("0D0A870A")
_JPEG_2000_CODE: Final = 7


def in_a_file(
    codestream: bytes,
    shape: tuple[int, int, int],
    brand: bytes = b"jp2 ",
    icc_profile: bytes | None = None,
) -> bytes:
    """The file of a code stream of 8-bit samples.

    Parameters
    ----------
    shape
        Rows, columns and samples per pixel, 1 or 3.
    brand
        ``jp2 `` or ``jph ``.
    """
    rows, columns, samples = shape
    header = pack(">IIHBBBB", rows, columns, samples, 7, _JPEG_2000_CODE, 0, 0)
    boxes = (
        _box(b"jP  ", _SIGNATURE),
        _box(b"ftyp", brand + pack(">I", 0) + brand),
        _box(b"jp2h", _box(b"ihdr", header) + _box(b"colr", _colour(samples, icc_profile))),
        _box(b"jp2c", codestream),
    )
    return b"".join(boxes)


def _colour(samples: int, icc_profile: bytes | None) -> bytes:
    if icc_profile is not None:
        return bytes((2, 0, 0)) + icc_profile
    return bytes((1, 0, 0)) + pack(">I", _GRAY if samples == 1 else _SRGB)


def _box(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content) + 8) + kind + content
