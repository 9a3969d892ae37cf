"""A part of a picture, fitted into a rectangle of the client's. Pictures in, pictures out.

References
----------
PS3.18 section 8.3.5.1.3 (viewport) and 9.5.1.2.5 (region of the URI service).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from imaging.errors import LimitExceeded, Malformed

MAX_SIDE: Final = 8192
MAX_PIXELS: Final = 64 * 1024 * 1024
_REDUCING_GAP: Final = 3.0
# A region is cut at whole pixels where it lies on them, whatever decimals say so.
_WHOLE: Final = 1e-6

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Viewport:
    """What part of a picture is wanted, and the rectangle that it is fitted into.

    Parameters
    ----------
    width, height
        Of the rectangle in pixels (vw and vh); None leaves that side free, and both None keep
        the size of the region.
    x, y
        Top left corner of the region, from 0 (sx and sy).
    region_width, region_height
        Of the region (the absolute values of sw and sh); None reaches to the right or lower edge.
    flip_horizontally, flip_vertically
        Said by a negative sw or sh.
    relative
        The region is given in fractions of the picture, as the URI service has it.
    enlarge
        Whether a region smaller than the rectangle grows to fill it. The standard wants so of
        rendered pictures; a thumbnail need not.
    """

    width: int | None = None
    height: int | None = None
    x: float = 0.0
    y: float = 0.0
    region_width: float | None = None
    region_height: float | None = None
    flip_horizontally: bool = False
    flip_vertically: bool = False
    relative: bool = False
    enlarge: bool = True


def fitted(
    pixels: NDArray[np.uint8], viewport: Viewport, pixel_aspect: float = 1.0
) -> NDArray[np.uint8]:
    """The region of a picture, as large as the rectangle allows, nothing cut off nor distorted.

    Parameters
    ----------
    pixel_aspect
        Height of a pixel over its width. It counts once something is scaled; a picture whose
        size is kept keeps its matrix of pixels (PS3.18 section 8.3.5.1.3).

    Raises
    ------
    Malformed
        When the region does not lie in the picture.
    LimitExceeded
        When the result would be larger than `MAX_SIDE` or `MAX_PIXELS`.
    """
    rows, columns = pixels.shape[:2]
    box = region(viewport, columns, rows)
    size = fitted_size(viewport, box, pixel_aspect)
    flipped = pixels
    if _is_whole(box):
        left, top, right, bottom = (round(edge) for edge in box)
        flipped, box = pixels[top:bottom, left:right], (0.0, 0.0, right - left, bottom - top)
    if size != (flipped.shape[1], flipped.shape[0]) or not _is_whole(box):
        flipped = resized(flipped, size, box)
    flipped = flipped[:, ::-1] if viewport.flip_horizontally else flipped
    flipped = flipped[::-1] if viewport.flip_vertically else flipped
    return np.ascontiguousarray(flipped)


def region(viewport: Viewport, columns: int, rows: int) -> Box:
    """Left, top, right and lower edge of the region, in pixels of the picture."""
    unit_x, unit_y = (columns, rows) if viewport.relative else (1, 1)
    left, top = viewport.x * unit_x, viewport.y * unit_y
    width, height = viewport.region_width, viewport.region_height
    right = float(columns) if width is None else left + width * unit_x
    bottom = float(rows) if height is None else top + height * unit_y
    inside = 0 <= left < right <= columns + _WHOLE and 0 <= top < bottom <= rows + _WHOLE
    if not inside:
        raise Malformed(
            f"the region does not lie in the image, which has {columns} columns and {rows} rows"
        )
    return left, top, min(right, float(columns)), min(bottom, float(rows))


def fitted_size(viewport: Viewport, box: Box, pixel_aspect: float = 1.0) -> tuple[int, int]:
    """Columns and rows of the region once it is fitted."""
    width, height = box[2] - box[0], box[3] - box[1]
    if viewport.width is None and viewport.height is None:
        return max(1, round(width)), max(1, round(height))
    if pixel_aspect > 1:
        height *= pixel_aspect
    else:
        width /= pixel_aspect
    limits = ((viewport.width, width), (viewport.height, height))
    scale = min(limit / side for limit, side in limits if limit is not None)
    if not viewport.enlarge:
        scale = min(scale, 1.0)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    check_size(*size)
    return size


def check_size(width: int, height: int) -> None:
    """Refuse to make a picture that is too large."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise LimitExceeded(
            f"the picture would be larger than {MAX_SIDE} pixels a side or {MAX_PIXELS} in all"
        )


def resized(
    pixels: NDArray[np.uint8], size: tuple[int, int], box: Box | None = None
) -> NDArray[np.uint8]:
    """A part of a picture at another size: areas averaged to shrink, Lanczos to enlarge."""
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image = image.resize(size, Image.Resampling.LANCZOS, box, reducing_gap=_REDUCING_GAP)
    return np.asarray(image)


def _is_whole(box: Box) -> bool:
    return all(abs(edge - round(edge)) < _WHOLE for edge in box)
