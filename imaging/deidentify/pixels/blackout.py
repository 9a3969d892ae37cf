"""Boxes of a native frame filled with black, and no other bit of it changed.

Only samples inside of the boxes are written; everything else is the same bytes. Native frames
come from `transcode`, so whatever was decoded is stored without loss afterwards and what was said
of a former lossy compression stays true.

References
----------
PS3.3 section C.7.6.3.1.2 (photometric interpretations), PS3.5 section 8.1 and 8.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.data_set import DataSet
from imaging.deidentify.pixels.boxes import Box
from imaging.errors import Unsupported
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.lookup_tables import Palette, ReadBulk, read_palette

Array = NDArray[Any]
FrameChange = Callable[[int, DecodedFrame], DecodedFrame]

# THE table: black of each colour space for 8 bits; chrominance of nothing is the middle.
_BLACK: Final[dict[str, tuple[int, ...]]] = {
    "RGB": (0, 0, 0),
    "YBR_FULL": (0, 128, 128),
    "YBR_FULL_422": (0, 128, 128),
    "YBR_PARTIAL_420": (16, 128, 128),
    "YBR_PARTIAL_422": (16, 128, 128),
    "HSV": (0, 0, 0),
    "ARGB": (0, 0, 0, 0),
    "CMYK": (0, 0, 0, 255),
}
_PAIRED: Final = frozenset({"YBR_FULL_422", "YBR_PARTIAL_422"})


def blackout(
    boxes: Iterable[Box], data_set: DataSet, read_bulk: ReadBulk | None = None
) -> FrameChange | None:
    """Give what fills the boxes of a frame, by its number; None when there are no boxes.

    Parameters
    ----------
    boxes
        Those of all frames and those of single ones.
    data_set
        Of the image: its palette says which index is black.
    """
    wanted = tuple(boxes)
    if not wanted:
        return None
    palette = read_palette(data_set, read_bulk)

    def change(number: int, frame: DecodedFrame) -> DecodedFrame:
        here = [box for box in wanted if box.frame in (None, number)]
        return filled(frame, here, palette)

    return change


def filled(
    frame: DecodedFrame, boxes: Iterable[Box], palette: Palette | None = None
) -> DecodedFrame:
    """The frame with its boxes black.

    Where two pixels share their chrominance (YBR_FULL_422) a box is widened to whole pairs.

    Raises
    ------
    Unsupported
        When nobody knows how black is spelled in this photometric interpretation.
    """
    description = frame.description
    clipped = [box.clipped(description.columns, description.rows) for box in boxes]
    inside = [box for box in clipped if box is not None]
    if not inside:
        return frame
    if description.bits_allocated == 1:
        return DecodedFrame(_filled_bits(frame, inside), description)
    data = bytearray(frame.data)
    kind = _sample_type(description)
    samples: Array = np.frombuffer(data, kind, count=_count(description))
    _fill(samples, inside, description, palette)
    return DecodedFrame(bytes(data), description)


def _sample_type(description: FrameDescription) -> str:
    if description.is_float:
        return f"<f{description.sample_bytes}"
    return f"<{'i' if description.pixel_representation else 'u'}{description.sample_bytes}"


def _count(description: FrameDescription) -> int:
    return description.native_bits // description.bits_allocated


def _fill(
    samples: Array, boxes: list[Box], description: FrameDescription, palette: Palette | None
) -> None:
    rows, columns = description.rows, description.columns
    photometric = description.photometric_interpretation
    if description.samples_per_pixel == 1:
        plane = samples.reshape(rows, columns)
        # Asked before anything is filled, so that every box is of the same black.
        black = _black_of_one(plane, boxes, description, palette)
        for box in boxes:
            plane[box.top : box.bottom, box.left : box.right] = black
        return
    colour = _black_of_colour(description)
    if photometric in _PAIRED:
        pairs = samples.reshape(rows, columns // 2, 4)
        for box in boxes:
            area = pairs[box.top : box.bottom, box.left // 2 : -(-box.right // 2)]
            area[...] = (colour[0], colour[0], colour[1], colour[2])
        return
    shape = (len(colour), rows, columns) if description.planar_configuration else None
    picture = samples.reshape(shape or (rows, columns, len(colour)))
    picture = np.moveaxis(picture, 0, 2) if shape else picture
    for box in boxes:
        picture[box.top : box.bottom, box.left : box.right] = colour


def _black_of_colour(description: FrameDescription) -> tuple[int, ...]:
    photometric = description.photometric_interpretation
    black = _BLACK.get(photometric)
    if black is None or len(black) != description.samples_per_pixel:
        raise Unsupported("nobody knows how black is spelled in this photometric interpretation")
    # 128 of 8 bits is the middle of as many bits as there are.
    scale = description.bits_stored - 8
    return tuple(value << scale if scale > 0 else value for value in black)


def _black_of_one(
    plane: Array, boxes: list[Box], description: FrameDescription, palette: Palette | None
) -> Any:
    """Black of one sample a pixel.

    Unsigned samples have their darkest value. Signed ones and measured quantities get the darkest
    that the rest of the frame has: a new extreme would change how the frame is windowed.
    """
    photometric = description.photometric_interpretation
    if photometric == "PALETTE COLOR":
        return _darkest_index(palette, description)
    bright = photometric == "MONOCHROME1"
    if not description.is_float and not description.pixel_representation:
        return (1 << description.bits_stored) - 1 if bright else 0
    rest = np.ones(plane.shape, bool)
    for box in boxes:
        rest[box.top : box.bottom, box.left : box.right] = False
    left = plane[rest & np.isfinite(plane)]
    if not left.size:
        return plane.dtype.type(0)
    return left.max() if bright else left.min()


def _darkest_index(palette: Palette | None, description: FrameDescription) -> int:
    if palette is None:
        return 0
    lightness = sum(np.array(table.entries[:65536]).astype(np.float64) for table in palette)
    return min(palette[0].first + int(np.argmin(lightness)), (1 << description.bits_stored) - 1)


def _filled_bits(frame: DecodedFrame, boxes: list[Box]) -> bytes:
    description = frame.description
    bits = np.unpackbits(np.frombuffer(frame.data, np.uint8), bitorder="little")
    plane = bits[: description.pixels].reshape(description.rows, description.columns)
    black = int(description.photometric_interpretation == "MONOCHROME1")
    for box in boxes:
        plane[box.top : box.bottom, box.left : box.right] = black
    return np.packbits(bits, bitorder="little").tobytes()[: len(frame.data)]
