"""Pictures are looked at without what a viewport leaves beside them."""

from __future__ import annotations

import numpy as np
from PIL import Image

from conformance.pictures import expect_order, without_bars

SIZE = (96, 64)


def picture(width: int = 96, height: int = 64) -> Image.Image:
    """Four quadrants, brighter from one to the next."""
    y, x = np.mgrid[0:height, 0:width]
    return Image.fromarray(
        (40 + 60 * (2 * (y >= height // 2) + (x >= width // 2))).astype(np.uint8)
    )


def test_bars_above_and_below_are_cut_off() -> None:
    whole = Image.new("L", (96, 96), 0)
    whole.paste(picture(), (0, 16))
    found = without_bars(whole, SIZE)
    assert found.size == SIZE
    expect_order(found, "0123", "the picture")


def test_a_picture_that_was_stretched_over_the_viewport_stays_what_it_is() -> None:
    assert without_bars(picture(96, 96), SIZE).size == (96, 96)


def test_a_picture_of_the_right_size_stays_what_it_is() -> None:
    assert without_bars(picture(), SIZE).size == SIZE
