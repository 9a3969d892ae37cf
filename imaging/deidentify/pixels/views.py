"""A frame as the pictures that the search for text is shown.

What is burned in need not be seen in the window that the header proposes, so a frame of many bits
is shown twice: as it is displayed, and with all of its values.

References
----------
PS3.4 section N.2 (how stored values become a picture).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.data_set import DataSet
from imaging.errors import DecodeFailed, Unsupported
from imaging.pixels import DecodedFrame
from imaging.rendering.display import describe_display
from imaging.rendering.grayscale import stored_values
from imaging.rendering.lookup_tables import ReadBulk
from imaging.rendering.plain import pixels_of

Picture = NDArray[np.uint8]

_SCREEN_BITS: Final = 8
_NEARLY_ALL: Final = (0.2, 99.8)


def views_of(
    frame: DecodedFrame, data_set: DataSet, number: int, read_bulk: ReadBulk | None = None
) -> tuple[Picture, ...]:
    """Pictures of a frame in which its text may show, of the frame's size."""
    display = describe_display(data_set, number, read_bulk)
    try:
        shown = pixels_of(frame, display)
    except (DecodeFailed, Unsupported):
        # A palette that is missing, a colour space that nobody shows: the samples tell enough.
        return (_of_samples(frame),)
    description = frame.description
    if description.samples_per_pixel > 1 or description.bits_stored <= _SCREEN_BITS:
        return (shown,)
    plain = replace(display, window=None, voi_lut=None, stretched=True)
    return (shown, pixels_of(frame, plain)) if display != plain else (shown,)


def _of_samples(frame: DecodedFrame) -> Picture:
    """The first sample of each pixel, nearly all values between black and white."""
    description = frame.description
    values: Any = stored_values(frame).astype(np.float64)
    shape = (description.rows, description.columns)
    samples = description.samples_per_pixel
    if description.planar_configuration or samples == 1:
        plane = values[: description.pixels]
    else:
        plane = values[:: values.size // description.pixels][: description.pixels]
    low, high = np.percentile(np.nan_to_num(plane), _NEARLY_ALL)
    span = max(float(high - low), 1e-9)
    gray: Picture = np.clip((np.nan_to_num(plane) - low) * (255 / span), 0, 255).astype(np.uint8)
    return gray.reshape(shape)
