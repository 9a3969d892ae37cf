"""A frame as somebody must see it who decides whether it identifies the patient.

Not how a viewer shows it: nothing that the header lays over the pixels (shutter, overlay) and
nothing that it calls background (padding) may hide what the pixels say, and no window may either.
So there are several views, of the frame's own size, of which one spreads every value that occurs.

References
----------
PS3.15 section E.3.1 (Clean Pixel Data Option).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.data_set import DataSet
from imaging.errors import LimitExceeded
from imaging.pixels import DecodedFrame
from imaging.rendering.display import Display, ReadBulk, Window, describe_display
from imaging.rendering.grayscale import span_of, stored_values
from imaging.rendering.picture import Picture
from imaging.rendering.plain import pixels_of

max_pixels = 64 << 20
"""Of a frame that is shown whole."""

_LEVELS: Final = 1 << 16

Pixels = NDArray[np.uint8]


def inspect_frame(
    data_set: DataSet,
    frame: DecodedFrame,
    number: int,
    view: str,
    read_bulk: ReadBulk | None = None,
) -> Picture:
    """Make the picture of a frame in one of `VIEWS`; a pixel of it is a pixel of the frame.

    Raises
    ------
    ImagingError
        The frame cannot be shown, or has more than `max_pixels`.
    """
    if frame.description.pixels > max_pixels:
        raise LimitExceeded(f"a frame of more than {max_pixels} pixels cannot be shown whole")
    display = replace(describe_display(data_set, number, read_bulk), padding=None)
    return Picture(VIEWS[view](frame, display))


def _usual(frame: DecodedFrame, display: Display) -> Pixels:
    """Through the window or the table of the header."""
    return pixels_of(frame, display)


def _whole(frame: DecodedFrame, display: Display) -> Pixels:
    """The lowest value of a gray frame black, the highest white."""
    if not _is_gray(frame):
        return pixels_of(frame, display)
    open_display = replace(display, voi_lut=None, labels=False, window=None)
    low, high = span_of(frame, open_display)
    if low == high:
        return pixels_of(frame, open_display)
    window = Window((low + high) / 2, high - low, "LINEAR_EXACT")
    return pixels_of(frame, replace(open_display, window=window))


def _even(frame: DecodedFrame, display: Display) -> Pixels:
    """Every value that occurs as far from the next as it is frequent: faint text stands out."""
    if _is_gray(frame):
        shape = (frame.description.rows, frame.description.columns)
        count = shape[0] * shape[1]
        return _spread(_as_levels(stored_values(frame)[:count])).reshape(shape)
    pixels = pixels_of(frame, display)
    planes = np.atleast_3d(pixels)
    spread = [_spread(planes[..., plane].ravel()) for plane in range(planes.shape[2])]
    return np.stack(spread, axis=-1).reshape(pixels.shape)


def _is_gray(frame: DecodedFrame) -> bool:
    return frame.description.photometric_interpretation.startswith("MONOCHROME")


def _as_levels(values: NDArray[Any]) -> NDArray[Any]:
    """The values as whole numbers from 0, at most `_LEVELS` of them."""
    finite = np.nan_to_num(values.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = float(finite.min()), float(finite.max())
    step = max(1.0, (high - low) / (_LEVELS - 1)) if values.dtype.kind in "iu" else 0.0
    step = step or (high - low) / (_LEVELS - 1) or 1.0
    return ((finite - low) / step).astype(np.int32)


def _spread(levels: NDArray[Any]) -> Pixels:
    """Each level as the share of samples below it and in it, 0 to 255."""
    up_to = np.cumsum(np.bincount(levels))
    first = up_to[up_to > 0][0]
    spread = (up_to - first) * 255.0 / max(1, up_to[-1] - first)
    table: Pixels = np.rint(spread.clip(0, 255)).astype(np.uint8)
    spread_out: Pixels = table[levels]
    return spread_out


VIEWS: Final[Mapping[str, Callable[[DecodedFrame, Display], Pixels]]] = MappingProxyType(
    {"usual": _usual, "whole": _whole, "even": _even}
)
"""Ways to see a frame: as its header says, all of its range, and all differences."""
