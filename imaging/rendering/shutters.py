"""Shutters: what of an image is covered, and with what. Reading and closing them lives here.

References
----------
PS3.3 sections C.7.6.11 (display shutter), C.7.6.15 (bitmap shutter) and C.11.12; PS3.4 N.2.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imaging.data_set import DataSet
from imaging.errors import LimitExceeded
from imaging.rendering.cielab import Colour, to_srgb
from imaging.rendering.display import numbers_of
from imaging.rendering.overlays import Overlay

MAX_VERTICES: Final = 10_000
_SHAPES: Final = 0x00181600
_EDGES: Final = (0x00181602, 0x00181604, 0x00181606, 0x00181608)
_CENTER, _RADIUS, _VERTICES = 0x00181610, 0x00181612, 0x00181620
_GRAY, _OVERLAY_GROUP, _CIELAB = 0x00181622, 0x00181623, 0x00181624


@dataclass(frozen=True, slots=True)
class Shutter:
    """What is covered; a pixel is open when every shape leaves it open.

    Parameters
    ----------
    edges
        First and last column, first and last row that are open, from 1.
    circle
        Row and column of the centre, from 1, and radius, in pixels.
    polygon
        Row and column of each vertex, from 1.
    overlay_group
        Of the overlay plane whose set bits are covered.
    gray, colour
        What covers.
    """

    edges: tuple[float, ...] = ()
    circle: tuple[float, ...] = ()
    polygon: tuple[float, ...] = ()
    overlay_group: int | None = None
    gray: int = 0
    colour: Colour | None = None


def read_shutter(data_set: DataSet) -> Shutter | None:
    """The shutter of an image or a presentation state, or None; damaged shapes are left out."""
    shapes = data_set.texts(_SHAPES)
    if not shapes:
        return None
    edges = tuple(value for tag in _EDGES for value in numbers_of(data_set, tag, 1))
    circle = (*numbers_of(data_set, _CENTER, 2), *numbers_of(data_set, _RADIUS, 1))
    polygon = numbers_of(data_set, _VERTICES, 2 * MAX_VERTICES + 2)
    if len(polygon) > 2 * MAX_VERTICES:
        raise LimitExceeded(f"a shutter has more than {MAX_VERTICES} vertices")
    cielab = numbers_of(data_set, _CIELAB, 3)
    return Shutter(
        edges=edges if "RECTANGULAR" in shapes and len(edges) == 4 else (),
        circle=circle if "CIRCULAR" in shapes and len(circle) == 3 else (),
        polygon=tuple(polygon) if "POLYGONAL" in shapes and len(polygon) >= 6 else (),
        overlay_group=data_set.integer(_OVERLAY_GROUP) if "BITMAP" in shapes else None,
        gray=(data_set.integer(_GRAY) or 0) >> 8 & 0xFF,
        colour=to_srgb(cielab) if len(cielab) == 3 else None,
    )


def closed(
    pixels: NDArray[np.uint8], shutter: Shutter | None, overlays: list[Overlay]
) -> NDArray[np.uint8]:
    """A picture with a shutter closed over it."""
    if shutter is None:
        return pixels
    shut = pixels.copy()
    covered = ~_open(shutter, *pixels.shape[:2])
    for overlay in overlays:
        if overlay.group == shutter.overlay_group:
            covered |= overlay.over(*pixels.shape[:2])
    if pixels.ndim == 3 and shutter.colour is not None:
        shut[covered] = shutter.colour
    else:
        shut[covered] = shutter.gray
    return shut


def _open(shutter: Shutter, rows: int, columns: int) -> NDArray[np.bool_]:
    row, column = np.ogrid[1 : rows + 1, 1 : columns + 1]
    is_open = np.ones((rows, columns), np.bool_)
    if shutter.edges:
        left, right, top, bottom = shutter.edges
        is_open &= (column >= left) & (column <= right) & (row >= top) & (row <= bottom)
    if shutter.circle:
        middle_row, middle_column, radius = shutter.circle
        is_open &= (row - middle_row) ** 2 + (column - middle_column) ** 2 <= radius**2
    if shutter.polygon:
        is_open &= _inside(shutter.polygon, rows, columns)
    return is_open


def _inside(polygon: tuple[float, ...], rows: int, columns: int) -> NDArray[np.bool_]:
    # Pillow counts in 32 bits; what lies far outside of the image lies outside of it as well.
    far = 4 * max(rows, columns)
    points = [
        (min(max(column - 1, -far), far), min(max(row - 1, -far), far))
        for row, column in zip(polygon[::2], polygon[1::2], strict=False)
    ]
    image = Image.new("1", (columns, rows))
    ImageDraw.Draw(image).polygon(points, fill=1)
    return np.asarray(image)
