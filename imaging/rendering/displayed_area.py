"""What area of an image is shown, which way round, and where its points then lie.

References
----------
PS3.3 sections C.10.4 (displayed area) and C.10.6 (spatial transformation), PS3.4 N.2.3.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.data_set import DataSet
from imaging.rendering.display import aspect_of, number_of, numbers_of
from imaging.rendering.viewport import check_size

_TOP_LEFT, _BOTTOM_RIGHT = 0x00700052, 0x00700053
_MODE, _SPACING, _ASPECT, _MAGNIFICATION = 0x00700100, 0x00700101, 0x00700102, 0x00700103
_ROTATION, _FLIP = 0x00700042, 0x00700041
_QUARTERS: Final = {90: 1, 180: 2, 270: 3}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of an image, in edges between pixels from 0; it may reach beyond the image.

    Parameters
    ----------
    pixel_aspect
        Height of a pixel over its width.
    magnification
        Pixels of the screen for one of the image, where the mode is MAGNIFY.
    """

    left: int
    top: int
    right: int
    bottom: int
    pixel_aspect: float = 1.0
    magnification: float = 1.0

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the image."""
        return self.right - self.left, self.bottom - self.top


@dataclass(frozen=True, slots=True)
class Turn:
    """So many quarters clockwise, and then perhaps mirrored left to right."""

    quarters: int = 0
    mirrored: bool = False


def read_area(data_set: DataSet) -> Area | None:
    """The area of a Displayed Area Selection item, or None when it is damaged."""
    corners = (*numbers_of(data_set, _TOP_LEFT, 2), *numbers_of(data_set, _BOTTOM_RIGHT, 2))
    if len(corners) != 4:
        return None
    # The corners are those of the turned image, so that either may have the lower number.
    columns, rows = sorted(map(int, corners[::2])), sorted(map(int, corners[1::2]))
    ratio = numbers_of(data_set, _SPACING, 2) or numbers_of(data_set, _ASPECT, 2)
    magnified = data_set.text(_MODE) == "MAGNIFY"
    magnification = number_of(data_set, _MAGNIFICATION) if magnified else None
    return Area(
        columns[0] - 1,
        rows[0] - 1,
        columns[1],
        rows[1],
        aspect_of(ratio),
        magnification if magnification and magnification > 0 else 1.0,
    )


def read_turn(data_set: DataSet) -> Turn:
    """What the Spatial Transformation module says."""
    degrees = data_set.integer(_ROTATION) or 0
    return Turn(_QUARTERS.get(degrees % 360, 0), data_set.text(_FLIP) == "Y")


def cut_out(pixels: NDArray[np.uint8], area: Area) -> NDArray[np.uint8]:
    """The area of a picture, black where it reaches beyond.

    Raises
    ------
    LimitExceeded
        When it is too large.
    """
    rows, columns = pixels.shape[:2]
    width, height = area.size
    if (area.left, area.top, area.right, area.bottom) == (0, 0, columns, rows):
        return pixels
    check_size(width, height)
    cut = np.zeros((height, width, *pixels.shape[2:]), np.uint8)
    left, top = max(0, area.left), max(0, area.top)
    right, bottom = min(columns, area.right), min(rows, area.bottom)
    if left < right and top < bottom:
        place = np.s_[top - area.top : bottom - area.top, left - area.left : right - area.left]
        cut[place] = pixels[top:bottom, left:right]
    return cut


def turned(pixels: NDArray[np.uint8], turn: Turn) -> NDArray[np.uint8]:
    """A picture the right way round."""
    rotated = np.rot90(pixels, -turn.quarters)
    return np.ascontiguousarray(rotated[:, ::-1] if turn.mirrored else rotated)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where points of an image lie in the finished picture.

    Parameters
    ----------
    size
        Width and height of the finished picture.
    """

    area: Area
    turn: Turn
    size: tuple[int, int]

    def of_image(self, x: float, y: float) -> Point:
        """A point in edges between pixels of the image, 0,0 its top left corner."""
        width, height = self.area.size
        across, down = (x - self.area.left) / width, (y - self.area.top) / height
        for _ in range(self.turn.quarters):
            across, down = 1 - down, across
        return self.of_display(1 - across if self.turn.mirrored else across, down)

    def of_display(self, across: float, down: float) -> Point:
        """A point in fractions of the area as it is shown."""
        return across * self.size[0], down * self.size[1]
