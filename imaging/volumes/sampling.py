"""Values of a volume at places between its voxels: planes, and slabs of planes.

Trilinear interpolation may live here. Places outside of the outermost voxels have no value, which
is said by a mask.

References
----------
PS3.18 section 8.3.5.3.8 (slab), PS3.3 section C.11.26.1 (planar multi-planar reconstruction).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.errors import LimitExceeded
from imaging.volumes.geometry import Grid, Points
from imaging.volumes.views import Raster

Voxels = NDArray[Any]
Values = NDArray[np.float32]
Mask = NDArray[np.bool_]

MAX_SAMPLES: Final = 192 * 1024 * 1024
"""Values that one picture may be made of: some ten seconds of work."""

_CHUNK_POINTS: Final = 1 << 17
# A place this near to a voxel's centre is there: what is left is rounding.
_ON_CENTRE: Final = 1e-5
_PARALLEL: Final = 1e-7


def plane(voxels: Voxels, grid: Grid, seen: Raster, depth: float = 0.0) -> tuple[Values, Mask]:
    """Values under the pixels of a raster, `depth` millimetres behind it, and which have one."""
    moved = np.asarray(seen.origin) + np.asarray(seen.into) * depth
    start = grid.index(moved)
    down, across = grid.directions(np.asarray((seen.down, seen.across)))
    axes = _own_axes(down, across)
    if axes is not None:
        return _separable(voxels, start, (down, seen.rows), (across, seen.columns), axes)
    values = np.empty((seen.rows, seen.columns), np.float32)
    mask = np.empty((seen.rows, seen.columns), np.bool_)
    rows_at_once = max(1, _CHUNK_POINTS // seen.columns)
    horizontal = np.arange(seen.columns)[None, :, None] * across
    for first in range(0, seen.rows, rows_at_once):
        part = slice(first, first + rows_at_once)
        vertical = np.arange(seen.rows)[part, None, None] * down
        values[part], mask[part] = sample(voxels, start + vertical + horizontal)
    return values, mask


def sample(voxels: Voxels, index: Points) -> tuple[Values, Mask]:
    """Values at points of the grid (last axis: slice, row, column), and which have one."""
    places = _snapped(index)
    sizes = np.asarray(voxels.shape)
    mask: Mask = np.asarray(((places >= -0.5) & (places <= sizes - 0.5)).all(axis=-1))
    places = np.clip(places, 0, sizes - 1)
    low = np.minimum(places.astype(np.int64), np.maximum(sizes - 2, 0))
    part = (places - low).astype(np.float32)
    step = np.where(sizes > 1, np.array([sizes[1] * sizes[2], sizes[2], 1]), 0)
    flat = voxels.reshape(-1)
    base = (low[..., 0] * sizes[1] + low[..., 1]) * sizes[2] + low[..., 2]

    def along(axis: int, base: NDArray[np.int64]) -> Values:
        if axis == 3:
            found: Values = flat[base].astype(np.float32)
            return found
        near, far = along(axis + 1, base), along(axis + 1, base + step[axis])
        between: Values = near + (far - near) * part[..., axis]
        return between

    return along(0, base), mask


def _snapped(index: Points) -> Points:
    nearest = np.rint(index)
    return np.where(np.abs(index - nearest) < _ON_CENTRE, nearest, index)


def _own_axes(down: Points, across: Points) -> tuple[int, int] | None:
    """The axes of the grid that the raster's directions run along, when each runs along one."""
    axes = []
    for direction in (down, across):
        size = np.abs(direction)
        axis = int(size.argmax())
        if np.delete(size, axis).max() > _PARALLEL * size[axis]:
            return None
        axes.append(axis)
    return (axes[0], axes[1]) if axes[0] != axes[1] else None


def _separable(
    voxels: Voxels,
    start: Points,
    down: tuple[Points, int],
    across: tuple[Points, int],
    axes: tuple[int, int],
) -> tuple[Values, Mask]:
    """The same as `sample`, one axis after the other: the raster runs along the voxels."""
    through = 3 - sum(axes)
    depth = _snapped(start[through : through + 1])
    if not -0.5 <= depth[0] <= voxels.shape[through] - 0.5:
        size = (down[1], across[1])
        return np.zeros(size, np.float32), np.zeros(size, np.bool_)
    slab, _ = _along(voxels, through, depth)
    masks = []
    for (direction, count), axis in ((down, axes[0]), (across, axes[1])):
        slab, mask = _along(slab, axis, start[axis] + np.arange(count) * direction[axis])
        masks.append(mask)
    flat = slab.squeeze(axis=through)
    values = flat if axes[0] < axes[1] else flat.T
    return np.ascontiguousarray(values), masks[0][:, None] & masks[1][None, :]


def _along(values: Voxels, axis: int, places: Points) -> tuple[Values, Mask]:
    """Values at places along one axis, interpolated between the two beside each."""
    places, size = _snapped(places), values.shape[axis]
    mask: Mask = (places >= -0.5) & (places <= size - 0.5)
    places = np.clip(places, 0, size - 1)
    low = np.minimum(places.astype(np.int64), max(size - 2, 0))
    shape = [1, 1, 1]
    shape[axis] = len(places)
    part = (places - low).astype(np.float32).reshape(shape)
    near = np.take(values, low, axis).astype(np.float32)
    if not part.any():
        return near, mask
    far = np.take(values, np.minimum(low + 1, size - 1), axis).astype(np.float32)
    return near + (far - near) * part, mask


Method = Callable[[Values, Values], Values]

_COMBINED: Final[Mapping[str, tuple[Method, float]]] = MappingProxyType(
    {
        "maximum_ip": (np.maximum, -np.inf),
        "minimum_ip": (np.minimum, np.inf),
        "average_ip": (np.add, 0.0),
    }
)
METHODS: Final = frozenset(_COMBINED)
"""Ways of making one value of those that lie behind each other."""


class Collected:
    """Values that lie behind each other, made one; as many as there are."""

    def __init__(self, shape: tuple[int, int], method: str) -> None:
        self._combine, start = _COMBINED[method]
        self._mean = method == "average_ip"
        self._values = np.full(shape, start, np.float32)
        self._count = np.zeros(shape, np.uint16)

    def add(self, where: tuple[slice, slice], values: Values, mask: Mask | None = None) -> None:
        """Put values behind those that are there."""
        here = self._values[where]
        if mask is None:
            self._combine(here, values, out=here)  # type: ignore[call-arg]  # all three are ufuncs
            self._count[where] += 1
            return
        here[mask] = self._combine(here[mask], values[mask])
        self._count[where] += mask

    def result(self) -> tuple[Values, Mask]:
        """The values, 0 where there are none, and where there are any."""
        mask: Mask = self._count > 0
        values = np.where(mask, self._values, np.float32(0))
        if self._mean:
            values = values / np.maximum(self._count, 1).astype(np.float32)
        return values.astype(np.float32), mask


def slab(
    voxels: Voxels, grid: Grid, seen: Raster, thickness: float, method: str
) -> tuple[Values, Mask]:
    """Values of a slab about the raster's plane, one value for all that lie behind each other.

    The planes lie a voxel apart, so a slab that is no thicker than that is one plane.

    Parameters
    ----------
    thickness
        In millimetres.
    method
        Of `METHODS`.

    Raises
    ------
    LimitExceeded
        When that needs more than `MAX_SAMPLES` values.
    """
    step = 1 / float(np.abs(grid.directions(seen.into)).max())
    # No more than there is of the volume.
    depth = min(thickness, 2 * float(np.abs((grid.corners - seen.origin) @ seen.into).max()))
    planes = max(1, int(depth / step + 1e-3))
    if planes * seen.rows * seen.columns > MAX_SAMPLES:
        raise LimitExceeded("the slab is too thick for a picture of this size")
    if planes == 1:
        return plane(voxels, grid, seen)
    collected = Collected((seen.rows, seen.columns), method)
    everywhere = (slice(None), slice(None))
    for number in range(planes):
        found = plane(voxels, grid, seen, (number - (planes - 1) / 2) * step)
        collected.add(everywhere, *found)
    return collected.result()
