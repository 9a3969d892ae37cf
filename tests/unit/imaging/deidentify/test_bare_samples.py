"""Bits beside the samples are cleared where they hold something, and only there."""

from __future__ import annotations

import io
import struct
from typing import Any

from imaging.deidentify.bare_samples import bare_samples
from imaging.part10 import read_header
from imaging.pixels import DecodedFrame
from imaging.rewrite_pixels import frames_of
from tests.builders import ct_data_set, part10

_TWELVE = {"BitsStored": 12, "HighBit": 11, "Rows": 1, "Columns": 4}


def _bared(*samples: int, **overrides: Any) -> list[int] | None:
    data = struct.pack(f"<{len(samples)}H", *samples)
    file = part10(ct_data_set(**{**_TWELVE, "PixelData": data, **overrides}))
    stream = io.BytesIO(file)
    header = read_header(stream)
    change = bare_samples(stream, header)
    if change is None:
        return None
    made = change(1, DecodedFrame(data, frames_of(stream, header)[0]))
    return list(struct.unpack(f"<{len(samples)}H", made.data))


def test_bits_above_the_samples_are_cleared() -> None:
    assert _bared(0x0FFF, 0x1234, 0xF001, 0) == [0x0FFF, 0x0234, 0x0001, 0]


def test_samples_alone_are_left() -> None:
    assert _bared(0x0FFF, 1, 2, 3) is None


def test_an_extended_sign_stays() -> None:
    assert _bared(0xFFFF, 0xF800, 1, 2, PixelRepresentation=1) is None


def test_half_a_sign_does_not_stay() -> None:
    assert _bared(0xAFFF, 0, 1, 2, PixelRepresentation=1) == [0xFFFF, 0, 1, 2]


def test_padding_stays() -> None:
    assert _bared(0xF830, 1, 2, 3, PixelPaddingValue=0xF830) is None


def test_bits_below_the_samples_are_cleared() -> None:
    assert _bared(0xFFF3, 0x0010, 0, 0, HighBit=15) == [0xFFF0, 0x0010, 0, 0]


def test_whole_words_have_no_other_bits() -> None:
    assert _bared(0xFFFF, 1, 2, 3, BitsStored=16, HighBit=15) is None
