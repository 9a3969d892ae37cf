"""Samples of a colour frame as 8-bit RGB: planes, subsampling, colour models, palettes.

References
----------
PS3.3 sections C.7.6.3.1.2 (photometric interpretations), C.7.6.3.1.5 (palettes) and C.7.6.19
(supplemental palettes).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.errors import DecodeFailed, Unsupported
from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.display import Display, LookupTable
from imaging.rendering.grayscale import stored_values
from imaging.rendering.lookup_tables import Palette

Array = NDArray[Any]
Colours = NDArray[np.uint8]


def from_samples(frame: DecodedFrame) -> Colours:
    """Rows by columns by red, green and blue of a frame with three or four samples a pixel."""
    description = frame.description
    model = _MODELS.get((description.samples_per_pixel, description.photometric_interpretation))
    if model is None:
        raise Unsupported("there is no rendering for the photometric interpretation")
    return model(_to_8_bit(_by_pixel(stored_values(frame), description), description))


def from_palette(frame: DecodedFrame, display: Display) -> Colours:
    """Rows by columns by red, green and blue of a PALETTE COLOR frame."""
    description = frame.description
    if display.palette is None:
        raise DecodeFailed("the palette is missing")
    values = stored_values(frame).reshape(description.rows, description.columns)
    return coloured(values, display.palette)


def supplemented(gray: Colours, frame: DecodedFrame, palette: Palette) -> Colours:
    """A gray picture with the colours of a supplemental palette, where it maps stored values."""
    description = frame.description
    values = stored_values(frame).reshape(description.rows, description.columns)
    mapped = values >= palette[0].first
    pixels = np.repeat(gray[..., None], 3, axis=2)
    pixels[mapped] = coloured(values[mapped], palette)
    return pixels


def pseudo_coloured(gray: Colours, palette: Palette) -> Colours:
    """A gray picture in colours: black to white span the entries of a palette."""
    # PS3.4 N.2.3: the VOI stage's output is the input of the palette, over its whole range.
    count = len(palette[0].entries)
    values = (gray.astype(np.int64) * (count - 1) + 127) // 255 + palette[0].first
    return coloured(values, palette)


def coloured(values: Array, palette: Palette) -> Colours:
    """Values looked up in three tables; a last axis of red, green and blue is added."""
    return np.stack([_through(values, table) for table in palette], axis=-1)


def _through(values: Array, table: LookupTable) -> Colours:
    entries = np.array(table.entries)
    # Some writers put 8-bit entries where the descriptor says 16.
    shift = max(0, table.bits - 8) if entries.max(initial=0) > 255 else 0
    gray = np.clip(entries >> shift, 0, 255).astype(np.uint8)
    index = np.clip(values.astype(np.int64) - table.first, 0, len(gray) - 1)
    shown: Colours = gray[index]
    return shown


def _by_pixel(samples: Array, description: FrameDescription) -> Array:
    rows, columns, count = description.rows, description.columns, description.samples_per_pixel
    full = rows * columns * count
    if samples.size >= full:
        # A frame that is called subsampled is often not.
        pixels = samples[:full]
        if description.planar_configuration == 1:
            return np.moveaxis(pixels.reshape(count, rows, columns), 0, 2)
        return pixels.reshape(rows, columns, count)
    if count != 3 or samples.size < rows * columns * 2 or columns % 2:
        raise DecodeFailed("the frame is shorter than the data set says")
    return _at_full_width(samples[: rows * columns * 2].reshape(rows, columns // 2, 4))


def _at_full_width(pairs: Array) -> Array:
    """Pairs of pixels as Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2, YBR_FULL_422) as single pixels."""
    rows, half, _ = pairs.shape
    pixels = np.empty((rows, half * 2, 3), pairs.dtype)
    pixels[:, 0::2, 0], pixels[:, 1::2, 0] = pairs[:, :, 0], pairs[:, :, 1]
    pixels[:, :, 1:] = np.repeat(pairs[:, :, 2:], 2, axis=1)
    return pixels


def _to_8_bit(pixels: Array, description: FrameDescription) -> Colours:
    bits = description.bits_stored
    if bits < 8:
        most = (1 << bits) - 1
        scaled: Colours = ((pixels.astype(np.uint16) * 255 + most // 2) // most).astype(np.uint8)
        return scaled
    return np.ascontiguousarray((pixels >> (bits - 8)).astype(np.uint8))


def _rgb(pixels: Colours) -> Colours:
    return pixels


def _by_pillow(mode: str) -> Callable[[Colours], Colours]:
    # PS3.3 C.7.6.3.1.2 has the matrix of JFIF, which is Pillow's.
    def model(pixels: Colours) -> Colours:
        rows, columns = pixels.shape[:2]
        image = Image.frombytes(mode, (columns, rows), np.ascontiguousarray(pixels).tobytes())
        return np.asarray(image.convert("RGB"))

    return model


def _ybr_partial(pixels: Colours) -> Colours:
    """YBR_PARTIAL has Y from 16 to 235 and chrominance from 16 to 240."""
    scaled = pixels.astype(np.float32)
    scaled[..., 0] = (scaled[..., 0] - 16) * (255 / 219)
    scaled[..., 1:] = (scaled[..., 1:] - 128) * (255 / 224) + 128
    return _by_pillow("YCbCr")(np.clip(scaled + 0.5, 0, 255).astype(np.uint8))


def _cmyk(pixels: Colours) -> Colours:
    """Retired; ink that is there twice is no blacker than black."""
    black = pixels[..., 3:].astype(np.int16)
    light = 255 - pixels[..., :3].astype(np.int16) - black
    shown: Colours = np.clip(light, 0, 255).astype(np.uint8)
    return shown


# THE table: what makes red, green and blue of so many samples of a photometric interpretation.
_MODELS: Final[Mapping[tuple[int, str], Callable[[Colours], Colours]]] = MappingProxyType(
    {
        # Codecs undo the transforms of these.
        **dict.fromkeys(((3, name) for name in ("RGB", "YBR_ICT", "YBR_RCT", "XYB")), _rgb),
        **dict.fromkeys(((3, name) for name in ("YBR_FULL", "YBR_FULL_422")), _by_pillow("YCbCr")),
        **dict.fromkeys(
            ((3, name) for name in ("YBR_PARTIAL_422", "YBR_PARTIAL_420")), _ybr_partial
        ),
        (3, "HSV"): _by_pillow("HSV"),
        (4, "CMYK"): _cmyk,
    }
)
