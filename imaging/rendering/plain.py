"""A native frame as 8-bit gray or RGB, and as the small JPEG that stands for it.

What puts `grayscale` and `colour` together lives here; `display` says how the data set wants it.
What a client may ask for beyond that is `rendering`.

References
----------
PS3.18 section 8.3.5, PS3.4 annex N (order of the transformations).
"""

from io import BytesIO
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.errors import LimitExceeded
from imaging.pixels import DecodedFrame
from imaging.rendering.colour import from_palette, from_samples, pseudo_coloured, supplemented
from imaging.rendering.display import Display, describe_display, representative_frame
from imaging.rendering.grayscale import to_gray

__all__ = [
    "Display",
    "describe_display",
    "picture",
    "pixels_of",
    "render_jpeg",
    "representative_frame",
]

MAX_SIDE: Final = 16384
MAX_PIXELS: Final = 256 * 1024 * 1024


def pixels_of(frame: DecodedFrame, display: Display) -> NDArray[np.uint8]:
    """The whole frame: rows by columns of gray, or by red, green and blue.

    Raises
    ------
    DecodeFailed
        When bytes or tables are missing.
    Unsupported
        When nobody knows how to show the photometric interpretation.
    LimitExceeded
        When the frame has more than `MAX_PIXELS`.
    """
    description = frame.description
    if description.pixels > MAX_PIXELS:
        raise LimitExceeded(f"a picture has more than {MAX_PIXELS} pixels")
    if description.photometric_interpretation == "PALETTE COLOR":
        return from_palette(frame, display)
    if description.samples_per_pixel != 1:
        return from_samples(frame)
    gray = to_gray(frame, display)
    if display.pseudo_palette is not None:
        return pseudo_coloured(gray, display.pseudo_palette)
    if display.palette is not None:
        return supplemented(gray, frame, display.palette)
    return gray


def picture(frame: DecodedFrame, display: Display) -> Image.Image:
    """The whole frame, in modes L or RGB; raises as `pixels_of`."""
    return Image.fromarray(pixels_of(frame, display))


def render_jpeg(
    frame: DecodedFrame, display: Display, max_side: int = 256, quality: int = 85
) -> bytes:
    """A JPEG of a frame, no side longer than `max_side` pixels and never enlarged.

    Raises
    ------
    ImagingError
        As `pixels_of`.
    """
    image = picture(frame, display)
    side = min(max_side, MAX_SIDE)
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
