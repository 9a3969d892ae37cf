"""A decoded frame and what a client asked for, put together to one picture.

The order of the steps lives here, and what can be asked for; each step has a module of its own.

References
----------
PS3.18 section 8.3.5 (parameters), PS3.4 annex N (order of the transformations).
"""

from dataclasses import dataclass
from typing import Final

from imaging.data_set import DataSet
from imaging.display import ReadBulk, Window, describe_display
from imaging.picture import Picture
from imaging.pixels import DecodedFrame
from imaging.presentation import PresentationState
from imaging.render import pixels_of
from imaging.viewport import Viewport, fitted

__all__ = [
    "ANNOTATIONS",
    "ICC_PROFILES",
    "Picture",
    "Rendering",
    "Viewport",
    "Window",
    "render_frame",
]

# Values of the parameters annotation and iccprofile (PS3.18 sections 8.3.5.1.1 and 8.3.5.1.5).
ANNOTATIONS: Final = ("patient", "technique")
ICC_PROFILES: Final = ("no", "yes", "srgb", "adobergb", "rommrgb", "displayp3")


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a client wants a picture; the default is what the data set itself says.

    Parameters
    ----------
    window
        In place of what the data set says; `function` is LINEAR, LINEAR_EXACT or SIGMOID.
    quality
        1 to 100, for encoders that lose something.
    annotations
        Of `ANNOTATIONS`.
    icc_profile
        One of `ICC_PROFILES`.
    """

    viewport: Viewport | None = None
    window: Window | None = None
    quality: int | None = None
    annotations: frozenset[str] = frozenset()
    icc_profile: str = "no"


def render_frame(
    data_set: DataSet,
    frame: DecodedFrame,
    number: int,
    rendering: Rendering,
    *,
    presentation: PresentationState | None = None,
    read_bulk: ReadBulk | None = None,
) -> Picture:
    """Make the picture of one frame.

    Parameters
    ----------
    data_set
        Of the image.
    number
        Of the frame, from 1.
    presentation
        A presentation state that references the image.
    read_bulk
        Gives the bytes of a long value of `data_set` (a table, an overlay).

    Raises
    ------
    Malformed
        When the region lies outside of the image.
    Unsupported
        When nobody knows how to show the image.
    DecodeFailed
        When what is needed to show it is missing.
    LimitExceeded
        When the picture would be too large.
    """
    display = describe_display(data_set, number, read_bulk)
    pixels = pixels_of(frame, display)
    if rendering.viewport is not None:
        pixels = fitted(pixels, rendering.viewport)
    return Picture(pixels)
