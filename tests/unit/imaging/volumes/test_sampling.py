"""Values between voxels: exact where trilinear interpolation is, and ordered where it is not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imaging.errors import LimitExceeded
from imaging.volumes.geometry import Grid, arrange
from imaging.volumes.projection import projection
from imaging.volumes.sampling import METHODS, plane, sample, slab
from imaging.volumes.views import Camera, camera, raster
from tests.volumes import planes

SHAPE = (9, 12, 15)
GRID = arrange(planes(*SHAPE, step=(0.0, 0.0, 2.5), spacing=(0.8, 0.6))).grid
TILTED = arrange(planes(*SHAPE, step=(0.0, 0.9, 2.5), spacing=(0.8, 0.6))).grid
OBLIQUE = ((40.0, -90.0, 55.0), (0.3, 0.1, 1.0))


def linear(grid: Grid) -> NDArray[np.float32]:
    """A volume whose values are linear in the patient, which interpolation gives exactly."""
    index = np.stack(np.indices(grid.shape), axis=-1)
    return values_at(grid.patient(index)).astype(np.float32)


def values_at(points: NDArray[np.float64]) -> NDArray[np.float64]:
    values: NDArray[np.float64] = points @ np.array((3.0, -2.0, 1.5)) + 7
    return values


def oblique(grid: Grid) -> Camera:
    centre = tuple(grid.centre)
    return camera(grid, "a", np.add(centre, OBLIQUE[0]), centre, OBLIQUE[1])


def noise() -> NDArray[np.int16]:
    return np.random.default_rng(7).integers(-900, 900, SHAPE, dtype=np.int16)


def inner(grid: Grid, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where no value is taken over from the border."""
    index = grid.index(points)
    limits = np.asarray(grid.shape) - 1
    within: NDArray[np.bool_] = ((index >= 0) & (index <= limits)).all(axis=-1)
    return within


@pytest.mark.parametrize("grid", [GRID, TILTED], ids=["upright", "tilted"])
@pytest.mark.parametrize("letter", "aprlhf")
def test_a_plane_through_a_linear_volume_is_linear(grid: Grid, letter: str) -> None:
    seen = raster(grid, camera(grid, letter))
    values, mask = plane(linear(grid), grid, seen)
    points = seen.points()
    within = inner(grid, points)
    assert within.sum() > 40
    assert mask[within].all()
    assert np.allclose(values[within], values_at(points)[within], atol=1e-3)


@pytest.mark.parametrize("grid", [GRID, TILTED], ids=["upright", "tilted"])
def test_an_oblique_plane_through_a_linear_volume_is_linear(grid: Grid) -> None:
    seen = raster(grid, oblique(grid))
    values, mask = plane(linear(grid), grid, seen)
    within = inner(grid, seen.points())
    assert 100 < within.sum() < within.size
    assert mask[within].all()
    assert np.allclose(values[within], values_at(seen.points())[within], atol=1e-3)


def test_axis_after_axis_gives_what_all_axes_at_once_give() -> None:
    seen = raster(GRID, camera(GRID, "r", look_at=(3.1, 4.2, 9.7)))
    values, mask = plane(noise(), GRID, seen)
    expected, where = sample(noise(), GRID.index(seen.points()))
    assert np.array_equal(mask, where)
    assert np.allclose(values[mask], expected[where], atol=1e-2)


def test_outside_of_the_volume_there_is_no_value() -> None:
    seen = raster(GRID, camera(GRID, "f", look_at=GRID.centre + np.array((0, 0, 500))))
    assert not plane(noise(), GRID, seen)[1].any()
    assert not sample(noise(), np.full((1, 3), -0.6))[1].any()
    assert sample(noise(), np.full((1, 3), -0.4))[1].all()


def test_a_marked_voxel_is_seen_where_it_lies() -> None:
    marked = (6, 3, 11)
    voxels = np.zeros(SHAPE, np.int16)
    voxels[marked] = 1000
    place = GRID.patient(marked)
    for letter in "aprlhf":
        seen = raster(GRID, camera(GRID, letter, look_at=tuple(place)))
        values, _ = plane(voxels, GRID, seen)
        points = seen.points()
        brightest = np.unravel_index(values.argmax(), values.shape)
        assert np.linalg.norm(points[brightest] - place) <= np.linalg.norm(seen.across)
        assert values.max() > 250


@pytest.mark.parametrize("method", sorted(METHODS))
def test_a_slab_no_thicker_than_a_voxel_is_its_plane(method: str) -> None:
    seen = raster(GRID, camera(GRID, "f"))
    expected, _ = plane(noise(), GRID, seen)
    made, _ = slab(noise(), GRID, seen, 2.5, method)
    assert np.array_equal(made, expected)


def test_a_plane_along_the_slices_is_a_slice_bit_for_bit() -> None:
    grid = arrange(planes(*SHAPE)).grid
    for number in range(SHAPE[0]):
        centre = grid.patient((number, (SHAPE[1] - 1) / 2, (SHAPE[2] - 1) / 2))
        values, mask = plane(noise(), grid, raster(grid, camera(grid, "f", look_at=centre)))
        assert mask.all()
        assert np.array_equal(values, noise()[number])


def test_a_slab_holds_the_slices_that_it_covers() -> None:
    grid = arrange(planes(*SHAPE, step=(0.0, 0.0, 2.5))).grid
    seen = raster(grid, camera(grid, "f"))
    middle = SHAPE[0] // 2
    covered = noise()[middle - 1 : middle + 2]
    assert np.array_equal(slab(noise(), grid, seen, 7.5, "maximum_ip")[0], covered.max(axis=0))
    assert np.array_equal(slab(noise(), grid, seen, 7.5, "minimum_ip")[0], covered.min(axis=0))
    mean = slab(noise(), grid, seen, 7.5, "average_ip")[0]
    assert np.allclose(mean, covered.mean(axis=0), atol=1e-3)


def test_a_slab_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("imaging.volumes.sampling.MAX_SAMPLES", 1000)
    with pytest.raises(LimitExceeded, match="too thick"):
        slab(noise(), GRID, raster(GRID, camera(GRID, "f")), 100, "maximum_ip")


@pytest.mark.parametrize("grid", [GRID, TILTED], ids=["upright", "tilted"])
@pytest.mark.parametrize("make", ["slab", "projection"])
def test_maximum_mean_and_minimum_are_in_this_order_everywhere(grid: Grid, make: str) -> None:
    seen = raster(grid, oblique(grid))
    made = {}
    for method in METHODS:
        if make == "slab":
            made[method], mask = slab(noise(), grid, seen, 6.0, method)
        else:
            made[method], mask = projection(noise(), grid, seen, method)
    assert mask.any()
    assert (made["maximum_ip"] >= made["average_ip"] - 1e-3)[mask].all()
    assert (made["average_ip"] >= made["minimum_ip"] - 1e-3)[mask].all()
    assert (made["maximum_ip"] > made["minimum_ip"] + 100)[mask].mean() > 0.5
