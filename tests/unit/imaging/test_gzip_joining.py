"""Texts that were pressed apart are one gzip file, and each is pressed once."""

from __future__ import annotations

import gzip
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.gzip_joining import HEAD, Joint, Segment, max_stored_bytes

TEXTS = st.lists(st.binary(max_size=400), max_size=6)


def pressed(*pieces: bytes) -> tuple[Segment, bytes]:
    segment = Segment()
    return segment, b"".join([*map(segment.compress, pieces), segment.flush()])


def joined(texts: list[bytes], between: bytes = b",") -> bytes:
    joint = Joint()
    file = joint.begin(b"[")
    for number, text in enumerate(texts):
        segment, made = pressed(text)
        file += (joint.between(between) if number else b"") + made
        joint.add(segment.crc32, segment.plain_size)
    return file + joint.end(b"]")


@given(TEXTS)
def test_what_is_joined_says_the_texts_one_after_the_other(texts: list[bytes]) -> None:
    assert gzip.decompress(joined(texts)) == b"[" + b",".join(texts) + b"]"


def test_the_file_has_one_member_as_browsers_read_no_second_one() -> None:
    inflating = zlib.decompressobj(31)
    file = joined([b"a" * 100_000, b"b" * 100_000])
    assert len(inflating.decompress(file)) == 200_003
    assert inflating.eof
    assert inflating.unused_data == b""


def test_a_long_text_is_reckoned_as_its_bytes_are() -> None:
    # More than four times what 16 bits count; pieces of no round length.
    pieces = [bytes([n % 251]) * 70_001 for n in range(9)]
    segment, made = pressed(*pieces)
    whole = b"".join(pieces)
    assert (segment.crc32, segment.plain_size) == (zlib.crc32(whole), len(whole))
    assert segment.size == len(made)
    assert joined([whole, whole])[-8:] == struct.pack(
        "<LL", zlib.crc32(b"[" + whole + b"," + whole + b"]"), 2 * len(whole) + 3
    )


def test_a_segment_stands_for_itself_wherever_it_is_put() -> None:
    _, first = pressed(b"the same words " * 50)
    _, again = pressed(b"the same words " * 50)
    assert first == again
    assert zlib.decompressobj(-15).decompress(first) == b"the same words " * 50


def test_the_size_of_more_than_four_gigabytes_is_told_as_gzip_tells_it() -> None:
    joint = Joint()
    joint.begin(b"")
    joint.add(0, 5 << 32)
    joint.add(0, 7)
    assert struct.unpack("<L", joint.end(b"")[-4:]) == (7,)


def test_only_a_short_text_stands_between_segments() -> None:
    assert Joint().between(b"x" * max_stored_bytes)
    with pytest.raises(ValueError, match="no short one"):
        Joint().between(b"x" * (max_stored_bytes + 1))


def test_the_head_tells_no_time_so_that_the_same_texts_are_the_same_bytes() -> None:
    assert joined([b"a"])[: len(HEAD)] == HEAD
    assert gzip.decompress(HEAD + Joint().begin(b"")[len(HEAD) :] + Joint().end(b"")) == b""
