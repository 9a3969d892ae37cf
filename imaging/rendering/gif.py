"""GIF files written picture by picture: Pillow compresses each, the frame around them is ours.

Pillow itself keeps all pictures of an animation in memory.

References
----------
GIF89a, sections 17 to 27 and appendix C; the looping block is Netscape's.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from struct import pack, unpack_from
from typing import Final

import numpy as np
from PIL import Image

from imaging.errors import LimitExceeded, Malformed
from imaging.rendering.picture import Picture

MAX_SIDE: Final = 65535
_FOR_EVER: Final = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_TRAILER: Final = b"\x3b"
_EXTENSION, _IMAGE = 0x21, 0x2C
_LOCAL_TABLE: Final = 0x80


def write_gif(
    pictures: Iterable[Picture], times_ms: Iterable[float], quality: int
) -> Iterator[bytes]:
    """Pieces of a GIF file, at least one a picture; the animation loops."""
    size: tuple[int, int] | None = None
    for picture, time in zip(pictures, times_ms, strict=False):
        if size is None:
            size = (picture.width, picture.height)
            # Some viewers heed the loop only before the first picture; one picture minds it not.
            yield _screen(*size) + _FOR_EVER
        if (picture.width, picture.height) != size:
            raise Malformed("the frames of an animation differ in size")
        yield _control(time) + _image(picture)
    if size is None:
        raise Malformed("there are no frames to animate")
    yield _TRAILER


def _screen(width: int, height: int) -> bytes:
    if max(width, height) > MAX_SIDE:
        raise LimitExceeded(f"a GIF has at most {MAX_SIDE} pixels a side")
    return b"GIF89a" + pack("<HHBBB", width, height, 0x70, 0, 0)


def _control(time_ms: float) -> bytes:
    """Graphic Control Extension: hundredths of a second; viewers slow down what is below two."""
    return pack("<BBBBHBB", _EXTENSION, 0xF9, 4, 0x04, min(65535, round(time_ms / 10)), 0, 0)


def _image(picture: Picture) -> bytes:
    """The image block of a picture with a colour table of its own."""
    image = Image.fromarray(np.ascontiguousarray(picture.pixels))
    if image.mode == "RGB":
        image = image.quantize(256, Image.Quantize.FASTOCTREE)
    out = BytesIO()
    image.save(out, "GIF", optimize=False)
    return _moved_table(out.getvalue())


def _moved_table(gif: bytes) -> bytes:
    """The first image block of a file that Pillow wrote, its colour table made a local one."""
    (packed,) = unpack_from("<B", gif, 10)
    at = 13
    table = b""
    if packed & _LOCAL_TABLE:
        table = gif[at : at + (3 << (packed & 7) + 1)]
        at += len(table)
    while gif[at] == _EXTENSION:
        at = _after_blocks(gif, at + 2)
    left, top, width, height, flags = unpack_from("<HHHHB", gif, at + 1)
    at += 10
    if flags & _LOCAL_TABLE:
        table = gif[at : at + (3 << (flags & 7) + 1)]
        at += len(table)
    bits = (len(table) // 3).bit_length() - 2
    head = pack("<BHHHHB", _IMAGE, left, top, width, height, flags & 0x40 | _LOCAL_TABLE | bits)
    return head + table + gif[at : _after_blocks(gif, at + 1)]


def _after_blocks(gif: bytes, at: int) -> int:
    """The place after a row of sub-blocks."""
    while gif[at]:
        at += 1 + gif[at]
    return at + 1
