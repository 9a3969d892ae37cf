"""Samples of a colour frame as 8-bit RGB or YCbCr pictures: planes, subsampling, palettes.

References
----------
PS3.3 sections C.7.6.3.1.2 (photometric interpretations) and C.7.6.3.1.5 (palettes).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.display import Display, LookupTable
from imaging.errors import DecodeFailed, Unsupported
from imaging.grayscale import stored_values
from imaging.pixels import DecodedFrame, FrameDescription

Array = NDArray[Any]

_FULL_RANGE = frozenset({"YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422"})
_RGB = frozenset({"RGB", "YBR_ICT", "YBR_RCT", "XYB"})


def from_samples(frame: DecodedFrame) -> Image.Image:
    """A picture of a frame with three samples a pixel, in RGB."""
    description = frame.description
    photometric = description.photometric_interpretation
    if description.samples_per_pixel != 3 or photometric not in _FULL_RANGE | _RGB:
        raise Unsupported("there is no rendering for the photometric interpretation")
    pixels = _to_8_bit(_by_pixel(stored_values(frame), description), description)
    if photometric in _RGB:
        return Image.fromarray(pixels)
    if photometric == "YBR_PARTIAL_422":
        pixels = _stretched(pixels)
    # PS3.3 C.7.6.3.1.2 has the matrix of JFIF, which is Pillow's.
    size = (description.columns, description.rows)
    return Image.frombytes("YCbCr", size, pixels.tobytes()).convert("RGB")


def from_palette(frame: DecodedFrame, display: Display) -> Image.Image:
    """A picture of a PALETTE COLOR frame, in RGB."""
    description = frame.description
    if display.palette is None:
        raise DecodeFailed("the palette is missing")
    values = stored_values(frame).reshape(description.rows, description.columns)
    channels = [_through(values, table) for table in display.palette]
    return Image.fromarray(np.stack(channels, axis=2))


def _through(values: Array, table: LookupTable) -> NDArray[np.uint8]:
    entries = np.array(table.entries)
    # Some writers put 8-bit entries where the descriptor says 16.
    shift = max(0, table.bits - 8) if entries.max(initial=0) > 255 else 0
    gray = np.clip(entries >> shift, 0, 255).astype(np.uint8)
    first = table.first
    index = np.clip(values.astype(np.int64) - first, 0, len(gray) - 1)
    shown: NDArray[np.uint8] = gray[index]
    return shown


def _by_pixel(samples: Array, description: FrameDescription) -> Array:
    rows, columns = description.rows, description.columns
    full = rows * columns * 3
    if samples.size >= full:
        # A frame that is called subsampled is often not.
        pixels = samples[:full]
        if description.planar_configuration == 1:
            return np.moveaxis(pixels.reshape(3, rows, columns), 0, 2)
        return pixels.reshape(rows, columns, 3)
    if samples.size < rows * columns * 2 or columns % 2:
        raise DecodeFailed("the frame is shorter than the data set says")
    return _at_full_width(samples[: rows * columns * 2].reshape(rows, columns // 2, 4))


def _at_full_width(pairs: Array) -> Array:
    """Pairs of pixels as Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2, YBR_FULL_422) as single pixels."""
    rows, half, _ = pairs.shape
    pixels = np.empty((rows, half * 2, 3), pairs.dtype)
    pixels[:, 0::2, 0], pixels[:, 1::2, 0] = pairs[:, :, 0], pairs[:, :, 1]
    pixels[:, :, 1:] = np.repeat(pairs[:, :, 2:], 2, axis=1)
    return pixels


def _to_8_bit(pixels: Array, description: FrameDescription) -> NDArray[np.uint8]:
    shift = max(0, description.bits_stored - 8)
    return np.ascontiguousarray((pixels >> shift).astype(np.uint8))


def _stretched(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """YBR_PARTIAL as YBR_FULL: Y from 16..235, chrominance from 16..240."""
    scaled = pixels.astype(np.float32)
    scaled[..., 0] = (scaled[..., 0] - 16) * (255 / 219)
    scaled[..., 1:] = (scaled[..., 1:] - 128) * (255 / 224) + 128
    stretched: NDArray[np.uint8] = np.clip(scaled + 0.5, 0, 255).astype(np.uint8)
    return stretched
