"""Packetized elementary streams (PES): their heads say when to show, and nothing else.

References
----------
ISO/IEC 13818-1 section 2.4.3.6 and 2.4.3.7; ISO/IEC 11172-1 section 2.4.3.3 (MPEG-1).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from typing import Final

from imaging.deidentify.video.buffers import Buffer, buffer_of
from imaging.deidentify.video.errors import Unfollowed

max_pieces: Final = 16_000_000

Bare = Callable[[Buffer], None]
"""Changes an elementary stream."""


class Pieces:
    """An elementary stream that lies in pieces."""

    def __init__(self) -> None:
        self._begins, self._ends, self._length = array("Q"), array("Q"), 0

    def add(self, begin: int, end: int) -> None:
        """Note where the next piece lies."""
        if begin >= end:
            return
        if len(self._begins) >= max_pieces:
            raise Unfollowed(f"a stream of the video is in more than {max_pieces} pieces")
        self._begins.append(begin)
        self._ends.append(end)
        self._length += end - begin

    def change(self, data: Buffer, bare: Bare) -> None:
        """Change the stream as a whole, and put it back piece by piece."""
        parts = (bytes(data[begin:end]) for begin, end in self._places())
        with buffer_of(parts, self._length) as stream:
            bare(stream)
            at = 0
            for begin, end in self._places():
                data[begin:end] = stream[at : at + end - begin]
                at += end - begin

    def _places(self) -> Iterator[tuple[int, int]]:
        return zip(self._begins, self._ends, strict=True)


def bare_head(data: Buffer, at: int, end: int) -> int:
    """Leave the times of presentation in the head of a packet; say where what it carries begins.

    Parameters
    ----------
    at
        Of the start code.
    end
        To which the head must be whole.
    """
    begin = at + 6
    is_mpeg_2 = data[begin : begin + 1] >= b"\x80" and data[begin] != 0xFF
    begun = _mpeg_2(data, begin) if is_mpeg_2 else _mpeg_1(data, begin, end)
    if begun > end:
        raise Unfollowed("the head of a packet of the video is cut")
    return begun


def _mpeg_2(data: Buffer, begin: int) -> int:
    if len(data) < begin + 3:
        raise Unfollowed("a packet of the video is cut")
    if data[begin] & 0x30:
        raise Unfollowed("a packet of the video is scrambled")
    times = {2: 5, 3: 10}.get(data[begin + 1] >> 6, 0)
    data[begin] &= 0xF7
    data[begin + 1] &= 0xC0 if times else 0
    rest, end = begin + 3 + times, begin + 3 + data[begin + 2]
    if rest > end or end > len(data):
        raise Unfollowed("the head of a packet of the video is too short")
    data[rest:end] = b"\xff" * (end - rest)
    return end


def _mpeg_1(data: Buffer, begin: int, end: int) -> int:
    while begin < end and data[begin] == 0xFF:
        begin += 1
    if begin < end and data[begin] >> 6 == 1:
        begin += 2
    if begin >= end:
        raise Unfollowed("the head of a packet of the video is cut")
    return begin + {2: 5, 3: 10}.get(data[begin] >> 4, 1)
