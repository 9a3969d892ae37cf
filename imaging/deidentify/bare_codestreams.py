"""Codestreams without what is no picture: comments, EXIF, thumbnails, bytes behind their end.

What a compressed frame can hide may live here. Everything is blanked where it lies, so no length
and no offset changes, and no sample does. A codestream that breaks off is blanked as far as it can
be followed.

References
----------
ITU-T T.81 annex B (JPEG; JPEG-LS follows it in ITU-T T.87 annex C), ITU-T T.800 annexes A
(JPEG 2000) and I (its boxes), PS3.5 section A.4.
"""

from __future__ import annotations

import re
from typing import Final

_SOI, _SOC = b"\xff\xd8", b"\xff\x4f\xff\x51"
_BOX_SIGNATURES: Final = (b"\0\0\0\x0cjP  ", b"\0\0\0\x0cJXL ")
# In entropy-coded data a marker is FF and a byte that stuffing never leaves there.
_NEXT_MARKER: Final = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")
_EOI, _SOS, _APP_0, _APP_15, _COM = 0xD9, 0xDA, 0xE0, 0xEF, 0xFE
_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})
# How applications call what a decoder needs: the colours, and how they were transformed. The
# rest of a JFIF segment is a thumbnail.
_NEEDED: Final = ((b"JFIF\0", 14), (b"Adobe", 12), (b"SPIFF\0", 30), (b"\0\0\0\1", 6), (b"mrfx", 5))
_J2K_SOT, _J2K_SOD, _J2K_COM, _J2K_EOC = 0xFF90, 0xFF93, 0xFF64, 0xFFD9
_NO_PIXELS: Final = frozenset(
    {b"xml ", b"uuid", b"uinf", b"free", b"skip", b"Exif", b"jumb", b"brob"}
)
_CODESTREAM_BOX: Final = b"jp2c"


def starts_codestream(data: bytes) -> bool:
    """Whether a fragment is the first of a codestream that `bare` can follow."""
    return data.startswith((_SOI, _SOC, *_BOX_SIGNATURES))


def bare(frame: bytes) -> bytes:
    """Give the same codestream, as long as before, with all blanked that is no picture."""
    out = bytearray(frame)
    if frame.startswith(_SOI):
        _bare_jpeg(out)
    elif frame.startswith(_SOC):
        _bare_jpeg_2000(out, 0, len(out))
    elif frame.startswith(_BOX_SIGNATURES):
        _bare_boxes(out)
    return bytes(out)


def _blank(out: bytearray, start: int, end: int) -> None:
    end = min(end, len(out))
    if start < end:
        out[start:end] = bytes(end - start)


def _bare_jpeg(out: bytearray) -> None:
    at = 2
    while at + 4 <= len(out) and out[at] == 0xFF:
        marker = out[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            _blank(out, at + 2, len(out))
            return
        if marker in _WITHOUT_LENGTH:
            at += 2
            continue
        end = at + 2 + int.from_bytes(out[at + 2 : at + 4], "big")
        if _APP_0 <= marker <= _APP_15:
            _blank(out, at + 4 + _needed(out, at + 4), end)
        elif marker == _COM:
            _blank(out, at + 4, end)
        at = _after_scan(out, end) if marker == _SOS else end
    if at + 2 <= len(out) and out[at : at + 2] == bytes((0xFF, _EOI)):
        _blank(out, at + 2, len(out))


def _needed(out: bytearray, at: int) -> int:
    return next((length for name, length in _NEEDED if out.startswith(name, at)), 0)


def _after_scan(out: bytearray, at: int) -> int:
    found = _NEXT_MARKER.search(out, at)
    return found.start() if found else len(out)


def _bare_jpeg_2000(out: bytearray, at: int, end: int) -> None:
    """Follow the main header and every tile-part."""
    at += 2
    while at + 4 <= end:
        marker = int.from_bytes(out[at : at + 2], "big")
        if marker == _J2K_EOC:
            break
        if marker == _J2K_SOT:
            length = int.from_bytes(out[at + 6 : at + 10], "big")
            after = at + length if length else _last_end(out, end)
            _bare_markers(out, at + 12, min(after, end))
            at = after
            continue
        at = _bare_marker(out, at, marker)
    if out[at : at + 2] == b"\xff\xd9":
        _blank(out, at + 2, end)


def _bare_markers(out: bytearray, at: int, end: int) -> None:
    """Follow the header of a tile-part."""
    while at + 4 <= end:
        marker = int.from_bytes(out[at : at + 2], "big")
        if marker == _J2K_SOD or marker < 0xFF00:
            return
        at = _bare_marker(out, at, marker)


def _bare_marker(out: bytearray, at: int, marker: int) -> int:
    end = at + 2 + max(2, int.from_bytes(out[at + 2 : at + 4], "big"))
    if marker == _J2K_COM:
        # Behind the length there is a word that says whether this is text.
        _blank(out, at + 6, end)
    return end


def _last_end(out: bytearray, end: int) -> int:
    found = out.rfind(b"\xff\xd9", 0, end)
    return found if found >= 0 else end


def _bare_boxes(out: bytearray) -> None:
    at = 0
    while at + 8 <= len(out):
        length, kind = int.from_bytes(out[at : at + 4], "big"), bytes(out[at + 4 : at + 8])
        head = 8
        if length == 1:
            length, head = int.from_bytes(out[at + 8 : at + 16], "big"), 16
        end = len(out) if length == 0 else at + max(length, head)
        if kind in _NO_PIXELS:
            _blank(out, at + head, end)
        elif kind == _CODESTREAM_BOX:
            _bare_jpeg_2000(out, at + head, min(end, len(out)))
        at = end
