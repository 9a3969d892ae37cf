"""Which fragments make which frame (PS3.5 section A.4, PS3.3 section C.7.6.3.1.8).

Pure reasoning over lengths, offset tables and first bytes may live here; reading them may not.
A grouping is the index of each frame's first fragment and, at the end, one past the last fragment
that belongs to a frame.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Final

Grouping = Sequence[int]

# How a compressed image begins: JPEG and JPEG-LS, JPEG 2000 and HTJ2K bare and boxed, JPEG XL bare
# and boxed.
_CODESTREAM_STARTS: Final = (
    b"\xff\xd8\xff",
    b"\xff\x4f\xff\x51",
    b"\x00\x00\x00\x0cjP  ",
    b"\xff\x0a",
    b"\x00\x00\x00\x0cJXL ",
)
CODESTREAM_HEAD_LENGTH: Final = max(map(len, _CODESTREAM_STARTS))


def group_fragments(
    lengths: Sequence[int],
    offsets: Sequence[int],
    frames: int | None,
    starts_frame: Callable[[int], bool],
) -> Grouping | None:
    """Divide fragments among frames.

    Parameters
    ----------
    lengths
        Of the fragments, without the Basic Offset Table.
    offsets
        What an offset table says, or nothing.
    frames
        Number of Frames, None when it is missing or absurd.
    starts_frame
        Says whether a compressed image begins in the fragment of this index. It is asked only
        when nothing cheaper tells.

    Returns
    -------
    sequence of int or None
        None when nothing tells where frames begin.
    """
    count = len(lengths)
    by_table = group_by_offsets(lengths, offsets)
    if by_table and (frames is None or len(by_table) - 1 == frames):
        return by_table
    if frames == count:
        return range(count + 1)
    if frames is None or frames == 1:
        return (0, count)
    if by_table and len(by_table) > 2:
        return by_table[: frames + 1]
    return _group_by_starts(count, frames, starts_frame)


def group_by_offsets(lengths: Sequence[int], offsets: Iterable[int]) -> Grouping | None:
    """Believe an offset table if each offset is where a fragment begins, in ascending order."""
    positions = array("Q", accumulate((length + 8 for length in lengths[:-1]), initial=0))
    starts = array("I")
    for offset in offsets:
        index = bisect_left(positions, offset)
        if index == len(positions) or positions[index] != offset:
            return None
        if index <= starts[-1] if starts else index != 0:
            return None
        starts.append(index)
    if not starts:
        return None
    starts.append(len(lengths))
    return starts


def is_codestream_start(head: bytes) -> bool:
    """Say whether a compressed image begins with these bytes."""
    return head.startswith(_CODESTREAM_STARTS)


def _group_by_starts(
    count: int, frames: int, starts_frame: Callable[[int], bool]
) -> Grouping | None:
    starts = array("I", filter(starts_frame, range(count)))
    if not starts or starts[0] != 0:
        return None
    starts.append(count)
    return starts[: frames + 1]
