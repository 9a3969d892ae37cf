"""Where the planes of a volume lie in the patient: sorted, checked, made one regular grid.

Pure geometry: positions and directions in, a grid and a recipe for its slices out. Pixels are
`volume`, which images belong together is `volume_stacks`.

Lengths are millimetres in the patient's coordinates, which point to the left, to the back and to
the head (PS3.3 section C.7.6.2.1.1). A point of the grid is a slice, a row and a column, from 0.

References
----------
PS3.3 sections C.7.6.2.1.1 (plane) and C.11.23.1 (what may be the input of a volume).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from imaging.errors import Unsupported

Vector = tuple[float, float, float]
Points = NDArray[np.float64]

# Directions of planes of one volume may differ by rounding: as cosines, about a quarter degree.
_MAX_TURN: Final = 1e-5
# Directions within an image are said in decimals; they have to be perpendicular to this.
_MAX_SKEW: Final = 1e-3
# Nearer than this two planes are at the same place.
_SAME_PLACE_MM: Final = 1e-2
# Steps between planes may differ by so much of a step before planes are interpolated.
_MAX_UNEVEN: Final = 0.02
# A step so much wider than those on both sides of it is the place of missing images.
_MAX_GAP: Final = 1.5
# Planes may lie beside the straight line through them by so many pixels: positions are rounded.
_MAX_STRAY_PIXELS: Final = 1.0


class NotAVolume(Unsupported):
    """Images that cannot be put together to a volume; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Plane:
    """The place of one image.

    Parameters
    ----------
    position
        Of the centre of the first pixel.
    along_row, along_column
        Unit vectors to the next column and to the next row.
    spacing
        Between rows and between columns.
    """

    position: Vector
    along_row: Vector
    along_column: Vector
    spacing: tuple[float, float]
    rows: int
    columns: int

    @property
    def normal(self) -> Points:
        """Unit vector that is perpendicular to the plane."""
        normal: Points = np.cross(self.along_row, self.along_column)
        return normal


@dataclass(frozen=True, slots=True)
class Grid:
    """A regular grid of voxels, whose slices may be sheared (a tilted gantry).

    Parameters
    ----------
    shape
        Slices, rows and columns.
    origin
        Of the first voxel's centre.
    steps
        From a voxel to the one in the next slice, row and column.
    """

    shape: tuple[int, int, int]
    origin: Vector
    steps: tuple[Vector, Vector, Vector]

    @property
    def voxels(self) -> int:
        """How many there are."""
        slices, rows, columns = self.shape
        return slices * rows * columns

    @property
    def spacing(self) -> Points:
        """Lengths of the three steps."""
        lengths: Points = np.linalg.norm(np.asarray(self.steps), axis=1)
        return lengths

    @property
    def finest(self) -> float:
        """The shortest step along which there is more than one voxel."""
        return float(min(self.spacing[np.asarray(self.shape) > 1]))

    def patient(self, index: Any) -> Points:
        """Points of the patient for points of the grid (last axis: slice, row, column)."""
        points: Points = np.asarray(index, np.float64) @ np.asarray(self.steps)
        points += np.asarray(self.origin)
        return points

    def index(self, points: Any) -> Points:
        """Points of the grid for points of the patient."""
        return self.directions(np.asarray(points, np.float64) - np.asarray(self.origin))

    def directions(self, vectors: Any) -> Points:
        """Vectors of the patient as vectors of the grid."""
        directions: Points = np.asarray(vectors, np.float64) @ np.linalg.inv(self.steps)
        return directions

    @property
    def centre(self) -> Points:
        """Middle of the box of all voxels' centres."""
        return self.patient((np.asarray(self.shape) - 1) / 2)

    @property
    def corners(self) -> Points:
        """The eight outermost corners of the outermost voxels."""
        ends = [(-0.5, size - 0.5) for size in self.shape]
        return self.patient(np.stack(np.meshgrid(*ends, indexing="ij"), axis=-1).reshape(8, 3))

    def as_json(self) -> dict[str, Any]:
        """The grid as what JSON can say."""
        return {"shape": self.shape, "origin": self.origin, "steps": self.steps}

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Self:
        """The grid that `as_json` said."""
        slices, rows, columns = said["shape"]
        first, second, third = (_vector(step) for step in said["steps"])
        return cls((slices, rows, columns), _vector(said["origin"]), (first, second, third))


@dataclass(frozen=True, slots=True)
class Blend:
    """One slice of the grid: `weight` of image `second`, the rest of image `first`."""

    first: int
    second: int
    weight: float


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A grid, and how its slices are made of the images, in the order of the grid.

    Attributes
    ----------
    interpolated
        Whether the images lay unevenly, so that most slices lie between two of them.
    """

    grid: Grid
    slices: tuple[Blend, ...]
    interpolated: bool = False


def arrange(planes: Sequence[Plane]) -> Arrangement:
    """Make one grid of the planes of a volume, given in any order.

    Raises
    ------
    NotAVolume
        With the reason: too few planes, of different directions or sizes, at the same place,
        with images missing, or not in a line.
    """
    if len(planes) < 2:
        raise NotAVolume("a volume needs at least two parallel images")
    _check_alike(planes)
    normal = planes[0].normal
    positions = np.array([plane.position for plane in planes])
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    heights, positions = heights[order], positions[order]
    gaps = np.diff(heights)
    _check_gaps(gaps)
    _check_line(positions, planes[0])
    step = float(np.median(gaps))
    if np.abs(gaps - gaps.mean()).max() <= _MAX_UNEVEN * step:
        grid = _grid(planes[0], positions, len(planes))
        return Arrangement(grid, tuple(Blend(int(i), int(i), 0.0) for i in order))
    return _evened(planes[0], positions, heights, order, step)


def _check_alike(planes: Sequence[Plane]) -> None:
    first = planes[0]
    for plane in planes:
        if (plane.rows, plane.columns) != (first.rows, first.columns):
            raise NotAVolume("the images have different numbers of rows and columns")
        if not np.allclose(plane.spacing, first.spacing, rtol=1e-3, atol=1e-6):
            raise NotAVolume("the pixels of the images have different sizes")
        for ours, theirs in (
            (plane.along_row, first.along_row),
            (plane.along_column, first.along_column),
        ):
            if np.dot(ours, theirs) < 1 - _MAX_TURN:
                raise NotAVolume("the images are not parallel")


def _check_gaps(gaps: Points) -> None:
    if gaps.min() < _SAME_PLACE_MM:
        raise NotAVolume("several images lie at the same place")
    for at, gap in enumerate(gaps):
        beside = [gaps[near] for near in (at - 1, at + 1) if 0 <= near < len(gaps)]
        if beside and gap > _MAX_GAP * max(beside):
            raise NotAVolume("images are missing: there is a gap between two of them")


def _check_line(positions: Points, plane: Plane) -> None:
    """Planes of a tilted gantry lie in a line that is not perpendicular; others are a fan."""
    share = _shares(positions @ plane.normal)
    line = positions[0] + share[:, None] * (positions[-1] - positions[0])
    stray = float(np.linalg.norm(positions - line, axis=1).max())
    if stray > _MAX_STRAY_PIXELS * max(plane.spacing):
        raise NotAVolume("the images do not lie above each other")


def _shares(heights: Points) -> Points:
    shares: Points = (heights - heights[0]) / (heights[-1] - heights[0])
    return shares


def _grid(plane: Plane, positions: Points, count: int) -> Grid:
    between = (positions[-1] - positions[0]) / (count - 1)
    down = np.asarray(plane.along_column) * plane.spacing[0]
    across = np.asarray(plane.along_row) * plane.spacing[1]
    steps = (_vector(between), _vector(down), _vector(across))
    return Grid((count, plane.rows, plane.columns), _vector(positions[0]), steps)


def _evened(
    plane: Plane, positions: Points, heights: Points, order: NDArray[np.intp], step: float
) -> Arrangement:
    """Slices at even steps, each between the two images beside it."""
    count = max(2, round((heights[-1] - heights[0]) / step) + 1)
    at = np.interp(np.linspace(0, 1, count), _shares(heights), np.arange(len(order)))
    first = np.minimum(np.floor(at).astype(int), len(order) - 2)
    slices = tuple(
        Blend(int(order[low]), int(order[low + 1]), float(place - low))
        for low, place in zip(first, at, strict=True)
    )
    return Arrangement(_grid(plane, positions, count), slices, interpolated=True)


def checked_plane(
    position: Sequence[float],
    orientation: Sequence[float],
    spacing: Sequence[float],
    rows: int,
    columns: int,
) -> Plane:
    """A plane out of what a data set says of it.

    Parameters
    ----------
    orientation
        Image Orientation (Patient): six cosines.

    Raises
    ------
    NotAVolume
        When a value is missing or impossible.
    """
    if len(position) != 3 or len(orientation) != 6:
        raise NotAVolume("the images do not say where in the patient they lie")
    if len(spacing) != 2 or min(spacing) <= 0:
        raise NotAVolume("the images do not say how large their pixels are")
    if not np.isfinite([*position, *orientation, *spacing]).all():
        raise NotAVolume("the place of an image is no number")
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(along_row), np.linalg.norm(along_column)
    if min(lengths) < 0.5 or abs(along_row @ along_column) > _MAX_SKEW * lengths[0] * lengths[1]:
        raise NotAVolume("the directions of an image's rows and columns are impossible")
    return Plane(
        _vector(position),
        _vector(along_row / lengths[0]),
        _vector(along_column / lengths[1]),
        (float(spacing[0]), float(spacing[1])),
        rows,
        columns,
    )


def _vector(values: Any) -> Vector:
    x, y, z = (float(value) for value in values)
    return x, y, z
