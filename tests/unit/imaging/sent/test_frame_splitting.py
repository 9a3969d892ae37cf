"""Frames in one part are told apart by how each begins and ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.errors import Mismatch
from imaging.sent.frame_splitting import split_frames

# In entropy-coded data 0xFF is never followed by a marker.
BODY = st.binary(max_size=20).map(lambda raw: raw.replace(b"\xff", b"\xfe"))
STARTS = st.sampled_from([b"\xff\xd8\xff", b"\xff\x4f\xff\x51"])


@given(st.lists(st.tuples(BODY, st.booleans()), min_size=1, max_size=6), STARTS)
def test_frames_come_out_as_they_went_in(frames: list[tuple[bytes, bool]], start: bytes) -> None:
    streams = [start + body + b"\xff\xd9" for body, _ in frames]
    padding = [b"\0" * padded for _, padded in frames]
    padding[-1] = b""
    data = b"".join(one + pad for one, pad in zip(streams, padding, strict=True))
    found = split_frames(data, len(streams))
    assert [data[at : at + length] for at, length in found] == streams


@pytest.mark.parametrize("frames", [1, 3, 2_000_000_000])
def test_another_number_of_frames_is_a_mismatch(frames: int) -> None:
    with pytest.raises(Mismatch):
        split_frames(b"\xff\xd8\xff\xd9" * 2, frames)
