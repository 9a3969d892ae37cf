"""Overlay planes: one bit a pixel, beside the pixels or in bits of theirs. Reading and burning in.

References
----------
PS3.3 sections C.9.2 and C.9.3 (overlay plane, multi-frame overlay), PS3.5 section 8.1.2 and 8.3.
"""

from collections.abc import Container
from dataclasses import dataclass
from struct import unpack_from
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.data_set import DataSet, Element
from imaging.pixels import DecodedFrame
from imaging.rendering.lookup_tables import ReadBulk, piece_of

Bits = NDArray[np.bool_]

GROUPS: Final = tuple(range(0x6000, 0x6020, 2))
_FIRST_TAG, _LAST_TAG = GROUPS[0] << 16, GROUPS[-1] << 16 | 0xFFFF
MAX_OVERLAY_PIXELS: Final = 64 * 1024 * 1024
_ROWS, _COLUMNS, _FRAMES, _TYPE, _ORIGIN, _FIRST_FRAME = 0x10, 0x11, 0x15, 0x40, 0x50, 0x51
_BITS_ALLOCATED, _BIT_POSITION, _DATA = 0x100, 0x102, 0x3000
_GRAPHICS: Final = "G"


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay plane of one frame.

    Parameters
    ----------
    top, left
        Where its first pixel lies in the image, from 0; it may lie outside.
    gray
        What its set bits are drawn in.
    """

    group: int
    top: int
    left: int
    bits: Bits
    gray: int = 255

    def over(self, rows: int, columns: int) -> Bits:
        """The plane over a whole image of this size; what lies outside is cut off."""
        whole = np.zeros((rows, columns), np.bool_)
        height, width = self.bits.shape
        top, left = max(0, self.top), max(0, self.left)
        bottom, right = min(rows, self.top + height), min(columns, self.left + width)
        if top < bottom and left < right:
            part = self.bits[top - self.top : bottom - self.top, left - self.left :]
            whole[top:bottom, left:right] = part[:, : right - left]
        return whole


def read_overlays(
    data_set: DataSet,
    number: int = 1,
    *,
    frame: DecodedFrame | None = None,
    read_bulk: ReadBulk | None = None,
    groups: Container[int] | None = None,
) -> list[Overlay]:
    """The overlay planes that belong to a frame, numbered from 1; damaged ones are left out.

    Parameters
    ----------
    frame
        For planes that are bits of the pixels (retired).
    groups
        Only these; without it all that are graphics and no regions of interest.
    """
    found: list[Overlay] = []
    if not any(_FIRST_TAG <= tag <= _LAST_TAG for tag in data_set):
        return found  # as of almost every image
    for group in GROUPS:
        wanted = (
            data_set.text(group << 16 | _TYPE, _GRAPHICS) == _GRAPHICS
            if groups is None
            else group in groups
        )
        overlay = _overlay(data_set, group, number, frame, read_bulk) if wanted else None
        if overlay is not None:
            found.append(overlay)
    return found


def burnt_in(pixels: NDArray[np.uint8], overlays: list[Overlay]) -> NDArray[np.uint8]:
    """A picture with overlays drawn on it."""
    if not overlays:
        return pixels
    burnt = pixels.copy()
    for overlay in overlays:
        burnt[overlay.over(*pixels.shape[:2])] = overlay.gray
    return burnt


def _overlay(
    data_set: DataSet,
    group: int,
    number: int,
    frame: DecodedFrame | None,
    read_bulk: ReadBulk | None,
) -> Overlay | None:
    tags = group << 16
    rows, columns = data_set.integer(tags | _ROWS), data_set.integer(tags | _COLUMNS)
    if not rows or not columns or not 0 < rows * columns <= MAX_OVERLAY_PIXELS:
        return None
    index = _index(data_set, tags, number)
    if index is None:
        return None
    element = data_set.get(tags | _DATA)
    if element is None:
        bits = _in_pixels(data_set, tags, frame, (rows, columns))
    else:
        bits = _plane(element, data_set, index, (rows, columns), read_bulk)
    top, left = _origin(data_set.get(tags | _ORIGIN), data_set)
    return None if bits is None else Overlay(group, top, left, bits)


def _index(data_set: DataSet, tags: int, number: int) -> int | None:
    """Which plane of a multi-frame overlay belongs to a frame, from 0 (PS3.3 C.9.3)."""
    planes = data_set.integer(tags | _FRAMES)
    if planes is None:
        return 0
    index = number - (data_set.integer(tags | _FIRST_FRAME) or 1)
    return index if 0 <= index < planes else None


def _origin(element: Element | None, data_set: DataSet) -> tuple[int, int]:
    if element is None or element.value is None or len(element.value) < 4:
        return 0, 0
    row, column = unpack_from("<hh" if data_set.little_endian else ">hh", element.value)
    return row - 1, column - 1


def _plane(
    element: Element,
    data_set: DataSet,
    index: int,
    shape: tuple[int, int],
    read_bulk: ReadBulk | None,
) -> Bits | None:
    """One plane out of the packed bits; planes need not begin at a byte."""
    count = shape[0] * shape[1]
    first = index * count
    # Whole words, so that big endian ones can be turned.
    start, end = first // 16 * 2, (first + count + 15) // 16 * 2
    raw = piece_of(element, start, end, read_bulk)
    if len(raw) * 8 < first - start * 8 + count:
        return None
    packed = np.frombuffer(raw, np.uint8)
    if not data_set.little_endian and element.vr == "OW":
        packed = packed[: len(packed) // 2 * 2].reshape(-1, 2)[:, ::-1].reshape(-1)
    bits = np.unpackbits(packed, bitorder="little")
    plane = bits[first - start * 8 :][:count]
    return plane.astype(np.bool_).reshape(shape) if plane.size == count else None


def _in_pixels(
    data_set: DataSet, tags: int, frame: DecodedFrame | None, shape: tuple[int, int]
) -> Bits | None:
    """A plane in a bit of the pixels that stores no gray (PS3.3 C.9.2, before 2004)."""
    position = data_set.integer(tags | _BIT_POSITION)
    if frame is None or position is None:
        return None
    description = frame.description
    allocated = description.bits_allocated
    unused = description.bits_stored <= position < allocated
    if not unused or shape != (description.rows, description.columns) or allocated not in (8, 16):
        return None
    if description.samples_per_pixel != 1 or description.is_float:
        return None
    words = np.frombuffer(frame.data, f"<u{allocated // 8}").reshape(shape)
    return (words >> position & 1).astype(np.bool_)
