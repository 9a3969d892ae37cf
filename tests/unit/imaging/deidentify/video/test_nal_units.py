"""Messages that are numbers stay among those that are not, and units keep their lengths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.deidentify.video.nal_units import H264, H265, Codec, bare_byte_stream, bare_unit_in
from tests.videos import message

TIMING = message(1, bytes((0, 0, 9)))
TEXT = message(5, b"Plantagenet" * 3)


def bare(unit: bytes, codec: Codec = H264) -> bytes:
    data = bytearray(b"AA" + unit + b"AA")
    bare_unit_in(data, 2, len(data) - 2, codec)
    assert len(data) == len(unit) + 4
    assert data[:2] == data[-2:] == b"AA"
    return bytes(data[2:-2])


def test_numbers_stay_in_their_order_before_the_filler() -> None:
    other = message(6, b"\x84")
    made = bare(b"\x06" + TEXT + TIMING + TEXT + other + b"\x80")
    assert made.startswith(b"\x06" + TIMING + other + b"\x03")
    assert b"Planta" not in made


def test_units_of_numbers_alone_are_not_touched() -> None:
    for unit in (b"\x06" + TIMING + b"\x80", b"\x06" + message(3, b"\xff" * 300) + b"\x80"):
        assert bare(unit) == unit


def test_escaped_bytes_count_as_they_lie() -> None:
    unit = b"\x06" + message(5, b"\x20" * 16 + b"a\0\0\3\1b")[:1] + b"\x15"
    unit += b"\x20" * 16 + b"a\0\0\3\1b" + b"\x80"
    made = bare(unit)
    assert b"\0\0" not in made
    assert made.startswith(b"\x06\x03")


@pytest.mark.parametrize(("kind", "length"), [(9, 2), (10, 1), (11, 1)])
def test_marks_say_nothing_behind_them(kind: int, length: int) -> None:
    assert bare(bytes([kind]) + b"\x10Plantagenet")[length:].strip(b"\0") == b""


@pytest.mark.parametrize("kind", [0, 12, 16, 22, 24, 31])
def test_units_that_no_decoder_needs_are_filler(kind: int) -> None:
    assert bare(bytes([kind]) + b"Plantagenet").startswith(b"\x06\x03")
    assert bare(bytes([(41 << 1), 1]) + b"Plantagenet", H265).startswith(b"\x4e\x01\x03")


@given(st.binary(min_size=1, max_size=700), st.sampled_from([H264, H265]))
def test_any_unit_keeps_its_length_and_no_start_code_appears(body: bytes, codec: Codec) -> None:
    head = b"\x06" if codec is H264 else b"\x4e\x01"
    unit = head + body.replace(b"\0\0", b"\0\1")
    made = bare(unit, codec)
    assert b"\0\0\1" not in made
    assert bare(made, codec) == made


@given(st.binary(max_size=200))
def test_any_stream_keeps_its_length(stream: bytes) -> None:
    data = bytearray(stream)
    bare_byte_stream(data, H264)
    assert len(data) == len(stream)
