"""Planes become one grid, or there is a reason why not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.volumes.geometry import Grid, NotAVolume, arrange, checked_plane
from tests.volumes import planes


def test_planes_in_any_order_are_sorted_along_their_normal() -> None:
    shuffled = [planes(5)[at] for at in (3, 0, 4, 1, 2)]
    arrangement = arrange(shuffled)
    assert [blend.first for blend in arrangement.slices] == [1, 3, 4, 0, 2]
    assert arrangement.grid.origin == (0, 0, 0)
    assert not arrangement.interpolated


@given(
    index=st.tuples(*[st.floats(-50, 50)] * 3),
    step=st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(0.5, 9)),
)
def test_a_point_of_the_grid_comes_back_from_the_patient(
    index: tuple[float, float, float], step: tuple[float, float, float]
) -> None:
    grid = Grid((3, 8, 8), (1, -2, 3), (step, (0, 0.5, 0), (0.7, 0, 0)))
    assert np.allclose(grid.index(grid.patient(index)), index, atol=1e-6)


def test_a_tilted_gantry_is_a_sheared_grid() -> None:
    grid = arrange(planes(6, step=(0.0, 0.8, 3.0))).grid
    assert np.allclose(grid.patient((5, 0, 0)), (0, 4.0, 15.0))
    assert np.allclose(grid.spacing, (np.hypot(0.8, 3), 1, 1))


def test_positions_that_are_rounded_are_still_one_volume() -> None:
    given_planes = planes(20, step=(0.0, 0.0, 7.0))
    jittered = [
        replace(
            plane, position=(0.0, 0.05 * (-1) ** at, round(plane.position[2] + 0.03 * (at % 2), 1))
        )
        for at, plane in enumerate(given_planes)
    ]
    assert arrange(jittered).grid.shape == (20, 8, 8)


def test_uneven_planes_become_even_slices_between_them() -> None:
    heights = (0.0, 1.0, 2.0, 3.3, 4.6, 5.9)
    uneven = [
        replace(plane, position=(0.0, 0.0, height))
        for plane, height in zip(planes(6), heights, strict=True)
    ]
    arrangement = arrange(uneven)
    assert arrangement.interpolated
    for number, blend in enumerate(arrangement.slices):
        at = heights[blend.first] * (1 - blend.weight) + heights[blend.second] * blend.weight
        assert at == pytest.approx(arrangement.grid.patient((number, 0, 0))[2])


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (planes(1), "at least two"),
        (planes(3) + planes(1), "same place"),
        (planes(4)[:2] + planes(8)[5:], "missing"),
        (planes(2) + planes(2, 9), "rows and columns"),
        (planes(2) + planes(2, spacing=(2.0, 2.0)), "different sizes"),
        ([planes(1)[0], replace(planes(2)[1], along_row=(0.0, 0.0, 1.0))], "not parallel"),
        ([*planes(3), replace(planes(4)[3], position=(9.0, 0.0, 3.0))], "above each other"),
    ],
)
def test_what_is_no_volume_is_refused_with_the_reason(made: list, reason: str) -> None:  # type: ignore[type-arg]  # planes
    with pytest.raises(NotAVolume, match=reason):
        arrange(made)


@pytest.mark.parametrize(
    ("position", "orientation", "spacing"),
    [
        ((), (1, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), (), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), ()),
        ((0, 0, 0), (1, 0, 0, 0, 1, 0), (0, 1)),
        ((0, 0, float("nan")), (1, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), (0, 0, 0, 0, 1, 0), (1, 1)),
        ((0, 0, 0), (1, 0, 0, 1, 0, 0), (1, 1)),
    ],
)
def test_a_place_that_is_none_is_refused(
    position: tuple[float, ...], orientation: tuple[float, ...], spacing: tuple[float, ...]
) -> None:
    with pytest.raises(NotAVolume):
        checked_plane(position, orientation, spacing, 8, 8)


numbers = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(numbers, max_size=4), st.lists(numbers, max_size=7), st.lists(numbers, max_size=3))
def test_no_numbers_lead_to_anything_but_a_plane_or_a_refusal(
    position: list[float], orientation: list[float], spacing: list[float]
) -> None:
    try:
        plane = checked_plane(position, orientation, spacing, 4, 4)
    except NotAVolume:
        return
    assert np.linalg.norm(plane.normal) == pytest.approx(1, abs=1e-2)
