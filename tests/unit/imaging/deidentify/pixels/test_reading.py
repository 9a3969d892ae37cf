"""Plans of whole files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.data_set import Element
from imaging.deidentify.pixels.boxes import Box
from imaging.deidentify.pixels.reading import plan_file
from imaging.part10 import read_header
from tests.builders import ct_data_set, part10
from tests.burned_in import REAL


def nothing(picture: np.ndarray, **named: Any) -> tuple[Box, ...]:
    """A search that finds nothing, and asks for pictures of 8 bits."""
    assert picture.dtype == np.uint8
    return ()


def test_a_small_ct_slice_is_certain() -> None:
    stream = BytesIO(part10(ct_data_set()))
    plan = plan_file(stream, read_header(stream), find=nothing)
    assert plan.certain and plan.checked_frames == plan.frames == 1


def test_a_file_without_pixels_has_nothing_to_be_checked() -> None:
    stream = BytesIO(part10(ct_data_set(PixelData=None)))
    plan = plan_file(stream, read_header(stream), find=nothing)
    assert plan.certain and plan.burned_in_annotation is None


def test_frames_that_are_not_all_there_make_nothing_certain() -> None:
    stream = BytesIO(part10(ct_data_set()))
    header = read_header(stream)
    header.data_set[0x00280008] = Element(0x00280008, "IS", b"7 ")
    assert not plan_file(stream, header, find=nothing).certain


@pytest.mark.parametrize("name", ["US cine", "US palette", "US gray", "MR"])
def test_every_frame_of_real_files_is_checked(name: str, test_data: Path) -> None:
    with (test_data / "files" / REAL[name]).open("rb") as stream:
        plan = plan_file(stream, read_header(stream), find=nothing)
    assert plan.checked_frames == plan.frames > 0


def test_a_damaged_frame_makes_nothing_certain(test_data: Path) -> None:
    """Of the 140 frames of this file, the 14th does not decode."""
    with (test_data / "files" / REAL["SC cine"]).open("rb") as stream:
        plan = plan_file(stream, read_header(stream), find=nothing)
    assert not plan.certain and plan.checked_frames == 13
    assert plan.burned_in_annotation is None
