"""The table of a window is shared by slices that are shown alike, and by no others."""

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from imaging.pixels import DecodedFrame, FrameDescription
from imaging.rendering.display import Display, LookupTable, Window
from imaging.rendering.grayscale import to_gray

VALUES = np.arange(-40, 60, dtype="<i2")
SHOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"inverse": True}, {}),
    ({"slope": 2.0}, {}),
    ({"intercept": -7.0}, {}),
    ({"padding": (0.0, 20.0)}, {}),
    ({"window": Window(5, 40)}, {}),
    ({"window": Window(5, 60, "SIGMOID")}, {}),
    ({"voi_lut": LookupTable(0, 8, tuple(range(255, 55, -1)))}, {"window": None}),
    ({"modality_lut": LookupTable(-40, 8, tuple(range(100)))}, {}),
]


def frame(**changes: Any) -> DecodedFrame:
    said: dict[str, Any] = {
        "transfer_syntax_uid": "1.2.840.10008.1.2.1", "rows": 10, "columns": 10,
        "samples_per_pixel": 1, "photometric_interpretation": "MONOCHROME2",
        "bits_allocated": 16, "bits_stored": 16, "pixel_representation": 1,
        "planar_configuration": 0,
    }  # fmt: skip
    return DecodedFrame(VALUES.tobytes(), FrameDescription(**{**said, **changes}))


def display(said: dict[str, Any], more: dict[str, Any]) -> Display:
    return Display(**{"window": Window(5, 60), **said, **more})


@pytest.mark.parametrize(("first", "second"), list(permutations(range(len(SHOWN)), 2)))
def test_what_was_shown_before_changes_nothing(first: int, second: int) -> None:
    alone = [to_gray(frame(), display(*SHOWN[number])) for number in (first, second)]
    again = [to_gray(frame(), display(*SHOWN[number])) for number in (first, second)]
    assert all((one == other).all() for one, other in zip(alone, again, strict=True))
    assert (alone[0] != alone[1]).any()


def test_the_window_is_that_of_the_standard() -> None:
    gray = to_gray(frame(), Display(window=Window(5, 60))).reshape(-1)
    expected = ((VALUES - 4.5) / 59 + 0.5).clip(0, 1) * 255
    assert (gray == (expected + 0.5).astype(np.uint8)).all()


def test_a_picture_can_be_written_on_without_changing_the_next() -> None:
    first = to_gray(frame(), Display(window=Window(5, 60)))
    kept = first.copy()
    first[:] = 0
    assert (to_gray(frame(), Display(window=Window(5, 60))) == kept).all()


def test_unsigned_samples_have_a_table_of_their_own() -> None:
    signed = to_gray(frame(), Display(window=Window(5, 60)))
    unsigned = to_gray(frame(pixel_representation=0), Display(window=Window(5, 60)))
    assert (signed[:4] != unsigned[:4]).any()
    assert (signed[4:] == unsigned[4:]).all()
