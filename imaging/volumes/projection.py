"""A whole volume seen from outside: projections, by shearing its slices over each other.

An orthographic ray runs through the slices of a volume in even steps. So the slices are moved
over each other until all rays stand upright on them, put together there, and the one picture that
comes of it is warped to what the viewer sees. A slice is moved as a whole, which numpy does fast.

What of the values becomes the picture is the business of a `Layer`: the greatest, say, or light
(`volume_lighting`).

References
----------
PS3.18 section 8.3.5.3.3 (rendering methods), PS3.3 section C.11.30.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from imaging.volumes.geometry import Grid, Points
from imaging.volumes.sampling import Collected, Mask, Values, Voxels, sample
from imaging.volumes.views import Raster

# Thick slices are looked at in so many rays each at most: finer than the voxels' other sides.
_MAX_RAYS_A_VOXEL: Final = 8
_ON_CENTRE: Final = 1e-5

Window = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class Shear:
    """How the slices of a volume lie over each other for one line of sight.

    Parameters
    ----------
    axis
        Of the grid; its slices are moved.
    others
        The two axes within a slice.
    slope
        How far a ray moves along these two from a slice to the next.
    forward
        Whether the first slice is the nearest.
    rays
        How many there are to a voxel along the two axes.
    first
        Where the first ray of the picture meets the first slice.
    size
        Of the picture, in rays.
    """

    axis: int
    others: tuple[int, int]
    slope: tuple[float, float]
    forward: bool
    rays: tuple[int, int]
    first: tuple[int, int]
    size: tuple[int, int]

    def order(self, slices: int) -> range:
        """Numbers of the slices, the nearest first."""
        return range(slices) if self.forward else range(slices - 1, -1, -1)


def shear(grid: Grid, into: Points) -> Shear:
    """Find the shear for a line of sight."""
    direction = grid.directions(into)
    axis = int(np.abs(direction).argmax())
    first_axis, second_axis = (other for other in range(3) if other != axis)
    others = (first_axis, second_axis)
    slope = tuple(
        0.0 if abs(part) < _ON_CENTRE else float(part)
        for part in (direction[other] / direction[axis] for other in others)
    )
    slices, finest = grid.shape[axis] - 1, grid.finest
    rays, first, size = [], [], []
    for other, slant in zip(others, slope, strict=True):
        fine = grid.spacing[other] / finest if slant else 1
        rays.append(int(min(_MAX_RAYS_A_VOXEL, max(1, round(fine)))))
        first.append(floor(min(0.0, -slant * slices)))
        last = ceil(max(0.0, -slant * slices)) + grid.shape[other] - 1
        size.append((last - first[-1]) * rays[-1] + 1)
    return Shear(
        axis,
        others,
        (slope[0], slope[1]),
        bool(direction[axis] > 0),
        (rays[0], rays[1]),
        (first[0], first[1]),
        (size[0], size[1]),
    )


@dataclass(frozen=True, slots=True)
class Moved:
    """A slice moved by a part of a voxel: what it covers, and the weights of its neighbours."""

    window: tuple[slice, slice]
    low: tuple[int, int]
    count: tuple[int, int]
    part: tuple[float, float]

    def of(self, values: NDArray[Any]) -> Values:
        """The values of a slice under the rays of the window."""
        moved = values.astype(np.float32)
        for axis in (0, 1):
            low, count, part = self.low[axis], self.count[axis], self.part[axis]
            near = _cut(moved, axis, low, count)
            if part:
                far = _cut(moved, axis, low + 1, count)
                near = near + (far - near) * np.float32(part)
            moved = near
        return moved


def _cut(values: Values, axis: int, low: int, count: int) -> Values:
    return values[low : low + count] if axis == 0 else values[:, low : low + count]


def moves(how: Shear, number: int, sizes: tuple[int, int]) -> Iterator[Moved]:
    """How slice `number` lies under the rays: one move for each ray of a voxel."""
    by_axis = []
    for axis in (0, 1):
        rays, offset = how.rays[axis], how.slope[axis] * number + how.first[axis]
        by_axis.append(
            [_move(offset, ray, rays, how.size[axis], sizes[axis]) for ray in range(rays)]
        )
    for window_0, low_0, count_0, part_0 in by_axis[0]:
        for window_1, low_1, count_1, part_1 in by_axis[1]:
            if count_0 > 0 and count_1 > 0:
                yield Moved(
                    (window_0, window_1), (low_0, low_1), (count_0, count_1), (part_0, part_1)
                )


def _move(
    offset: float, ray: int, rays: int, picture: int, size: int
) -> tuple[slice, int, int, float]:
    """Rays `ray`, `ray + rays`, … meet the slice at `offset + ray / rays + 0, 1, …`."""
    at = offset + ray / rays
    if abs(at - round(at)) < _ON_CENTRE:
        at = round(at)
    whole = floor(at)
    part = at - whole
    skipped = max(0, -whole)
    of_this = (picture - ray + rays - 1) // rays
    last = size - 1 - (1 if part else 0)
    count = min(of_this - skipped, last - (whole + skipped) + 1)
    first = ray + skipped * rays
    return slice(first, first + max(0, count) * rays, rays), whole + skipped, count, part


class Layer(Protocol):
    """What becomes of slices that come one behind the other."""

    def add(self, number: int, slice_: Voxels, moved: Moved) -> bool:
        """Put a slice behind the others; False when nothing behind it can be seen."""


class Projected:
    """The layer of a projection: one value for all that lie behind each other."""

    def __init__(self, how: Shear, method: str) -> None:
        self._collected = Collected(how.size, method)

    def add(self, number: int, slice_: Voxels, moved: Moved) -> bool:  # noqa: ARG002, RUF100 - the common shape
        """Put a slice behind the others."""
        self._collected.add(moved.window, moved.of(slice_))
        return True

    def result(self) -> tuple[Values, Mask]:
        """The values, and where there are any."""
        return self._collected.result()


def cast(voxels: Voxels, how: Shear, layer: Layer) -> None:
    """Give the slices to a layer, the nearest first."""
    sizes = (voxels.shape[how.others[0]], voxels.shape[how.others[1]])
    for number in how.order(voxels.shape[how.axis]):
        slice_ = voxels.take(number, how.axis)
        seen = [layer.add(number, slice_, moved) for moved in moves(how, number, sizes)]
        if seen and not any(seen):
            return


def warped(picture: Values, how: Shear, grid: Grid, seen: Raster) -> tuple[Values, Mask]:
    """The picture of the rays as the viewer sees it."""
    start = _on_picture(how, grid.index(np.asarray(seen.origin)))
    down, across = (
        _on_picture(how, grid.directions(np.asarray(step)), direction=True)
        for step in (seen.down, seen.across)
    )
    rows = np.arange(seen.rows)[:, None, None] * down
    columns = np.arange(seen.columns)[None, :, None] * across
    places = np.zeros((seen.rows, seen.columns, 3))
    places[..., 1:] = start + rows + columns
    values, mask = sample(picture[None], places)
    return values, mask


def _on_picture(how: Shear, index: Points, *, direction: bool = False) -> Points:
    """Where the ray through a point of the grid is in the picture of the rays."""
    across = np.asarray(how.slope) * index[how.axis]
    at = index[list(how.others)] - across
    if not direction:
        at = at - np.asarray(how.first)
    on: Points = at * np.asarray(how.rays)
    return on


def projection(voxels: Voxels, grid: Grid, seen: Raster, method: str) -> tuple[Values, Mask]:
    """A projection of the whole volume; where the mask is false there is none of it.

    Parameters
    ----------
    method
        Of `volume_sampling.METHODS`.
    """
    how = shear(grid, np.asarray(seen.into))
    layer = Projected(how, method)
    cast(voxels, how, layer)
    values, covered = layer.result()
    # At the edge the picture fades into the darkest, not into a zero that may be bright.
    values[~covered] = values[covered].min() if covered.any() else 0
    picture, inside = warped(values, how, grid, seen)
    weight, _ = warped(covered.astype(np.float32), how, grid, seen)
    return picture, inside & (weight >= 0.5)
