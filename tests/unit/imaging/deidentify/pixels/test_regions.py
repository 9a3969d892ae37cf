"""What ultrasound declares, and what is left outside of it."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imaging.data_set import DataSet, Element
from imaging.deidentify.pixels.boxes import Box
from imaging.deidentify.pixels.regions import are_believable, outside, ultrasound_regions


def data_set_with(*regions: tuple[int, int, int, int]) -> DataSet:
    """A data set that declares regions: left, top, right, bottom, the last ones inside."""
    items = []
    for region in regions:
        item = DataSet()
        for tag, value in zip(
            (0x00186018, 0x0018601A, 0x0018601C, 0x0018601E), region, strict=True
        ):
            item[tag] = Element(tag, "UL", struct.pack("<I", value))
        items.append(item)
    data_set = DataSet()
    data_set[0x00186011] = Element(0x00186011, "SQ", items=items)
    return data_set


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 15), st.integers(1, 20), st.integers(1, 15)),
        max_size=5,
    )
)
def test_the_boxes_outside_cover_every_other_pixel_and_no_pixel_of_a_region(
    places: list[tuple[int, int, int, int]],
) -> None:
    regions = tuple(
        box for place in places if (box := Box(None, *place).clipped(24, 18)) is not None
    )
    inside, covered = np.zeros((18, 24), bool), np.zeros((18, 24), int)
    for box in regions:
        inside[box.top : box.bottom, box.left : box.right] = True
    for box in outside(regions, 18, 24):
        covered[box.top : box.bottom, box.left : box.right] += 1
    assert np.array_equal(covered, np.where(inside, 0, 1))


def test_a_region_holds_its_last_column_and_row() -> None:
    [region] = ultrasound_regions(data_set_with((2, 3, 9, 7)), 20, 20)
    assert (region.left, region.top, region.width, region.height) == (2, 3, 8, 5)


def test_one_impossible_region_makes_all_of_them_unbelievable() -> None:
    assert ultrasound_regions(data_set_with((0, 0, 9, 9), (5, 5, 900, 9)), 20, 20) == ()
    assert ultrasound_regions(data_set_with((9, 0, 2, 9)), 20, 20) == ()


def test_regions_that_leave_almost_nothing_are_not_acted_on_unseen() -> None:
    assert not are_believable(ultrasound_regions(data_set_with((0, 0, 3, 3)), 100, 100), 100, 100)
    assert are_believable(ultrasound_regions(data_set_with((0, 0, 60, 60)), 100, 100), 100, 100)
