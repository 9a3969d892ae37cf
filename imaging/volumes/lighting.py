"""A volume as matter that glows, hides and shines: volume rendering.

Which values are how opaque and of which colour is a table here (`TRANSFERS`); surfaces are lit by
a lamp at the viewer's eye. How slices come to lie behind each other is `volume_projection`.

References
----------
PS3.18 section 8.3.5.3.3 (volume_rendered), PS3.3 sections C.11.31 (shading) and C.11.32.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.volumes.geometry import Grid
from imaging.volumes.projection import Moved, Shear, cast, shear, warped
from imaging.volumes.sampling import Values, Voxels
from imaging.volumes.views import Raster

MAX_LIT_VOXELS: Final = 24 * 1024 * 1024
"""A larger volume is looked at more coarsely."""

# Points of a transfer function: value, opacity of a millimetre, red, green and blue.
Transfer = tuple[tuple[float, float, int, int, int], ...]

TRANSFERS: Final[Mapping[str, Transfer]] = MappingProxyType(
    {
        # Hounsfield units: air and fat are not seen, muscle hardly, contrast and bone are.
        "hounsfield": (
            (-1024, 0.0, 0, 0, 0),
            (-150, 0.0, 120, 60, 50),
            (20, 0.006, 180, 90, 75),
            (120, 0.03, 215, 130, 105),
            (220, 0.22, 240, 205, 165),
            (500, 0.6, 255, 245, 225),
            (1500, 0.85, 255, 255, 255),
        ),
        # Fractions of a window: what is bright is seen.
        "window": (
            (0.0, 0.0, 0, 0, 0),
            (0.15, 0.0, 110, 80, 65),
            (0.45, 0.03, 190, 150, 125),
            (0.75, 0.12, 235, 215, 195),
            (1.0, 0.4, 255, 255, 250),
        ),
    }
)

_ENTRIES: Final = 1024
_AMBIENT, _DIFFUSE = 0.35, 0.75
# A gradient of so much of the table's range in a millimetre is a surface; less is fog.
_SURFACE: Final = 0.02
_HIDDEN: Final = 0.02
_MAX_OPACITY: Final = 0.995


@dataclass(frozen=True, slots=True)
class Matter:
    """A transfer function as a table over the values from `low` to `high`.

    Parameters
    ----------
    opacity
        Of a millimetre.
    colour
        Red, green and blue, 0 to 1.
    """

    low: float
    high: float
    opacity: Values
    colour: Values

    def entries(self, values: Values) -> NDArray[np.intp]:
        """Where values stand in the table."""
        scaled = (values - np.float32(self.low)) * np.float32(
            (_ENTRIES - 1) / (self.high - self.low)
        )
        entries: NDArray[np.intp] = np.clip(scaled, 0, _ENTRIES - 1).astype(np.intp)
        return entries


def matter(transfer: str, window: tuple[float, float] = (0.0, 1.0)) -> Matter:
    """The table of a transfer function.

    Parameters
    ----------
    transfer
        Of `TRANSFERS`.
    window
        The values that 0 and 1 stand for, where it speaks of fractions.
    """
    points = np.array(TRANSFERS[transfer], np.float64)
    if transfer == "window":
        low, high = window
        points[:, 0] = low + points[:, 0] * max(high - low, 1e-6)
    places = np.linspace(points[0, 0], points[-1, 0], _ENTRIES)
    columns = [np.interp(places, points[:, 0], points[:, at]) for at in range(1, 5)]
    opacity = columns[0].astype(np.float32)
    colour = (np.stack(columns[1:], axis=-1) / 255).astype(np.float32)
    return Matter(float(points[0, 0]), float(points[-1, 0]), opacity, colour)


class Lit:
    """The layer of volume rendering: light that reaches the eye, from front to back."""

    def __init__(self, how: Shear, voxels: Voxels, grid: Grid, seen: Raster, of: Matter) -> None:
        self._how, self._voxels, self._of = how, voxels, of
        self._into = grid.directions(np.asarray(seen.into))
        self._spacing = grid.spacing
        length = 1 / float(np.abs(self._into).max())
        # What a millimetre hides, made what one step along the ray hides.
        opacity = 1 - (1 - np.minimum(of.opacity, _MAX_OPACITY)) ** length
        self._opacity = opacity.astype(np.float32)
        self.light = np.zeros((*how.size, 3), np.float32)
        self._passing = np.ones(how.size, np.float32)
        self._shades: tuple[int, Values] = (-1, np.zeros((0, 0), np.float32))

    def add(self, number: int, slice_: Voxels, moved: Moved) -> bool:
        """Put a slice behind the others; False when nothing behind it can be seen."""
        # What is opaque is so from some value on, so the brightest voxel tells of all.
        if not self._opacity[self._of.entries(np.full(1, slice_.max(), np.float32))].any():
            return True
        entries = self._of.entries(moved.of(slice_))
        opacity = self._opacity[entries]
        box = _box(opacity)
        if box is None:
            return True
        window = _inside(moved.window, box)
        entries, opacity = entries[box], opacity[box]
        passing = self._passing[window]
        shown = passing * opacity * moved.of(self._shade(number, slice_))[box]
        self.light[window] += shown[..., None] * self._of.colour[entries]
        passing *= 1 - opacity
        return bool(self._passing.max() > _HIDDEN)

    def _shade(self, number: int, slice_: Voxels) -> Values:
        """How brightly the lamp lights each voxel of a slice; the same for all moves of it."""
        if self._shades[0] != number:
            self._shades = (number, self._shaded(number, slice_.astype(np.float32)))
        return self._shades[1]

    def _shaded(self, number: int, slice_: Values) -> Values:
        how, last = self._how, self._voxels.shape[self._how.axis] - 1
        before = self._voxels.take(max(number - 1, 0), how.axis).astype(np.float32)
        after = self._voxels.take(min(number + 1, last), how.axis).astype(np.float32)
        slopes = {how.axis: (after - before) / 2}
        for at, axis in enumerate(how.others):
            slopes[axis] = _slope(slice_, at)
        facing = sum(slopes[axis] * np.float32(self._into[axis]) for axis in range(3))
        squares = sum((slopes[axis] / np.float32(self._spacing[axis])) ** 2 for axis in range(3))
        size: Values = np.sqrt(np.asarray(squares, np.float32))
        fog = np.float32(_SURFACE * (self._of.high - self._of.low))
        # In fog no side faces the lamp, and all of it is lit alike.
        lit = (np.abs(np.asarray(facing)) + fog) / (size + fog)
        shade: Values = _AMBIENT + _DIFFUSE * np.minimum(lit, np.float32(1))
        return shade


def _slope(values: Values, axis: int) -> Values:
    slope = np.zeros_like(values)
    if values.shape[axis] > 2:
        ahead, behind = (slice(2, None), slice(None, -2))
        middle = (slice(1, -1), slice(None)) if axis == 0 else (slice(None), slice(1, -1))
        cut = (ahead, slice(None)) if axis == 0 else (slice(None), ahead)
        back = (behind, slice(None)) if axis == 0 else (slice(None), behind)
        slope[middle] = (values[cut] - values[back]) / 2
    return slope


def _box(opacity: Values) -> tuple[slice, slice] | None:
    """The part of a slice that is seen at all."""
    seen = opacity > 0
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not rows.size:
        return None
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _inside(window: tuple[slice, slice], box: tuple[slice, slice]) -> tuple[slice, slice]:
    whole, part = window, box
    return (_part(whole[0], part[0]), _part(whole[1], part[1]))


def _part(whole: slice, part: slice) -> slice:
    step = whole.step or 1
    return slice(whole.start + part.start * step, whole.start + part.stop * step, step)


def coarser(voxels: Voxels, grid: Grid) -> tuple[Voxels, Grid]:
    """The means of blocks of voxels, when there are more than `MAX_LIT_VOXELS`."""
    if grid.voxels <= MAX_LIT_VOXELS:
        return voxels, grid
    excess = grid.voxels / MAX_LIT_VOXELS
    factors = [1, 1, 1]
    while np.prod(factors) < excess:
        # The finest step first, so that blocks become cubes.
        sizes = grid.spacing * factors
        factors[int(sizes.argmin())] += 1
    slices, rows, columns = (size // by for size, by in zip(grid.shape, factors, strict=True))
    made = np.empty((slices, rows, columns), np.float32)
    by_slices, by_rows, by_columns = factors
    for number in range(slices):
        block = voxels[
            number * by_slices : (number + 1) * by_slices, : rows * by_rows, : columns * by_columns
        ]
        parts = block.reshape(by_slices, rows, by_rows, columns, by_columns)
        made[number] = parts.mean(axis=(0, 2, 4), dtype=np.float32)
    first = (np.asarray(factors) - 1) / 2
    origin = grid.patient(first)
    steps = np.asarray(grid.steps) * np.asarray(factors)[:, None]
    said = {"shape": made.shape, "origin": origin, "steps": steps}
    return made, Grid.from_json(said)


def lit(voxels: Voxels, grid: Grid, seen: Raster, of: Matter) -> NDArray[np.uint8]:
    """The picture of a volume (rows, columns, red green blue), on black."""
    voxels, grid = coarser(voxels, grid)
    how = shear(grid, np.asarray(seen.into))
    layer = Lit(how, voxels, grid, seen, of)
    cast(voxels, how, layer)
    picture = np.empty((seen.rows, seen.columns, 3), np.float32)
    for channel in range(3):
        values, mask = warped(layer.light[..., channel], how, grid, seen)
        picture[..., channel] = np.where(mask, values, 0)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
