"""Where the samples of a track lie, by the tables of an MP4 file.

References
----------
ISO/IEC 14496-12 sections 8.7.3 (stsz), 8.7.4 (stsc), 8.7.5 (stco, co64).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from struct import unpack_from
from typing import Final

from imaging.deidentify.video.buffers import Buffer
from imaging.deidentify.video.errors import Unfollowed
from imaging.errors import Malformed
from imaging.sent.boxes import Box, find_box

max_entries: Final = 4_000_000
"""Of a table: at sixty frames a second, eighteen hours."""


def sample_places(data: Buffer, table: Box) -> Iterator[tuple[int, int]]:
    """Give the beginning and the end of each sample, in the order of the track.

    Raises
    ------
    Unfollowed, Malformed
        A table is missing, or they do not go together.
    """
    chunks, runs, sizes = _chunks(data, table), _runs(data, table), _sizes(data, table)
    number = 0
    for (first, each), (after, _) in pairwise([*runs, (len(chunks) + 1, 0)]):
        if not 1 <= first <= after:
            raise Malformed("the chunks of the MP4 file are out of order")
        for at in chunks[first - 1 : after - 1]:
            for size in sizes[number : number + each]:
                yield at, at + size
                at += size
            number += each
    if number < len(sizes):
        raise Malformed("the MP4 file has more samples than its chunks hold")


def _chunks(data: Buffer, table: Box) -> Sequence[int]:
    if box := find_box(data, table, b"stco"):
        return _numbers(data, box, "I", 4)
    if box := find_box(data, table, b"co64"):
        return _numbers(data, box, "Q", 8)
    raise Unfollowed("the MP4 file does not say where its chunks are")


def _runs(data: Buffer, table: Box) -> list[tuple[int, int]]:
    """From which chunk on there are how many samples in each."""
    box = find_box(data, table, b"stsc")
    if box is None:
        raise Unfollowed("the MP4 file does not say what its chunks hold")
    flat = _numbers(data, box, "3I", 12)
    return list(zip(flat[::3], flat[1::3], strict=True))


def _sizes(data: Buffer, table: Box) -> Sequence[int]:
    box = find_box(data, table, b"stsz")
    if box is None or box.end - box.start < 12:
        raise Unfollowed("the MP4 file does not say how long its samples are")
    same, count = unpack_from(">2I", data, box.start + 4)
    if same:
        if count > max_entries or same * count > len(data):
            raise Malformed("the MP4 file has more samples than bytes")
        return [same] * count
    sizes = _numbers(data, Box(box.kind, box.start + 4, box.end), "I", 4)
    if sum(sizes) > len(data):
        raise Malformed("the samples of the MP4 file are longer than the file")
    return sizes


def _numbers(data: Buffer, box: Box, form: str, each: int) -> Sequence[int]:
    """The entries of a table behind their count."""
    if box.end - box.start < 8:
        raise Malformed("a table of the MP4 file is cut")
    (count,) = unpack_from(">I", data, box.start + 4)
    if count > max_entries or box.start + 8 + count * each > box.end:
        raise Malformed("a table of the MP4 file is longer than its box")
    repeat, kind = (form[:-1] or "1"), form[-1]
    return unpack_from(f">{count * int(repeat)}{kind}", data, box.start + 8)
