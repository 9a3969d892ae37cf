"""Packetized elementary streams (PES): their heads say when to show, and nothing else.

References
----------
ISO/IEC 13818-1 section 2.4.3.6 and 2.4.3.7; ISO/IEC 11172-1 section 2.4.3.3 (MPEG-1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from imaging.deidentify.video.errors import Unfollowed

Bare = Callable[[bytearray], None]
"""Changes an elementary stream."""


@dataclass(slots=True)
class Pieces:
    """An elementary stream that lies in pieces."""

    places: list[tuple[int, int]] = field(default_factory=list)

    def add(self, begin: int, end: int) -> None:
        """Note where the next piece lies."""
        if begin < end:
            self.places.append((begin, end))

    def change(self, data: bytearray, bare: Bare) -> None:
        """Change the stream as a whole, and put it back piece by piece."""
        stream = bytearray().join(data[begin:end] for begin, end in self.places)
        bare(stream)
        at = 0
        for begin, end in self.places:
            data[begin:end] = stream[at : at + end - begin]
            at += end - begin


def bare_head(data: bytearray, at: int, end: int) -> int:
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


def _mpeg_2(data: bytearray, begin: int) -> int:
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


def _mpeg_1(data: bytearray, begin: int, end: int) -> int:
    while begin < end and data[begin] == 0xFF:
        begin += 1
    if begin < end and data[begin] >> 6 == 1:
        begin += 2
    if begin >= end:
        raise Unfollowed("the head of a packet of the video is cut")
    return begin + {2: 5, 3: 10}.get(data[begin] >> 4, 1)
