"""Regions fitted into viewports."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.errors import LimitExceeded, Malformed
from imaging.rendering.viewport import MAX_SIDE, Viewport, fitted, fitted_size, region

RAMP = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5


@pytest.mark.parametrize(
    ("viewport", "expected"),
    [
        (Viewport(16, 16), (12, 16)),
        (Viewport(4, 100), (3, 4)),
        (Viewport(8, 6, 0, 0, 4, 4), (6, 6)),
        (Viewport(None, 12), (12, 16)),
        (Viewport(None, None, 1, 1, 3, 2), (2, 3)),
        (Viewport(100, 100, enlarge=False), (6, 8)),
    ],
)
def test_the_region_is_as_large_as_the_viewport_allows_and_keeps_its_shape(viewport, expected):
    assert fitted(RAMP, viewport).shape == expected


def test_a_region_at_its_own_size_is_copied_pixel_by_pixel():
    cut = fitted(RAMP, Viewport(3, 2, 2, 1, 3, 2))
    assert np.array_equal(cut, RAMP[1:3, 2:5])
    relative = Viewport(None, None, 0.25, 0.5, 0.5, 0.5, relative=True)
    assert np.array_equal(fitted(RAMP, relative), RAMP[3:6, 2:6])


def test_flips_turn_the_region_and_nothing_else():
    flipped = Viewport(8, 6, flip_horizontally=True)
    assert np.array_equal(fitted(RAMP, flipped), RAMP[:, ::-1])
    assert np.array_equal(fitted(RAMP, Viewport(8, 6, flip_vertically=True)), RAMP[::-1])


def test_a_region_between_pixels_takes_its_share_of_each():
    stripes = np.tile(np.array([0, 200], np.uint8), (4, 4))
    assert np.all(np.abs(fitted(stripes, Viewport(1, 1, 1.5, 0, 2, 2)).astype(int) - 100) < 30)


def test_pixels_that_are_no_squares_become_squares_once_they_are_scaled():
    assert fitted(RAMP, Viewport(80, 120), pixel_aspect=2.0).shape == (120, 80)
    assert fitted(RAMP, Viewport(None, None), pixel_aspect=2.0).shape == RAMP.shape


@pytest.mark.parametrize(
    "viewport",
    [
        Viewport(8, 8, 8, 0),
        Viewport(8, 8, 0, 6.5),
        Viewport(8, 8, -1, 0),
        Viewport(8, 8, 1, 0, 8, 2),
        Viewport(8, 8, 0, 0, 0, 2),
        Viewport(8, 8, float("nan"), 0),
        Viewport(relative=True, x=0.5, region_width=0.6),
    ],
)
def test_a_region_outside_of_the_image_is_refused(viewport):
    with pytest.raises(Malformed):
        fitted(RAMP, viewport)


def test_no_picture_grows_without_bounds():
    with pytest.raises(LimitExceeded):
        fitted(RAMP, Viewport(MAX_SIDE + 1, MAX_SIDE * 2))


@given(
    st.integers(1, 400),
    st.integers(1, 400),
    st.integers(1, 300),
    st.integers(1, 300),
    st.floats(0.1, 10),
)
def test_nothing_is_larger_than_the_viewport_and_one_side_fills_it(
    columns, rows, width, height, aspect
):
    viewport = Viewport(width, height)
    across, down = fitted_size(viewport, region(viewport, columns, rows), aspect)
    assert 1 <= across <= width
    assert 1 <= down <= height
    assert across == width or down == height
