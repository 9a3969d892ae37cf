"""Boxes of the ISO base media file format, which MP4 and the JPEG 2000 files are made of.

Walking from box to box within bounds may live here; what is in a box may not.

References
----------
ISO/IEC 14496-12 section 4.2, ISO/IEC 15444-1 annex I.4.
"""

from collections.abc import Iterator
from mmap import mmap
from struct import unpack_from
from typing import Final, NamedTuple

from imaging.errors import LimitExceeded, Malformed

Data = bytes | mmap
Readable = Data | bytearray

max_boxes: Final = 10_000
"""Boxes that are looked at on one level; fragmented videos have some thousand."""

_TO_THE_END, _LONG = 0, 1


class Box(NamedTuple):
    """A box: its type, and where what it holds begins and ends."""

    kind: bytes
    start: int
    end: int


def walk_boxes(data: Readable, start: int, end: int) -> Iterator[Box]:
    """Give the boxes between two positions.

    Raises
    ------
    Malformed
        When a box says that it is shorter than its own head or longer than what holds it.
    LimitExceeded
        When there are more than `max_boxes`.
    """
    for _ in range(max_boxes):
        if end - start < 8:
            return
        (size,) = unpack_from(">I", data, start)
        kind, head = bytes(data[start + 4 : start + 8]), 8
        if size == _LONG and end - start >= 16:
            (size,) = unpack_from(">Q", data, start + 8)
            head = 16
        elif size == _TO_THE_END:
            size = end - start
        if not head <= size <= end - start:
            raise Malformed("a box is longer than the file, or shorter than its own head")
        yield Box(kind, start + head, start + size)
        start += size
    raise LimitExceeded(f"more than {max_boxes} boxes")


def find_box(data: Readable, within: Box, *path: bytes) -> Box | None:
    """The first box of each kind inside the one before it; None where there is none."""
    found: Box | None = within
    for kind in path:
        if found is None:
            return None
        found = next((b for b in walk_boxes(data, found.start, found.end) if b.kind == kind), None)
    return found


def whole(data: Data) -> Box:
    """The file itself, as if it were a box."""
    return Box(b"", 0, len(data))
