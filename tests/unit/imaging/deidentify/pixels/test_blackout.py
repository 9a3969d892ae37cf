"""Filling boxes: black inside, and not one bit changed outside."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.data_set import DataSet, Element
from imaging.deidentify.pixels.blackout import blackout, filled
from imaging.deidentify.pixels.boxes import Box
from imaging.errors import Unsupported
from imaging.pixels import DecodedFrame, FrameDescription

NATIVE = "1.2.840.10008.1.2.1"
ROWS, COLUMNS = 12, 16


def a_frame(seed: int = 1, **described: object) -> DecodedFrame:
    """A frame of noise."""
    description = FrameDescription(NATIVE, ROWS, COLUMNS, **described)  # type: ignore[arg-type]
    noise = np.random.default_rng(seed).integers(1, 255, description.native_bytes, np.uint8)
    return DecodedFrame(noise.tobytes(), description)


KINDS = {
    "gray of 8 bits": {},
    "gray of 12 bits": {"bits_allocated": 16, "bits_stored": 12},
    "signed": {"bits_allocated": 16, "bits_stored": 16, "pixel_representation": 1},
    "white is low": {"photometric_interpretation": "MONOCHROME1"},
    "32 bits": {"bits_allocated": 32, "bits_stored": 32},
    "floats": {"bits_allocated": 32, "bits_stored": 32, "is_float": True},
    "palette": {"photometric_interpretation": "PALETTE COLOR"},
    "RGB": {"samples_per_pixel": 3, "photometric_interpretation": "RGB"},
    "planes": {
        "samples_per_pixel": 3,
        "photometric_interpretation": "RGB",
        "planar_configuration": 1,
    },
    "YBR": {"samples_per_pixel": 3, "photometric_interpretation": "YBR_FULL"},
    "pairs": {"samples_per_pixel": 3, "photometric_interpretation": "YBR_FULL_422"},
    "single bits": {"bits_allocated": 1, "bits_stored": 1},
    "ARGB": {"samples_per_pixel": 4, "photometric_interpretation": "ARGB"},
}


def bits_of_pixels(frame: DecodedFrame) -> np.ndarray:
    """Rows × columns × whatever is of a pixel, written apart from the code under test."""
    described = frame.description
    raw = np.frombuffer(frame.data, np.uint8)
    if described.bits_allocated == 1:
        return np.unpackbits(raw, bitorder="little").reshape(ROWS, COLUMNS, 1)
    if described.photometric_interpretation == "YBR_FULL_422":
        pairs = raw.reshape(ROWS, COLUMNS // 2, 4)
        luma = pairs[..., :2].reshape(ROWS, COLUMNS, 1)
        chroma = np.repeat(pairs[..., 2:], 2, axis=1)
        return np.concatenate([luma, chroma], axis=2)
    if described.planar_configuration:
        planes = raw.reshape(described.samples_per_pixel, ROWS, COLUMNS, -1)
        return np.moveaxis(planes, 0, 2).reshape(ROWS, COLUMNS, -1)
    return raw.reshape(ROWS, COLUMNS, -1)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@given(
    left=st.integers(0, COLUMNS - 1),
    top=st.integers(0, ROWS - 1),
    width=st.integers(1, COLUMNS),
    height=st.integers(1, ROWS),
)
def test_nothing_outside_of_a_box_changes_and_nothing_inside_stays(
    kind: dict[str, object], left: int, top: int, width: int, height: int
) -> None:
    frame = a_frame(**kind)
    now = filled(frame, [Box(None, left, top, width, height)])
    assert now.description == frame.description
    before, after = bits_of_pixels(frame), bits_of_pixels(now)
    inside = np.zeros((ROWS, COLUMNS), bool)
    paired = kind.get("photometric_interpretation") == "YBR_FULL_422"
    first = left - left % 2 if paired else left
    last = left + width + (left + width) % 2 if paired else left + width
    inside[top : top + height, first:last] = True
    assert np.array_equal(before[~inside], after[~inside])
    assert len(np.unique(after[inside], axis=0)) == 1


def test_black_is_what_the_colour_space_says() -> None:
    whole = [Box(None, 0, 0, COLUMNS, ROWS)]
    black = {
        "gray of 12 bits": b"\0\0",
        "white is low": b"\xff",
        "RGB": b"\0\0\0",
        "YBR": b"\0\x80\x80",
        "pairs": b"\0\0\x80\x80",
    }
    for name, pixel in black.items():
        assert filled(a_frame(**KINDS[name]), whole).data.startswith(pixel), name


def test_signed_samples_get_the_darkest_that_the_rest_has() -> None:
    description = FrameDescription(NATIVE, 1, 4, 1, 16, 16, 1)
    frame = DecodedFrame(np.array([-30, 5, 9, 900], "<i2").tobytes(), description)
    now = filled(frame, [Box(None, 3, 0, 1, 1)])
    assert np.frombuffer(now.data, "<i2").tolist() == [-30, 5, 9, -30]


def test_a_palette_says_which_index_is_black() -> None:
    data_set = DataSet()
    entries = bytes([9, 200, 0, 50])
    for tag in (0x00281101, 0x00281102, 0x00281103):
        data_set[tag] = Element(tag, "US", b"\x04\0\0\0\x08\0")
        data_set[tag + 0x100] = Element(tag + 0x100, "OW", entries)
    frame = a_frame(photometric_interpretation="PALETTE COLOR")
    change = blackout([Box(None, 0, 0, 2, 2)], data_set)
    assert change is not None
    assert change(1, frame).data[:2] == b"\x02\x02"


def test_a_box_of_one_frame_leaves_the_others_alone() -> None:
    change = blackout([Box(2, 0, 0, 4, 4)], DataSet())
    assert change is not None
    frame = a_frame()
    assert change(1, frame).data == frame.data
    assert change(2, frame).data != frame.data


def test_without_boxes_there_is_nothing_to_change() -> None:
    assert blackout([], DataSet()) is None


def test_what_nobody_can_blacken_is_refused() -> None:
    frame = a_frame(samples_per_pixel=3, photometric_interpretation="LAB")
    with pytest.raises(Unsupported):
        filled(frame, [Box(None, 0, 0, 1, 1)])


def test_a_box_past_the_frame_fills_what_is_of_the_frame() -> None:
    frame = a_frame()
    now = filled(frame, [Box(None, COLUMNS - 1, ROWS - 1, 500, 500), Box(None, 900, 900, 5, 5)])
    assert now.data[:-1] == frame.data[:-1] and now.data[-1] == 0
