"""A native frame as a picture that a browser shows.

What puts the steps together lives here: `grayscale` and `colour` make 8-bit pictures, `display`
says how the data set wants them.

References
----------
PS3.18 section 8.3.5, PS3.4 annex N (order of the transformations).
"""

from io import BytesIO
from typing import Final

from PIL import Image

from imaging.colour import from_palette, from_samples
from imaging.display import Display, describe_display, representative_frame
from imaging.errors import LimitExceeded
from imaging.grayscale import to_gray
from imaging.pixels import DecodedFrame

__all__ = ["Display", "describe_display", "picture", "render_jpeg", "representative_frame"]

MAX_SIDE: Final = 16384
MAX_PIXELS: Final = 256 * 1024 * 1024


def picture(frame: DecodedFrame, display: Display) -> Image.Image:
    """The whole frame, in modes L or RGB.

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
    if description.samples_per_pixel == 1:
        return Image.fromarray(to_gray(frame, display))
    return from_samples(frame)


def render_jpeg(
    frame: DecodedFrame, display: Display, max_side: int = 256, quality: int = 85
) -> bytes:
    """A JPEG of a frame, no side longer than `max_side` pixels and never enlarged.

    Raises
    ------
    ImagingError
        As `picture`.
    """
    image = picture(frame, display)
    side = min(max_side, MAX_SIDE)
    image.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
