"""A decoded frame and what a client asked for, put together to one picture.

The order of the steps lives here, and what can be asked for; each step has a module of its own.

References
----------
PS3.18 section 8.3.5 (parameters), PS3.4 annex N (order of the transformations).
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.data_set import DataSet
from imaging.errors import Malformed, Unsupported
from imaging.pixels import DecodedFrame
from imaging.rendering.annotations import annotated
from imaging.rendering.colour_spaces import in_colour_space
from imaging.rendering.display import Display, ReadBulk, Window, describe_display, pixel_aspect
from imaging.rendering.displayed_area import Placement, cut_out, turned
from imaging.rendering.graphic_drawing import drawn
from imaging.rendering.grayscale import span_of
from imaging.rendering.icc_profiles import COLOUR_SPACES
from imaging.rendering.overlays import Overlay, burnt_in, read_overlays
from imaging.rendering.picture import Picture
from imaging.rendering.plain import pixels_of
from imaging.rendering.presentation import PresentationState
from imaging.rendering.shutters import closed, read_shutter
from imaging.rendering.viewport import Viewport, check_size, fitted, fitted_size, resized

__all__ = [
    "ANNOTATIONS",
    "ICC_PROFILES",
    "Picture",
    "Rendering",
    "Viewport",
    "Window",
    "render_frame",
    "steadied",
]

# Values of the parameters annotation and iccprofile (PS3.18 sections 8.3.5.1.1 and 8.3.5.1.5).
ANNOTATIONS: Final = ("patient", "technique")
ICC_PROFILES: Final = ("no", "yes", *COLOUR_SPACES)
_SOP_INSTANCE_UID: Final = 0x00080018

Pixels = NDArray[np.uint8]


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
        When the region lies outside of the image, or the presentation state is for other images.
    Unsupported
        When nobody knows how to show the image, or a window is asked for one in colours.
    DecodeFailed
        When what is needed to show it is missing.
    LimitExceeded
        When the picture would be too large.
    """
    display = describe_display(data_set, number, read_bulk)
    if presentation is None:
        pixels = pixels_of(frame, _windowed(display, frame, rendering.window))
        overlays = read_overlays(data_set, number, frame=frame, read_bulk=read_bulk)
        pixels = burnt_in(closed(pixels, read_shutter(data_set), []), overlays)
        if rendering.viewport is not None:
            pixels = fitted(pixels, rendering.viewport, pixel_aspect(data_set, number))
    else:
        _check_alone(rendering)
        given = _activated(data_set, frame, number, presentation, read_bulk)
        uid = data_set.text(_SOP_INSTANCE_UID)
        if not presentation.covers(uid, number):
            raise Malformed("the presentation state is for other images")
        pixels = pixels_of(frame, presentation.display(display, uid, number))
        pixels = _presented(pixels, presentation, given, (uid, number), rendering.viewport)
    pixels = annotated(pixels, data_set, rendering.annotations)
    return in_colour_space(Picture(pixels), rendering.icc_profile, data_set, number, read_bulk)


def steadied(
    rendering: Rendering,
    data_set: DataSet,
    frame: DecodedFrame,
    number: int,
    read_bulk: ReadBulk | None = None,
) -> Rendering:
    """The same rendering with one window for all frames, so that an animation does not flicker.

    It is that of the frame given, where nothing says a window and each frame would span black to
    white by itself.
    """
    display = describe_display(data_set, number, read_bulk)
    said = rendering.window or display.window or display.voi_lut
    if said or not display.stretched or not _is_gray(frame):
        return rendering
    low, high = span_of(frame, display)
    if low == high:
        return rendering
    window = Window((low + high) / 2, high - low, "LINEAR_EXACT")
    return replace(rendering, window=window)


def _is_gray(frame: DecodedFrame) -> bool:
    return frame.description.photometric_interpretation.startswith("MONOCHROME")


def _windowed(display: Display, frame: DecodedFrame, window: Window | None) -> Display:
    if window is None:
        return display
    if not _is_gray(frame):
        raise Unsupported("a window is for grayscale images, and this one has colours")
    return replace(display, window=window)


def _check_alone(rendering: Rendering) -> None:
    """A presentation state says by itself what is shown (PS3.18 sections 8.3.5.1.3 and .4)."""
    viewport = rendering.viewport or Viewport()
    whole = Viewport(viewport.width, viewport.height, enlarge=viewport.enlarge)
    if rendering.window is not None or viewport != whole:
        raise Malformed("neither window nor region may be given together with a presentation state")


def _activated(
    data_set: DataSet,
    frame: DecodedFrame,
    number: int,
    presentation: PresentationState,
    read_bulk: ReadBulk | None,
) -> list[Overlay]:
    """The overlays that a state activates: its own, or those of the image (PS3.3 C.11.7)."""
    layers = dict(presentation.activated)
    own = [overlay for overlay in presentation.overlays if overlay.group in layers]
    groups = set(layers) - {overlay.group for overlay in own}
    read = read_overlays(data_set, number, frame=frame, read_bulk=read_bulk, groups=groups)
    return [replace(overlay, gray=layers[overlay.group].gray) for overlay in (*own, *read)]


def _presented(
    pixels: Pixels,
    presentation: PresentationState,
    overlays: list[Overlay],
    image: tuple[str, int],
    viewport: Viewport | None,
) -> Pixels:
    """What a presentation state does to a picture after its gray values."""
    rows, columns = pixels.shape[:2]
    pixels = burnt_in(closed(pixels, presentation.shutter, list(presentation.overlays)), overlays)
    area = presentation.area(*image, rows, columns)
    turn = presentation.turn
    shown = turned(cut_out(pixels, area), turn)
    aspect = 1 / area.pixel_aspect if turn.quarters % 2 else area.pixel_aspect
    shown = _scaled(shown, viewport, aspect, area.magnification)
    placement = Placement(area, turn, (shown.shape[1], shown.shape[0]))
    annotations = (one for one in presentation.annotations if one.covers(*image))
    return drawn(shown, annotations, placement)


def _scaled(
    pixels: Pixels, viewport: Viewport | None, aspect: float, magnification: float
) -> Pixels:
    """The displayed area, fitted into a viewport, or else as large as the state says."""
    rows, columns = pixels.shape[:2]
    if viewport is not None and (viewport.width, viewport.height) != (None, None):
        size = fitted_size(viewport, (0, 0, columns, rows), aspect)
    else:
        width = columns * magnification / min(aspect, 1.0)
        height = rows * magnification * max(aspect, 1.0)
        size = max(1, round(width)), max(1, round(height))
        check_size(*size)
    return pixels if size == (columns, rows) else resized(pixels, size)
