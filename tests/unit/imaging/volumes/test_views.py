"""Cameras stand where the standard says, and pictures lie where the cameras look."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imaging.volumes.geometry import Grid, arrange
from imaging.volumes.views import (
    BadView,
    along_curve,
    camera,
    frames_along,
    raster,
    swivelled,
)
from tests.volumes import planes

GRID: Grid = arrange(planes(11, 21, 31)).grid

# PS3.18 section 8.3.5.3.4, in the patient's coordinates: left, posterior and superior grow.
LEFT, BACK, HEAD = np.eye(3)


@pytest.mark.parametrize(
    ("letter", "from_where", "up", "right"),
    [
        ("a", -BACK, HEAD, LEFT),
        ("p", BACK, HEAD, -LEFT),
        ("r", -LEFT, HEAD, -BACK),
        ("l", LEFT, HEAD, BACK),
        ("h", HEAD, -BACK, -LEFT),
        ("f", -HEAD, -BACK, LEFT),
    ],
)
def test_an_orientation_is_the_side_that_the_camera_sees(
    letter: str, from_where: np.ndarray, up: np.ndarray, right: np.ndarray
) -> None:
    seen_by = camera(GRID, letter)
    assert np.allclose(-seen_by.into, from_where)
    assert np.allclose(seen_by.up, up)
    assert np.allclose(seen_by.right, right)
    away = np.subtract(seen_by.position, seen_by.look_at)
    assert away @ from_where > 0


@pytest.mark.parametrize("letter", "aprlhf")
def test_the_middle_of_the_picture_shows_the_look_at_point(letter: str) -> None:
    seen_by = camera(GRID, letter, look_at=(3.0, 4.0, 5.0))
    picture = raster(GRID, seen_by)
    middle = picture.points()[[0, -1]][:, [0, -1]].mean(axis=(0, 1))
    assert np.allclose(middle, (3, 4, 5))


@pytest.mark.parametrize(("letter", "size"), [("a", (31, 11)), ("r", (21, 11)), ("f", (31, 21))])
def test_a_picture_along_the_voxels_has_a_pixel_for_each(
    letter: str, size: tuple[int, int]
) -> None:
    picture = raster(GRID, camera(GRID, letter))
    assert (picture.columns, picture.rows) == size
    index = GRID.index(picture.points())
    assert np.allclose(index, np.rint(index))


def test_pixels_are_square_where_voxels_are_not() -> None:
    grid = arrange(planes(11, 20, 20, step=(0.0, 0.0, 5.0), spacing=(0.5, 0.5))).grid
    picture = raster(grid, camera(grid, "a"))
    assert np.linalg.norm(picture.across) == pytest.approx(np.linalg.norm(picture.down))
    assert (picture.columns, picture.rows) == (20, 110)


@pytest.mark.parametrize(
    ("position", "look_at", "up"),
    [
        ((1, 2, 3), (1, 2, 3), None),
        ((0, -10, 0), (0, 0, 0), (0, 5, 0)),
    ],
)
def test_where_there_is_no_view_the_reason_is_said(
    position: tuple[float, ...], look_at: tuple[float, ...], up: tuple[float, ...] | None
) -> None:
    with pytest.raises(BadView, match="viewpoint"):
        camera(GRID, "a", position, look_at, up)


def test_an_up_direction_of_zeros_is_left_to_us() -> None:
    assert camera(GRID, "a", (532, 38, 126), (-532, -76, -154), (0, 0, 0)).up[2] > 0.9


points = st.tuples(*[st.floats(-1e5, 1e5)] * 3)


@given(points, points, points)
def test_any_camera_is_upright_or_refused(
    position: tuple[float, ...], look_at: tuple[float, ...], up: tuple[float, ...]
) -> None:
    try:
        seen_by = camera(GRID, "a", position, look_at, up)
    except BadView:
        return
    frame = np.stack([seen_by.right, np.asarray(seen_by.up), seen_by.into])
    assert np.allclose(frame @ frame.T, np.eye(3), atol=1e-6)
    picture = raster(GRID, seen_by)
    assert 0 < picture.rows <= 1025
    assert 0 < picture.columns <= 1025


def test_a_swivel_has_as_many_pictures_as_steps_and_its_start_in_the_middle() -> None:
    start = camera(GRID, "a")
    turned = swivelled(start, 180, 20)
    assert len(turned) == 9
    assert np.allclose(turned[4].into, start.into)
    angles = [np.degrees(np.arctan2(one.into[0], one.into[1])) for one in turned]
    assert np.allclose(np.abs(np.diff(angles)), 20)
    assert all(np.allclose(one.look_at, start.look_at) for one in turned)


def test_a_full_circle_begins_at_its_start() -> None:
    start = camera(GRID, "a")
    turned = swivelled(start, 360, 90)
    assert [np.round(one.into, 6).tolist() for one in turned] == [
        [0, 1, 0],
        [-1, 0, 0],
        [0, -1, 0],
        [1, 0, 0],
    ]


def test_a_curve_is_walked_in_even_steps_and_the_view_turns_with_it() -> None:
    corner = [(0.0, 0.0, 0.0), (0.0, 10.0, 0.0), (0.0, 10.0, 10.0)]
    walked = along_curve(camera(GRID, "a"), corner, 5)
    assert [one.look_at for one in walked] == [
        (0, 0, 0), (0, 5, 0), (0, 10, 0), (0, 10, 5), (0, 10, 10),
    ]  # fmt: skip
    assert np.allclose(walked[0].into, BACK)
    assert np.allclose(walked[-1].into, HEAD)
    assert np.allclose(walked[-1].up, -BACK)


def test_a_curve_of_one_point_is_refused() -> None:
    with pytest.raises(BadView, match="volumetriccurvepoint"):
        along_curve(camera(GRID, "a"), [(1.0, 1.0, 1.0)] * 3, 1)


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.floats(-100, 100)] * 3), min_size=2, max_size=6), st.floats(1, 50))
def test_there_are_as_many_cameras_as_announced(
    curve: list[tuple[float, ...]], step: float
) -> None:
    try:
        walked = along_curve(camera(GRID, "f"), curve, step)
    except BadView:
        return
    assert len(walked) == frames_along(curve, step)
    lengths = [np.linalg.norm(one.into) for one in walked]
    assert np.allclose(lengths, 1)
