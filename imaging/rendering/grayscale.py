"""Stored values of a grayscale frame as 8-bit gray. Arrays in, arrays out.

Frames of up to 16 bits go through one table over all values that can be stored, so that a frame
is never held as floating point numbers.

References
----------
PS3.3 sections C.11.1, C.11.2 and C.11.6, PS3.4 section N.2.1, PS3.5 section 8.1.1. PS3.14 is left
to the screen.
"""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.pixels import DecodedFrame
from imaging.rendering.display import Display, LookupTable, Window

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
    shape = (description.rows, description.columns)
    inverse = display.inverse
    if inverse is None:
        # PS3.3 C.8.11.3: a MONOCHROME1 image says INVERSE too, and means the same by it.
        inverse = description.photometric_interpretation == "MONOCHROME1"
    if description.is_float or description.bits_stored > _MAX_TABLE_BITS:
        values = stored_values(frame).reshape(shape)
        return _grays_of(np.nan_to_num(values.astype(np.float64)), values, display, inverse)
    table = _table(frame, display, inverse)
    return np.take(table, _patterns(frame)).reshape(shape)


def lookup(values: Array, table: LookupTable) -> Array:
    """The entries for values; what lies outside of the table has its first or last entry."""
    entries = np.array(table.entries)
    wide = values.astype(np.int64) if values.dtype.kind in "iu" else values
    index = np.clip(wide - table.first, 0, len(entries) - 1).astype(np.int64)
    found: Array = entries[index]
    return found


def span_of(frame: DecodedFrame, display: Display) -> tuple[float, float]:
    """The lowest and highest value of a frame after the modality stage, padding left out."""
    ends = _modality(_extremes(stored_values(frame), display), display)
    return float(ends.min()), float(ends.max())


def _patterns(frame: DecodedFrame) -> Array:
    """The samples as unsigned numbers of Bits Stored bits, whatever they mean."""
    description = frame.description
    if description.bits_allocated == 1:
        return stored_values(frame)
    patterns = np.frombuffer(frame.data, f"<u{description.bits_allocated // 8}")
    if description.bits_stored == description.bits_allocated:
        return patterns
    masked: Array = patterns & patterns.dtype.type((1 << description.bits_stored) - 1)
    return masked


def _table(frame: DecodedFrame, display: Display, inverse: bool) -> NDArray[np.uint8]:
    """The gray of every pattern that can be stored."""
    description = frame.description
    bits = 1 if description.bits_allocated == 1 else description.bits_stored
    is_signed = bool(description.pixel_representation)
    tables = (display.modality_lut, display.voi_lut, display.presentation_lut)
    if display.window is None or any(table is not None for table in tables):
        return _grays_of(_domain(bits, is_signed), frame, display, inverse)
    rescale = (display.slope, display.intercept)
    return _window_table(bits, is_signed, display.window, rescale, display.padding, inverse)


@lru_cache(maxsize=16)  # of 64 KiB at most; the slices of a series share one
def _window_table(
    bits: int,
    is_signed: bool,
    window: Window,
    rescale: tuple[float, float],
    padding: tuple[float, float] | None,
    inverse: bool,
) -> NDArray[np.uint8]:
    """The gray of every pattern, where it depends on nothing but a window and a rescale."""
    domain = _domain(bits, is_signed)
    display = Display(slope=rescale[0], intercept=rescale[1], window=window, padding=padding)
    grays = _grays_of(domain, domain, display, inverse)
    grays.flags.writeable = False
    return grays


def _domain(bits: int, is_signed: bool) -> Array:
    """What each pattern of so many bits means, from 0 on."""
    domain = np.arange(1 << bits)
    if is_signed and bits > 1:
        domain[1 << (bits - 1) :] -= 1 << bits
    return domain


def _grays_of(
    domain: Array, shown: Array | DecodedFrame, display: Display, inverse: bool
) -> NDArray[np.uint8]:
    gray = _as_gray(_presented(_fractions(domain, shown, display), display))
    gray = 255 - gray if inverse else gray
    if display.padding is not None:
        first, last = display.padding
        gray[(domain >= first) & (domain <= last)] = 0
    return gray


def _fractions(domain: Array, shown: Array | DecodedFrame, display: Display) -> Array:
    """Fractions of white for every value of `domain`, after the modality and VOI stages.

    `shown` are the frame's own values, for a frame without window and table.
    """
    modality = _modality(domain, display)
    if display.window is not None:
        return _windowed(modality, display.window)
    if display.voi_lut is not None:
        return lookup(modality, display.voi_lut) / ((1 << display.voi_lut.bits) - 1)
    low, high = _span(domain, shown, display)
    if low == high:
        return np.full(domain.shape, 0.0 if high == 0 else _MIDDLE_GRAY / 255)
    return (modality - low) / (high - low)


def _span(domain: Array, shown: Array | DecodedFrame, display: Display) -> tuple[float, float]:
    """What is black and what is white where neither window nor table says it."""
    if display.stretched:
        if isinstance(shown, DecodedFrame):
            return span_of(shown, display)
        ends = _modality(_extremes(shown, display), display)
    elif display.modality_lut is not None:
        return 0.0, float((1 << display.modality_lut.bits) - 1)
    else:
        ends = _modality(np.array([domain.min(), domain.max()]), display)
    return float(ends.min()), float(ends.max())


def _modality(values: Array, display: Display) -> Array:
    if display.modality_lut is not None:
        return lookup(values, display.modality_lut).astype(np.float64)
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
    lowest = 0 if display.labels else values.min()
    return np.array([lowest, values.max()])


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


def _presented(fractions: Array, display: Display) -> Array:
    """The output of a presentation LUT, whose input range the VOI stage's output spans."""
    table = display.presentation_lut
    if table is None:
        return fractions
    index = np.clip(fractions, 0.0, 1.0) * (len(table.entries) - 1)
    entries = np.array(table.entries, np.float64)
    presented: Array = entries[(index + 0.5).astype(np.int64)] / ((1 << table.bits) - 1)
    return presented


def _as_gray(fractions: Array) -> NDArray[np.uint8]:
    return (np.clip(fractions, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)
