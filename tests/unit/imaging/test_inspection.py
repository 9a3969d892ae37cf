"""What a reviewer of pixels sees: everything, whatever the header lays over it."""

from __future__ import annotations

import numpy as np
import pytest

from imaging import inspection
from imaging.data_set import DataSet, Element
from imaging.errors import LimitExceeded
from imaging.inspection import VIEWS, inspect_frame
from imaging.pixels import DecodedFrame, FrameDescription

NATIVE = "1.2.840.10008.1.2.1"


def gray(values: list[list[int]], photometric: str = "MONOCHROME2") -> DecodedFrame:
    array = np.array(values, "<u2")
    rows, columns = array.shape
    return DecodedFrame(
        array.tobytes(), FrameDescription(NATIVE, rows, columns, 1, 16, 16, 0, photometric)
    )


def said(**values: tuple[int, str, bytes]) -> DataSet:
    """A data set of elements (tag, VR, value), named for the reader."""
    data_set = DataSet()
    data_set.update({tag: Element(tag, vr, value) for tag, vr, value in values.values()})
    return data_set


WINDOW = said(center=(0x00281050, "DS", b"1000"), width=(0x00281051, "DS", b"100 "))
SHUTTER = said(
    shape=(0x00181600, "CS", b"RECTANGULAR "),
    left=(0x00181602, "IS", b"2 "),
    right=(0x00181604, "IS", b"2 "),
    upper=(0x00181606, "IS", b"1 "),
    lower=(0x00181608, "IS", b"1 "),
)
PADDING = said(padding=(0x00280120, "US", b"\x05\x00"))


def levels(data_set: DataSet, frame: DecodedFrame, view: str) -> int:
    picture = inspect_frame(data_set, frame, 1, view)
    return len(np.unique(picture.pixels))


@pytest.mark.parametrize("view", ["whole", "even"])
def test_no_window_of_the_header_hides_text(view: str) -> None:
    frame = gray([[10, 10, 20], [10, 20, 1000]])
    assert levels(WINDOW, frame, "usual") < 3
    assert levels(WINDOW, frame, view) == 3


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("data_set", [SHUTTER, PADDING], ids=["shutter", "padding"])
def test_neither_shutter_nor_padding_hides_text(data_set: DataSet, view: str) -> None:
    picture = inspect_frame(data_set, gray([[5, 900, 65000]]), 1, view)
    assert len(np.unique(picture.pixels)) == 3


def test_differences_of_one_in_sixty_five_thousand_are_seen_when_spread() -> None:
    faint = np.full((64, 64), 30000)
    faint[20:30, 20:30] += 1
    faint[0, 0], faint[0, 1] = 0, 65535
    pixels = inspect_frame(DataSet(), gray(faint.tolist()), 1, "even").pixels
    usual = inspect_frame(DataSet(), gray(faint.tolist()), 1, "whole").pixels
    assert int(pixels[25, 25]) - int(pixels[40, 40]) > 1
    assert usual[25, 25] == usual[40, 40]


@pytest.mark.parametrize("view", VIEWS)
def test_a_frame_of_one_value_is_a_picture_too(view: str) -> None:
    assert inspect_frame(DataSet(), gray([[7, 7]]), 1, view).pixels.shape == (1, 2)


@pytest.mark.parametrize("view", VIEWS)
def test_colours_stay_colours_of_the_same_size(view: str) -> None:
    description = FrameDescription(NATIVE, 1, 2, 3, 8, 8, 0, "RGB")
    frame = DecodedFrame(bytes([0, 10, 20, 30, 40, 50]), description)
    assert inspect_frame(DataSet(), frame, 1, view).pixels.shape == (1, 2, 3)


@pytest.mark.parametrize("values", [[np.nan, 1.0, 2.0], [np.inf, 0.0, 1e-30]])
def test_floats_that_are_no_numbers_are_no_error(values: list[float]) -> None:
    description = FrameDescription(NATIVE, 1, 3, 1, 32, 32, 0, "MONOCHROME2", is_float=True)
    frame = DecodedFrame(np.array(values, "<f4").tobytes(), description)
    assert inspect_frame(DataSet(), frame, 1, "even").pixels.shape == (1, 3)


def test_a_frame_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "max_pixels", 3)
    with pytest.raises(LimitExceeded):
        inspect_frame(DataSet(), gray([[1, 2], [3, 4]]), 1, "usual")
