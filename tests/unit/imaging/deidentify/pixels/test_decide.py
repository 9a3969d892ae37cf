"""What is certain, what a person sees, and that no frame is left out."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from imaging.data_set import DataSet, Element
from imaging.deidentify.pixels import decide
from imaging.deidentify.pixels.boxes import Box, merged_over_frames
from imaging.deidentify.pixels.decide import plan_pixels
from imaging.errors import DecodeFailed
from imaging.pixels import DecodedFrame, FrameDescription

SIDE = 128
_GRAY = FrameDescription("1.2.840.10008.1.2.1", SIDE, SIDE)


def an_image(modality: str = "US", region: tuple[int, int, int, int] | None = None) -> DataSet:
    """The header of a gray image of 8 bits; `region` is of ultrasound."""
    data_set = DataSet()
    texts = {0x00080060: modality, 0x00080008: "ORIGINAL\\PRIMARY", 0x00280004: "MONOCHROME2"}
    for tag, text in texts.items():
        data_set[tag] = Element(tag, "CS", text.encode())
    numbers = {0x00280010: SIDE, 0x00280011: SIDE, 0x00280100: 8, 0x00280101: 8, 0x00280002: 1}
    for tag, number in numbers.items():
        data_set[tag] = Element(tag, "US", struct.pack("<H", number))
    if region is not None:
        item = DataSet()
        for tag, edge in zip((0x00186018, 0x0018601A, 0x0018601C, 0x0018601E), region, strict=True):
            item[tag] = Element(tag, "UL", struct.pack("<I", edge))
        data_set[0x00186011] = Element(0x00186011, "SQ", items=[item])
    return data_set


def pictures(*frames: np.ndarray) -> Any:
    """What reads frames."""
    return lambda number: DecodedFrame(frames[number - 1].astype(np.uint8).tobytes(), _GRAY)


def bright_spots(picture: np.ndarray, *, frame: int | None, way: str) -> tuple[Box, ...]:
    """A stand-in for the search: text is whatever is brighter than 200."""
    rows, columns = np.nonzero(picture > 200)
    if not rows.size:
        return ()
    left, top = int(columns.min()), int(rows.min())
    box = Box(frame, left, top, int(columns.max()) - left + 1, int(rows.max()) - top + 1, 0.9)
    return (box,)


def plan(data_set: DataSet, *frames: np.ndarray, **named: Any) -> Any:
    return plan_pixels(data_set, pictures(*frames), len(frames), find=bright_spots, **named)


def dark(*texts: tuple[int, int], level: int = 40) -> np.ndarray:
    """A frame with text at these places (row, column)."""
    frame = np.full((SIDE, SIDE), level)
    for row, column in texts:
        frame[row : row + 8, column : column + 30] = 255
    return frame


def test_text_outside_of_the_declared_regions_is_certain() -> None:
    made = plan(an_image(region=(0, 20, 127, 127)), dark((2, 5)))
    assert made.certain
    assert [(box.top, box.height, box.source) for box in made.boxes] == [
        (0, 20, "ultrasound-region")
    ]
    assert made.burned_in_annotation == "NO"


def test_text_inside_of_a_region_is_for_a_person() -> None:
    made = plan(an_image(region=(0, 20, 127, 127)), dark((60, 5)))
    assert not made.certain
    assert any(box.source == "ocr" and box.top == 60 for box in made.boxes)


def test_ultrasound_without_regions_is_for_a_person_even_if_nothing_was_found() -> None:
    assert not plan(an_image(), dark()).certain
    assert plan(an_image(), dark(), person_by_rule=False).certain


def test_a_ct_slice_without_text_is_certain() -> None:
    made = plan(an_image("CT"), dark())
    assert made.certain and made.boxes == () and made.burned_in_annotation == "NO"


def test_text_in_the_last_frame_only_is_found() -> None:
    noise = np.random.default_rng(1)
    frames = [dark() + noise.integers(-30, 30, (SIDE, SIDE)) for _ in range(6)]
    frames[-1][50:58, 10:40] = 255
    made = plan(an_image("CT"), *frames)
    assert not made.certain
    assert made.checked_frames == 6
    assert any(box.frame in (None, 6) and box.top == 50 for box in made.boxes)


def test_what_two_frames_show_is_filled_in_all() -> None:
    made = plan(an_image("CT"), dark((50, 10)), dark(), dark((50, 11)))
    assert {box.frame for box in made.boxes} == {None}


def test_frames_that_are_alike_are_searched_once() -> None:
    made = plan(an_image("CT"), *[dark((50, 10))] * 5)
    assert (made.checked_frames, made.searched_frames) == (5, 1)


def test_a_frame_that_differs_by_less_than_any_text_is_not_searched_again() -> None:
    made = plan(an_image("CT"), dark(), dark(level=46), dark(level=60))
    assert (made.checked_frames, made.searched_frames) == (3, 2)


def test_static_text_is_found_in_the_darkest_picture_of_a_cine() -> None:
    """In every single frame something bright moves around it, so that it is not to be seen."""
    frames = []
    for shift in range(4):
        frame = dark()
        frame[:, shift * 32 : shift * 32 + 32] = 190
        frame[50:58, 10:40] = 195
        frames.append(frame)

    def find(picture: np.ndarray, *, frame: int | None, way: str) -> tuple[Box, ...]:
        alone = (picture > 192) & (picture.max() == 195) & (picture.mean() < 60)
        return (Box(frame, 10, 50, 30, 8, 0.9),) if alone.any() else ()

    made = plan_pixels(an_image("CT"), pictures(*frames), 4, find=find)
    assert Box(None, 10, 50, 30, 8, 0.9) in made.boxes


def test_a_frame_that_cannot_be_decoded_makes_nothing_certain() -> None:
    def read(number: int) -> DecodedFrame:
        raise DecodeFailed("no")

    made = plan_pixels(an_image("CT"), read, 1, find=bright_spots)
    assert not made.certain and made.burned_in_annotation is None


@pytest.mark.parametrize("said", ["YES", "NO"])
def test_burned_in_annotation_never_makes_less_of_it(said: str) -> None:
    data_set = an_image("CR")
    data_set[0x00280301] = Element(0x00280301, "CS", said.encode())
    assert not plan(data_set, dark()).certain


def test_no_value_of_the_data_set_is_in_a_reason() -> None:
    data_set = an_image("QQSECRET")
    assert not any("QQ" in reason for reason in plan(data_set, dark()).reasons)


def test_boxes_of_different_size_do_not_grow_into_one() -> None:
    """A chain of overlapping boxes stays what it is, or it would cover the frame."""
    chain = [Box(number, 10 * number, 10 * number, 18, 18) for number in range(1, 9)]
    merged = merged_over_frames(chain, 100)
    assert {(box.left, box.top, box.width, box.height) for box in merged} == {
        (box.left, box.top, 18, 18) for box in chain
    }


def test_boxes_at_the_same_place_in_two_frames_are_for_all_frames() -> None:
    same = [Box(1, 10, 10, 40, 12), Box(5, 12, 10, 40, 12)]
    assert {box.frame for box in merged_over_frames(same, 100)} == {None}


def test_boxes_that_only_touch_stay_with_their_frames() -> None:
    touching = [Box(1, 10, 10, 40, 12), Box(5, 45, 18, 40, 12)]
    assert {box.frame for box in merged_over_frames(touching, 100)} == {1, 5}


def test_a_small_box_stays_beside_one_that_covers_it_where_a_person_is_to_choose() -> None:
    large, line, alike = Box(1, 0, 0, 90, 90), Box(1, 5, 5, 60, 9), Box(1, 1, 1, 80, 80)
    assert merged_over_frames([large, line, alike], 9) == (large,)
    assert merged_over_frames([large, line, alike], 9, keeps_small=True) == (large, line)


def test_too_many_boxes_become_one_that_covers_them() -> None:
    [box] = merged_over_frames([Box(1, 30 * n, 0, 9, 9) for n in range(5)], 4)
    assert (box.frame, box.left, box.right, box.height) == (None, 0, 129, 9)


def test_whole_frames_are_searched_thoroughly_and_parts_that_moved_once() -> None:
    asked = []

    def find(picture: np.ndarray, *, frame: int | None, way: str) -> tuple[Box, ...]:
        asked.append((frame, way))
        return ()

    plan_pixels(an_image("DX"), pictures(dark(), dark((50, 10))), 2, find=find)
    assert asked == [(1, "thorough"), (2, "brief"), (None, "thorough"), (None, "thorough")]


def test_slices_of_a_scanner_are_shown_to_the_network_only_where_the_quick_search_hits() -> None:
    asked = []

    def find(picture: np.ndarray, *, frame: int | None, way: str) -> tuple[Box, ...]:
        asked.append(way)
        return bright_spots(picture, frame=frame, way=way)

    image = an_image("CT")
    image[0x00280101] = Element(0x00280101, "US", struct.pack("<H", 12))
    plan_pixels(image, pictures(dark()), 1, find=find)
    assert set(asked) == {"quick"}
    plan_pixels(image, pictures(dark((50, 10))), 1, find=find)
    assert asked[-1] == "slice"


def test_ink_of_one_value_is_looked_for_in_the_first_view_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With all values shown, air is as even as ink."""
    asked = []

    def find(picture: np.ndarray, *, frame: int | None, way: str) -> tuple[Box, ...]:
        asked.append((int(picture[0, 0]), way))
        return ()

    image = an_image("CT")
    image[0x00280101] = Element(0x00280101, "US", struct.pack("<H", 12))
    two = tuple(np.full((SIDE, SIDE), level, np.uint8) for level in (1, 2))
    monkeypatch.setattr(decide, "views_of", lambda *_: two)
    plan_pixels(image, pictures(dark()), 1, find=find)
    assert asked == [(1, "quick"), (2, "strokes")]
