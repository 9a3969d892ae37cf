"""Pieces of lines that are drawn out along their ink."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from imaging.deidentify.pixels.along_ink import drawn_out
from imaging.deidentify.pixels.findings import Found

INK = 96
STEP = 33


def noise(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(100, 14, (80, 400)).clip(1, 254).astype(np.uint8)


def written() -> tuple[np.ndarray, int, int]:
    """A line nearly as bright as the noise that it is written over, and where it begins and ends.

    In one value, as devices write.
    """
    mask = Image.new("1", (400, 80))
    font = ImageFont.load_default(20)
    ImageDraw.Draw(mask).text((60, 30), "DOE^JANE 11850213", 1, font)
    ink = np.asarray(mask)
    columns = np.flatnonzero(ink.any(axis=0))
    return np.where(ink, np.uint8(INK), noise()), int(columns[0]), int(columns[-1])


def test_a_piece_grows_to_both_ends_of_its_line_over_a_blank() -> None:
    picture, first, last = written()
    grown = drawn_out(picture, Found(115, 30, 150, 52, 0.7))
    assert first - STEP <= grown.left <= first
    assert last < grown.right <= last + STEP
    assert (grown.top, grown.bottom, grown.confidence) == (30, 52, 0.7)


def test_a_piece_on_nothing_but_noise_stays_as_it_is() -> None:
    for seed in range(20):
        piece = Found(115, 30, 180, 52, 0.7)
        assert drawn_out(noise(seed), piece) == piece


@pytest.mark.parametrize(
    "piece",
    [
        Found(115, 5, 130, 75, 0.7),  # taller than wide
        Found(310, 30, 360, 52, 0.7),  # beside the line
    ],
)
def test_what_is_no_piece_of_the_line_stays_as_it_is(piece: Found) -> None:
    picture, _, _ = written()
    assert drawn_out(picture, piece) == piece


def test_the_ground_itself_is_no_ink() -> None:
    flat = np.full((80, 400), 7, np.uint8)
    piece = Found(100, 30, 180, 52, 0.7)
    assert drawn_out(flat, piece) == piece


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 90), st.data())
def test_a_piece_never_shrinks_nor_leaves_the_picture(
    seed: int, rows: int, columns: int, data: st.DataObject
) -> None:
    chance = np.random.default_rng(seed)
    picture = chance.integers(0, chance.integers(1, 257), (rows, columns), dtype=np.uint16)
    left, top = data.draw(st.integers(0, columns - 1)), data.draw(st.integers(0, rows - 1))
    right, bottom = data.draw(st.integers(left + 1, columns)), data.draw(st.integers(top + 1, rows))
    piece = Found(left, top, right, bottom, 0.5)
    grown = drawn_out(picture.astype(np.uint8), piece)
    assert 0 <= grown.left <= left < right <= grown.right <= columns
    assert (grown.top, grown.bottom) == (top, bottom)
