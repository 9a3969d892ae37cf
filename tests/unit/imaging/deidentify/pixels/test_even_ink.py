"""Faint ink of one value stands out of what was measured; grounds, bars and noise do not."""

from __future__ import annotations

import random

import numpy as np
import pytest

from imaging.deidentify.pixels.even_ink import even_ink, find_even_ink
from tests.burned_in import Planted, backdrop, planted

SIDE = 256
_SPECKLE = ("speckle", "coarse speckle")


def share_shown(item: Planted) -> tuple[float, float]:
    """Of the ink that is shown, and of everything else."""
    shown = even_ink(item.picture) > 0
    return float(shown[item.ink].mean()), float(shown[~item.ink].mean())


@pytest.mark.parametrize("background", _SPECKLE)
def test_letters_as_faint_as_the_noise_are_shown_and_the_noise_is_not(background: str) -> None:
    of_ink, of_rest = share_shown(planted(6, background, 24, 30, SIDE))
    assert of_ink > 0.4
    assert of_rest < 0.1


@pytest.mark.parametrize("background", [*_SPECKLE, "ramp"])
def test_where_nothing_was_written_there_is_no_ink(background: str) -> None:
    picture = backdrop(background, SIDE, random.Random(5), None)
    assert (even_ink(picture) > 0).mean() < 0.01
    assert find_even_ink(picture) == []


@pytest.mark.parametrize(("side", "size"), [(SIDE, 24), (1700, 48)])
def test_ink_is_found_where_it_is(side: int, size: int) -> None:
    item = planted(6, "speckle", size, 30, side)
    rows, columns = np.nonzero(item.ink)
    assert any(
        box.left < columns.mean() < box.right and box.top < rows.mean() < box.bottom
        for box in find_even_ink(item.picture)
    )


def test_a_colour_of_the_same_brightness_as_the_ground_is_ink() -> None:
    gray = backdrop("speckle", SIDE, random.Random(5), None)
    picture = np.repeat(gray[..., None], 3, axis=2)
    picture[100:112, 60:160:4] = (180, 20, 70)
    shown = even_ink(picture) > 0
    assert shown[100:112, 60:160:4].all()


def test_a_bar_is_no_ink() -> None:
    picture = backdrop("speckle", SIDE, random.Random(5), None)
    picture[100:130, 60:100] = 250
    assert not (even_ink(picture)[104:126, 64:96] > 0).any()


def test_a_narrow_heap_of_values_is_a_ground_and_no_ink() -> None:
    """As of air in a slice that is shown with all of its values."""
    noise = np.random.default_rng(3)
    picture = np.clip(np.rint(noise.normal(5, 0.6, (SIDE, SIDE))), 0, 255).astype(np.uint8)
    picture[:, ::3] = noise.integers(0, 200, (SIDE, SIDE))[:, ::3]
    assert find_even_ink(picture) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (33, 31, 3), (17, 16, 1)])
def test_odd_pictures_have_ink_of_their_size(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    assert even_ink(noise).shape == shape[:2]
