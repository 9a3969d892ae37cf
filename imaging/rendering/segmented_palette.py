"""Segmented palettes spelled out. Only PS3.3 section C.7.9.2 lives here."""

from collections.abc import Sequence
from typing import Final

from imaging.errors import Malformed

_DISCRETE, _LINEAR, _INDIRECT = 0, 1, 2
_MAX_INDIRECT_SEGMENTS: Final = 4096


def expand(values: Sequence[int], max_entries: int) -> tuple[int, ...]:
    """The entries of a look-up table given in segments.

    Parameters
    ----------
    values
        Opcodes and their operands, as words.
    max_entries
        How many entries there can be; what says more is damaged.

    Raises
    ------
    Malformed
        When the segments break off, or give more than `max_entries`.

    References
    ----------
    PS3.3 section C.7.9.2.
    """
    entries: list[int] = []
    at = 0
    while at + 2 <= len(values):
        if values[at] == _INDIRECT:
            at = _indirect(values, at, entries, max_entries)
        else:
            at = _segment(values, at, entries, max_entries)
    return tuple(entries)


def _segment(values: Sequence[int], at: int, entries: list[int], max_entries: int) -> int:
    """Append a discrete or linear segment; gives the place of the next one."""
    opcode, count = values[at], values[at + 1]
    operands = {_DISCRETE: count, _LINEAR: 1}.get(opcode)
    if operands is None or at + 2 + operands > len(values) or len(entries) + count > max_entries:
        raise Malformed("a segmented palette is damaged")
    if opcode == _DISCRETE:
        entries += values[at + 2 : at + 2 + count]
    else:
        start, end = (entries[-1] if entries else 0), values[at + 2]
        entries += [start + (end - start) * step // count for step in range(1, count + 1)]
    return at + 2 + operands


def _indirect(values: Sequence[int], at: int, entries: list[int], max_entries: int) -> int:
    """Append segments that stand elsewhere, so many from a byte offset given in two words."""
    if at + 4 > len(values) or values[at + 1] > _MAX_INDIRECT_SEGMENTS:
        raise Malformed("a segmented palette is damaged")
    there = (values[at + 2] | values[at + 3] << 16) // 2
    for _ in range(values[at + 1]):
        if there + 2 > len(values):
            raise Malformed("a segmented palette is damaged")
        there = _segment(values, there, entries, max_entries)
    return at + 4
