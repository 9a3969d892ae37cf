"""Where a volume is looked at from, and the pixels that come of it, as places in the patient.

Pure geometry of cameras and of the rasters of pixels that they see; which values lie there is
`volume_sampling`. Projection is orthographic, so how far a camera is away changes nothing.

References
----------
PS3.18 sections 8.3.5.3.4 to 8.3.5.3.11, PS3.3 section C.11.30 (camera), PS3.17 section XXX.8.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, cos, radians, sin
from types import MappingProxyType
from typing import Any, Final, Self

import numpy as np

from imaging.volumes.geometry import Grid, Points, Vector

# PS3.18 section 8.3.5.3.4: where the camera looks, and which way is up.
ORIENTATIONS: Final = MappingProxyType(
    {
        "a": ((0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        "p": ((0.0, -1.0, 0.0), (0.0, 0.0, 1.0)),
        "r": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
        "l": ((-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
        "h": ((0.0, 0.0, -1.0), (0.0, -1.0, 0.0)),
        "f": ((0.0, 0.0, 1.0), (0.0, -1.0, 0.0)),
    }
)
MAX_NATURAL_SIDE: Final = 1024
"""Pixels of the longer side of a picture whose size is left to us."""

_PARALLEL: Final = 1e-6
# A view whose directions are those of the voxels to this is drawn on their centres.
_ALIGNED: Final = 1e-4


class BadView(ValueError):  # noqa: N818 - reads as the fact it states
    """There is no view from there; the message says why."""


@dataclass(frozen=True, slots=True)
class Camera:
    """An orthographic camera in the patient's coordinates.

    Parameters
    ----------
    position, look_at
        Points. The picture's centre shows `look_at`.
    up
        Unit vector, perpendicular to the line of sight.
    """

    position: Vector
    look_at: Vector
    up: Vector

    @property
    def into(self) -> Points:
        """Unit vector of the line of sight."""
        return _unit(np.subtract(self.look_at, self.position))

    @property
    def right(self) -> Points:
        """Unit vector to the right of the picture."""
        return np.cross(self.into, self.up)


def camera(
    grid: Grid,
    orientation: str,
    position: Sequence[float] | None = None,
    look_at: Sequence[float] | None = None,
    up: Sequence[float] | None = None,
) -> Camera:
    """The camera that a request means; what it leaves out is chosen here.

    Parameters
    ----------
    orientation
        Of `ORIENTATIONS`; says what `position` and `up` leave open.
    up
        Any vector that is not parallel to the line of sight; a zero leaves it to us.

    Raises
    ------
    BadView
        When position and look-at point are the same, or up is parallel to the line between them.
    """
    into, usual_up = (np.array(vector) for vector in ORIENTATIONS[orientation])
    away = float(np.ptp(grid.corners, axis=0).max())
    if look_at is None:
        target = _middle(grid, into) if position is None else grid.centre
    else:
        target = np.asarray(look_at, np.float64)
    place = target - into * away if position is None else np.asarray(position, np.float64)
    if np.linalg.norm(target - place) < _PARALLEL:
        raise BadView("viewpointposition and viewpointlookat are the same point")
    into = _unit(target - place)
    return Camera(_vector(place), _vector(target), _vector(_upright(into, up, usual_up)))


def _middle(grid: Grid, into: Points) -> Points:
    """The volume's centre; across the slices that are looked at, the centre of the middle one."""
    index = (np.asarray(grid.shape) - 1) / 2
    axis = _axis_along(grid, into)
    if axis is not None:
        index[axis] = grid.shape[axis] // 2
    return grid.patient(index)


def _axis_along(grid: Grid, into: Points) -> int | None:
    units = np.asarray(grid.steps) / grid.spacing[:, None]
    near = np.abs(units @ into) > 1 - _ALIGNED
    return int(np.argmax(near)) if near.any() else None


def _upright(into: Points, up: Sequence[float] | None, usual: Points) -> Points:
    said = None if up is None or np.linalg.norm(up) < _PARALLEL else np.asarray(up, np.float64)
    choices = (usual, np.array((0.0, -1.0, 0.0))) if said is None else (said,)
    for choice in choices:
        upright = _unit(choice)
        upright = upright - (upright @ into) * into
        if np.linalg.norm(upright) > 1e-4:
            return _unit(upright)
    raise BadView("viewpointup is parallel to the line of sight")


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture's pixels in the patient.

    Parameters
    ----------
    origin
        Centre of the top left pixel, in the plane of the look-at point.
    across, down
        To the next column and the next row.
    into
        Unit vector away from the viewer.
    """

    origin: Vector
    across: Vector
    down: Vector
    into: Vector
    columns: int
    rows: int

    def points(self, rows: slice = slice(None)) -> Points:
        """Centres of the pixels of some rows (rows, columns, 3)."""
        vertical = np.arange(self.rows)[rows, None, None] * np.asarray(self.down)
        horizontal = np.arange(self.columns)[None, :, None] * np.asarray(self.across)
        points: Points = np.asarray(self.origin) + vertical + horizontal
        return points

    def as_json(self) -> dict[str, Any]:
        """The raster as what JSON can say."""
        return {
            "origin": self.origin,
            "across": self.across,
            "down": self.down,
            "into": self.into,
            "columns": self.columns,
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Self:
        """The raster that `as_json` said."""
        return cls(
            _vector(said["origin"]),
            _vector(said["across"]),
            _vector(said["down"]),
            _vector(said["into"]),
            int(said["columns"]),
            int(said["rows"]),
        )


def raster(grid: Grid, seen_by: Camera, like: Raster | None = None) -> Raster:
    """The pixels of a camera's picture, which is as large as the whole volume needs.

    They are as large as the finest voxels in the picture's plane, or larger if the picture would
    be larger than `MAX_NATURAL_SIDE`.

    Parameters
    ----------
    like
        Another picture, to make one as large as that and in its scale.
    """
    right, up, into = seen_by.right, np.asarray(seen_by.up), seen_by.into
    if like is not None:
        pixel, columns, rows = float(np.linalg.norm(like.across)), like.columns, like.rows
    else:
        extent = [float(np.ptp(grid.corners @ axis)) for axis in (right, up)]
        pixel = max(_pixel(grid, right, up), max(extent) / MAX_NATURAL_SIDE)
        columns, rows = (max(1, ceil(length / pixel - 1e-3)) for length in extent)
    across, down = right * pixel, -up * pixel
    origin = np.asarray(seen_by.look_at) - across * (columns - 1) / 2 - down * (rows - 1) / 2
    return Raster(_vector(origin), _vector(across), _vector(down), _vector(into), columns, rows)


def _pixel(grid: Grid, right: Points, up: Points) -> float:
    """The finest step of the voxels in the picture's plane, when they lie along it."""
    axes = [_axis_along(grid, direction) for direction in (right, up)]
    if None in axes:
        return grid.finest
    return float(min(grid.spacing[axis] for axis in axes if axis is not None))


def swivelled(start: Camera, swivel_range: float, step: float) -> list[Camera]:
    """Cameras that turn about the axis through the look-at point that points up.

    There are as many as the range divided by the step. A full circle begins where the camera
    stands; a part of it has that in its middle (PS3.3 section C.11.29).
    """
    count = max(1, round(swivel_range / step))
    first = 0.0 if swivel_range >= 360 else -(count - 1) / 2
    return [_turned(start, radians((first + number) * step)) for number in range(count)]


def _turned(start: Camera, angle: float) -> Camera:
    turned = _rotated(np.subtract(start.position, start.look_at), np.asarray(start.up), angle)
    return replace(start, position=_vector(np.asarray(start.look_at) + turned))


def _rotated(vector: Points, axis: Points, angle: float) -> Points:
    """A vector turned about a unit vector (Rodrigues)."""
    along = axis * (axis @ vector)
    turned: Points = along + (vector - along) * cos(angle) + np.cross(axis, vector) * sin(angle)
    return turned


def along_curve(start: Camera, points: Sequence[Sequence[float]], step: float) -> list[Camera]:
    """Cameras whose look-at points lie `step` millimetres apart along a curve.

    The points are joined by straight lines. The first camera is `start`, moved to the first
    point; from there on it turns as the curve does, so that it keeps its place to it
    (CROSSCURVE, PS3.3 section C.11.29).

    Raises
    ------
    BadView
        When the curve has no length.
    """
    corners = np.asarray(points, np.float64)
    lengths = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    corners = corners[np.concatenate(([True], lengths > _PARALLEL))]
    lengths = lengths[lengths > _PARALLEL]
    if not lengths.size:
        raise BadView("the points of volumetriccurvepoint are all the same")
    ends = np.concatenate(([0.0], np.cumsum(lengths)))
    cameras, into, up = [], start.into, np.asarray(start.up)
    away = float(np.linalg.norm(np.subtract(start.look_at, start.position)))
    tangent = (corners[1] - corners[0]) / lengths[0]
    for place in np.arange(frames_along(points, step)) * step:
        leg = min(int(np.searchsorted(ends, place, "right")) - 1, len(lengths) - 1)
        ahead = (corners[leg + 1] - corners[leg]) / lengths[leg]
        into, up = (_carried(vector, tangent, ahead) for vector in (into, up))
        tangent = ahead
        centre = corners[leg] + ahead * min(place - ends[leg], lengths[leg])
        cameras.append(Camera(_vector(centre - into * away), _vector(centre), _vector(up)))
    return cameras


def frames_along(points: Sequence[Sequence[float]], step: float) -> int:
    """How many steps fit on a curve, its beginning counted."""
    lengths = np.linalg.norm(np.diff(np.asarray(points, np.float64), axis=0), axis=1)
    return int(lengths.sum() / step + 1e-6) + 1


def _carried(vector: Points, before: Points, after: Points) -> Points:
    """A vector turned as the smallest turn from `before` to `after` does."""
    axis = np.cross(before, after)
    sine, cosine = float(np.linalg.norm(axis)), float(before @ after)
    if sine < _PARALLEL:
        # Straight on, or straight back: the view is not turned over for that.
        return vector
    return _rotated(vector, axis / sine, float(np.arctan2(sine, cosine)))


def _unit(vector: Points) -> Points:
    unit: Points = vector / np.linalg.norm(vector)
    return unit


def _vector(values: Any) -> Vector:
    x, y, z = (float(value) for value in values)
    return x, y, z
