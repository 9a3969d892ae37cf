"""Stored values of a grayscale frame as 8-bit gray. Arrays in, arrays out.

Frames of up to 16 bits go through one table over all values that can be stored, so that a frame
is never held as floating point numbers.

References
----------
PS3.3 sections C.11.1 and C.11.2, PS3.5 section 8.1.1, PS3.14 is left to the screen.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.display import Display, LookupTable, Window
from imaging.pixels import DecodedFrame, FrameDescription

Array = NDArray[Any]

_MAX_TABLE_BITS: Final = 16
_MIDDLE_GRAY: Final = 128


def stored_values(frame: DecodedFrame) -> Array:
    """The samples as numbers, in the order of the bytes; bits past Bits Stored are cleared.

    References
    ----------
    PS3.5 section 8.1.1: the contents of unused bits are not to be relied on.
    """
    description = frame.description
    if description.bits_allocated == 1:
        bits = np.frombuffer(frame.data, np.uint8)
        return np.unpackbits(bits, count=description.native_bits, bitorder="little")
    if description.is_float:
        return np.frombuffer(frame.data, f"<f{description.bits_allocated // 8}")
    kind = "i" if description.pixel_representation else "u"
    values: Array = np.frombuffer(frame.data, f"<{kind}{description.bits_allocated // 8}")
    unused = description.bits_allocated - description.bits_stored
    # An arithmetic shift back spreads the sign, a logical one clears.
    return (values << unused) >> unused if unused else values


def to_gray(frame: DecodedFrame, display: Display) -> NDArray[np.uint8]:
    """Rows by columns of gray, 0 black and 255 white."""
    description = frame.description
    values = stored_values(frame).reshape(description.rows, description.columns)
    if description.is_float or description.bits_stored > _MAX_TABLE_BITS:
        gray = _shown(np.nan_to_num(values.astype(np.float64)), values, display)
    else:
        lowest, highest = _range_of(description)
        domain = np.arange(lowest, highest + 1)
        gray = _shown(domain, values, display)[values.astype(np.int32) - lowest]
    if (description.photometric_interpretation == "MONOCHROME1") != display.inverse:
        gray = 255 - gray
    return gray


def _range_of(description: FrameDescription) -> tuple[int, int]:
    bits = description.bits_stored
    if description.bits_allocated == 1:
        return 0, 1
    if description.pixel_representation:
        return -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    return 0, (1 << bits) - 1


def _shown(domain: Array, values: Array, display: Display) -> NDArray[np.uint8]:
    """Gray of every value of `domain`; `values` are the frame's, for a frame without a window."""
    modality = _modality(domain, display)
    if display.window is not None:
        return _as_gray(_windowed(modality, display.window))
    if display.voi_lut is not None:
        return _as_gray(_looked_up(modality, display.voi_lut))
    low, high = _modality(_extremes(values, display), display)
    if low == high:
        return np.full(domain.shape, 0 if high == 0 else _MIDDLE_GRAY, np.uint8)
    return _as_gray((modality - min(low, high)) / abs(high - low))


def _modality(values: Array, display: Display) -> Array:
    if display.modality_lut is not None:
        table = display.modality_lut
        return _entries(values, table).astype(np.float64)
    return values.astype(np.float64) * display.slope + display.intercept


def _extremes(values: Array, display: Display) -> Array:
    """Lowest and highest value of the frame, padding left out (PS3.3 C.7.5.1.1.2)."""
    if display.padding is not None:
        first, last = display.padding
        image = values[(values < first) | (values > last)]
        values = image if image.size else values
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
        if not values.size:
            return np.zeros(2)
    elif values.dtype == np.uint8 and values.max() <= 1:
        return np.array([0, 1])
    return np.array([values.min(), values.max()])


def _windowed(values: Array, window: Window) -> Array:
    """Values as fractions of white (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""
    center, width = window.center, window.width
    if window.function == "SIGMOID":
        return 1 / (1 + np.exp(np.clip(-4 * (values - center) / width, -700, 700)))
    if window.function == "LINEAR_EXACT":
        return (values - center) / width + 0.5
    if width <= 1:
        return (values > center - 0.5).astype(np.float64)
    return (values - (center - 0.5)) / (width - 1) + 0.5


def _looked_up(values: Array, table: LookupTable) -> Array:
    return _entries(values, table) / ((1 << table.bits) - 1)


def _entries(values: Array, table: LookupTable) -> Array:
    entries = np.array(table.entries)
    index = np.clip(values - table.first, 0, len(entries) - 1).astype(np.int64)
    found: Array = entries[index]
    return found


def _as_gray(fractions: Array) -> NDArray[np.uint8]:
    return (np.clip(fractions, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
