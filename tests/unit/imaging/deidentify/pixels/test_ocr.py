"""Text is found where it was drawn, and little else is. Full figures: docs/burned-in-text.md."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.children import run_job
from imaging.deidentify.pixels import ocr
from imaging.deidentify.pixels.boxes import Box
from imaging.deidentify.pixels.ocr import find_text
from imaging.errors import DecodeFailed, ImagingError
from tests.burned_in import SYNTHETIC, Planted, backdrop, planted

SIDE = 256
_GOAL = 0.98
_FOUND = 0.95
_LARGEST = 0.25
_MAX_FALSE_AREA = 0.01


def covered(boxes: tuple[Box, ...], shape: tuple[int, ...]) -> Any:
    mask = np.zeros(shape[:2], bool)
    for box in boxes:
        mask[box.top : box.bottom, box.left : box.right] = True
    return mask


def is_found(item: Planted, way: ocr.Way = "thorough") -> bool:
    """Whether the boxes cover its ink."""
    height, width = item.picture.shape[:2]
    boxes = find_text(item.picture, way=way)
    # What covers everything has found nothing.
    told = tuple(box for box in boxes if box.width * box.height <= _LARGEST * height * width)
    mask = covered(told, item.picture.shape)
    return bool((mask & item.ink).sum() >= _FOUND * item.ink.sum())


def test_text_of_12_pixels_and_more_is_found_on_every_ground() -> None:
    items = [
        planted(seed, background, size, contrast, SIDE)
        for background in SYNTHETIC
        for seed, (size, contrast) in enumerate([(12, 60), (12, 200), (16, 120), (32, 60)])
    ]
    found = [is_found(item) for item in items]
    assert sum(found) >= _GOAL * len(items)


def test_text_hardly_to_be_seen_on_speckle_is_found_by_its_one_value() -> None:
    items = [planted(seed, "speckle", 24, 30, SIDE) for seed in range(4)]
    assert all(is_found(item) for item in items)


@pytest.mark.parametrize("name", ["US colour", "CR", "MG"])
def test_text_on_real_pictures_is_found(name: str, test_data: Path) -> None:
    items = [planted(seed, name, 16, 120, SIDE, test_data) for seed in range(4)]
    assert all(is_found(item) for item in items)


@pytest.mark.parametrize("background", SYNTHETIC)
def test_next_to_nothing_is_taken_for_text_where_none_is(background: str) -> None:
    picture = backdrop(background, SIDE, random.Random(7), None)
    assert covered(find_text(picture), picture.shape).mean() < _MAX_FALSE_AREA


def test_the_quick_search_sees_that_there_is_text() -> None:
    item = planted(1, "black", 16, 200, SIDE)
    assert find_text(item.picture, way="quick")
    assert not find_text(np.full((SIDE, SIDE), 9, np.uint8), way="quick")


def test_the_quick_search_sees_text_as_faint_as_the_noise() -> None:
    item = planted(6, "speckle", 24, 30, SIDE)
    assert not find_text(item.picture, way="strokes")
    assert find_text(item.picture, way="quick")


def test_a_slice_is_searched_for_what_anatomy_hides(test_data: Path) -> None:
    item = planted(1, "CT, GE, another", 12, 30, data=test_data)
    assert find_text(item.picture, way="quick")
    assert not is_found(item, "brief")
    assert is_found(item, "slice")


def test_a_picture_larger_than_the_network_is_shown_is_searched_whole() -> None:
    item = planted(2, "black", 48, 200, 1632)
    assert is_found(item)


@pytest.mark.parametrize("shape", [(1, 1), (3, 700), (700, 2, 3), (33, 31, 3)])
def test_odd_pictures_are_searched_too(shape: tuple[int, ...]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    for box in find_text(noise):
        assert box.clipped(shape[1], shape[0]) == box


def test_a_body_that_is_no_picture_is_refused() -> None:
    head = {"height": 9, "width": 9, "samples": 1, "way": "brief"}
    with pytest.raises(ImagingError):
        run_job("find text", head, b"short", limits=ocr.LIMITS)


@pytest.mark.parametrize("answer", [{}, {"boxes": [[1, 2]]}, {"boxes": [["a", 0, 1, 1, 0.5]]}])
def test_a_child_that_answers_nonsense_is_not_believed(
    answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "run_job", lambda *_, **__: (answer, b""))
    with pytest.raises(DecodeFailed):
        find_text(np.zeros((9, 9), np.uint8))
