"""Whole volumes seen from outside: sheared slices give what straight rays give."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.volumes.geometry import Grid, arrange
from imaging.volumes.lighting import TRANSFERS, coarser, lit, matter
from imaging.volumes.projection import projection, shear
from imaging.volumes.sampling import Voxels, sample
from imaging.volumes.views import Raster, camera, raster
from tests.volumes import planes

SIDE = 33
CUBE = arrange(planes(SIDE, SIDE, SIDE)).grid
THICK = arrange(planes(9, SIDE, SIDE, step=(0.0, 0.0, 4.0))).grid


def ball(grid: Grid, radius: float, value: int = 1000) -> NDArray[np.int16]:
    """A soft-edged ball in the middle of a grid."""
    points = grid.patient(np.stack(np.indices(grid.shape), axis=-1))
    away = np.linalg.norm(points - grid.centre, axis=-1)
    return (np.clip(radius + 0.5 - away, 0, 1) * value).astype(np.int16)


def view(grid: Grid, towards: tuple[float, float, float]) -> Raster:
    centre = grid.centre
    return raster(grid, camera(grid, "a", centre - 100 * np.asarray(towards), centre))


def rays(voxels: Voxels, grid: Grid, seen: Raster) -> NDArray[np.float32]:
    """The greatest value along each ray, by walking it in small steps: the other way to do it."""
    depths = np.arange(-60, 60, 0.25)
    greatest = np.full((seen.rows, seen.columns), -np.inf, np.float32)
    for depth in depths:
        values, mask = sample(voxels, grid.index(seen.points() + depth * np.asarray(seen.into)))
        greatest = np.where(mask, np.maximum(greatest, values), greatest)
    return greatest


@pytest.mark.parametrize(
    ("letter", "axis", "flips"),
    [
        ("a", 1, (0,)),
        ("p", 1, (0, 1)),
        ("r", 2, (0, 1)),
        ("l", 2, (0,)),
        ("h", 0, (1,)),
        ("f", 0, ()),
    ],
)
def test_along_an_axis_a_maximum_is_that_of_the_array(
    letter: str, axis: int, flips: tuple[int, ...]
) -> None:
    voxels = np.random.default_rng(3).integers(-500, 500, CUBE.shape, dtype=np.int16)
    made, mask = projection(voxels, CUBE, raster(CUBE, camera(CUBE, letter)), "maximum_ip")
    assert mask.all()
    assert np.array_equal(made, np.flip(voxels.max(axis=axis), flips))


@pytest.mark.parametrize("grid", [CUBE, THICK], ids=["cube", "thick slices"])
@pytest.mark.parametrize("towards", [(1, 1, 0), (0.3, 1, -0.4), (0.2, 0.1, 1), (1, 1, 1)])
def test_sheared_slices_give_what_rays_give(
    grid: Grid, towards: tuple[float, float, float]
) -> None:
    points = grid.patient(np.stack(np.indices(grid.shape), axis=-1))
    voxels = (500 + 400 * np.sin(points / 6).sum(axis=-1)).astype(np.float32)
    seen = view(grid, towards)
    made, mask = projection(voxels, grid, seen, "maximum_ip")
    expected = rays(voxels, grid, seen)
    # Towards the edges the rays walk on to the voxels' outer sides, the slices do not.
    middle = tuple(slice(size // 3, 2 * size // 3) for size in made.shape)
    assert mask[middle].all()
    assert np.abs(made - expected)[middle].mean() < 0.001 * np.ptp(voxels)


@pytest.mark.parametrize("towards", [(0, 1, 0), (1, 2, 0.5), (1, 1, 1), (-1, 0.2, 0.4)])
def test_a_ball_is_a_disc_from_everywhere(towards: tuple[float, float, float]) -> None:
    seen = view(CUBE, towards)
    made, _ = projection(ball(CUBE, 10), CUBE, seen, "maximum_ip")
    rows, columns = np.nonzero(made > 500)
    area = (made > 500).sum() * np.linalg.norm(seen.across) ** 2
    assert area == pytest.approx(np.pi * 10**2, rel=0.06)
    assert rows.mean() == pytest.approx((seen.rows - 1) / 2, abs=0.6)
    assert columns.mean() == pytest.approx((seen.columns - 1) / 2, abs=0.6)


def test_the_nearest_slice_comes_first() -> None:
    forward = shear(CUBE, np.array((0.0, 1.0, 0.0)))
    back = shear(CUBE, np.array((0.0, -1.0, 0.0)))
    assert (forward.axis, list(forward.order(3))) == (1, [0, 1, 2])
    assert (back.axis, list(back.order(3))) == (1, [2, 1, 0])


def test_what_is_in_front_hides_what_is_behind() -> None:
    voxels = np.full(CUBE.shape, -1000, np.int16)
    voxels[:, 4:8] = 1500  # bone in front (anterior), whiter than
    voxels[:, 24:28] = 250  # what is behind
    of = matter("hounsfield")
    front = lit(voxels, CUBE, raster(CUBE, camera(CUBE, "a")), of)[16, 16].astype(int)
    behind = lit(voxels, CUBE, raster(CUBE, camera(CUBE, "p")), of)[16, 16].astype(int)
    assert (front > 250).all()
    assert behind[2] < front[2] - 30


def test_air_is_black_and_a_lit_ball_is_darker_at_its_rim() -> None:
    voxels = (ball(CUBE, 12, 2000).astype(np.int32) - 1000).astype(np.int16)
    made = lit(voxels, CUBE, view(CUBE, (0.4, 1, 0.2)), matter("hounsfield"))
    assert (made[0, 0] == 0).all()
    height, width, _ = made.shape
    row = made[height // 2, :, 0].astype(int)
    seen = np.flatnonzero(row > 30)
    assert row[width // 2] > row[seen[1]]


@pytest.mark.parametrize("transfer", TRANSFERS)
def test_opacity_never_falls_as_values_rise(transfer: str) -> None:
    of = matter(transfer, (100.0, 200.0))
    assert (np.diff(of.opacity) >= 0).all()
    assert of.opacity[0] == 0


def test_a_coarser_volume_lies_where_the_volume_lay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imaging.volumes.lighting.MAX_LIT_VOXELS", 5000)
    voxels, grid = coarser(ball(CUBE, 9), CUBE)
    assert grid.voxels <= 5000
    weights = voxels / voxels.sum()
    index = np.stack(np.indices(grid.shape), axis=-1)
    centre = grid.patient((weights[..., None] * index).sum(axis=(0, 1, 2)))
    assert np.allclose(centre, CUBE.centre, atol=0.35)
