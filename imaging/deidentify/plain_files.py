"""Elements of a file that is written the plain way: Explicit VR Little Endian, nothing unusual.

For the second pass, which has no code in common with the cleaning and its reader. Whatever is the
least bit otherwise is not read here: that is pydicom's.

References
----------
PS3.5 section 7.1.2 (explicit VRs), 7.5 (sequences); PS3.10 section 7.1.
"""

from __future__ import annotations

import struct
from typing import Final

Leaf = tuple[int, str, bytes]
"""Tag, VR and value of an element that is no sequence."""

_PREFIX_AT: Final = 128
_SHORT: Final = struct.Struct("<HH2sH")
_LONG: Final = struct.Struct("<I")
_ITEM: Final = struct.Struct("<II")
_ITEM_TAG: Final = 0xE000FFFE
_SEQUENCE_END: Final = (0xE0DDFFFE, 0)
_ITEM_END: Final = b"\xfe\xff\x0d\xe0\0\0\0\0"
_UNDEFINED: Final = 0xFFFFFFFF
_SHORT_VRS: Final = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
)
_LONG_VRS: Final = frozenset(b"OB OD OF OL OV OW SQ SV UC UR UT UV".split())
_SPELLED: Final = {raw: raw.decode() for raw in _SHORT_VRS | _LONG_VRS}
_TRANSFER_SYNTAX: Final = 0x00020010
# Implicit, big endian and deflated data sets.
_OTHER_SYNTAXES: Final = frozenset(
    b"1.2.840.10008.1.2 1.2.840.10008.1.2.2 1.2.840.10008.1.2.1.99 1.2.840.10008.1.2.4.95".split()
)
_PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_MAX_DEPTH: Final = 64


class NotPlain(Exception):  # noqa: N818 - reads as the fact it states
    """It is written another way."""


def read_plain(data: bytes) -> tuple[list[Leaf], int]:
    """Read all elements before the pixels, those in sequences too.

    Parameters
    ----------
    data
        A file from its first byte to its last, or to behind the head of its pixels.

    Returns
    -------
    list, int
        The elements, and the offset of the pixels, or of the end where there are none.

    Raises
    ------
    NotPlain
        Anything is otherwise than the plain way.
    """
    if data[_PREFIX_AT : _PREFIX_AT + 4] != b"DICM":
        raise NotPlain
    try:
        leaves = _Leaves(data)
        end = leaves.read(_PREFIX_AT + 4, len(data), 0)
    except (struct.error, IndexError) as error:
        raise NotPlain from error
    syntaxes = [value.rstrip(b"\0") for tag, _, value in leaves.found if tag == _TRANSFER_SYNTAX]
    if len(syntaxes) != 1 or syntaxes[0] in _OTHER_SYNTAXES:
        raise NotPlain
    return leaves.found, end


class _Leaves:
    """The walk through one file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.found: list[Leaf] = []

    def read(self, at: int, end: int, depth: int, *, delimited: bool = False) -> int:
        """Elements up to an end, which is met exactly, or, outside of sequences, up to pixels."""
        data, unpack, found = self._data, _SHORT.unpack_from, self.found
        while at < end:
            group, number, raw_vr, length = unpack(data, at)
            tag = group << 16 | number
            at += 8
            if raw_vr in _LONG_VRS:
                if tag in _PIXELS and not depth:
                    return at - 8
                (length,) = _LONG.unpack_from(data, at)
                at += 4
                if raw_vr == b"SQ":
                    at = self._items(at, end, length, depth + 1)
                    continue
            elif raw_vr not in _SHORT_VRS:
                if delimited and data[at - 8 : at] == _ITEM_END:
                    return at
                raise NotPlain
            if at + length > end:
                raise NotPlain
            found.append((tag, _SPELLED[raw_vr], data[at : at + length]))
            at += length
        if delimited or at != end:
            raise NotPlain
        return at

    def _items(self, at: int, end: int, length: int, depth: int) -> int:
        delimited = length == _UNDEFINED
        after = end if delimited else at + length
        if depth > _MAX_DEPTH or after > end:
            raise NotPlain
        while at < after:
            tag, length = _ITEM.unpack_from(self._data, at)
            at += 8
            if delimited and (tag, length) == _SEQUENCE_END:
                return at
            if tag != _ITEM_TAG:
                raise NotPlain
            if length == _UNDEFINED:
                at = self.read(at, after, depth, delimited=True)
            elif at + length <= after:
                at = self.read(at, at + length, depth)
            else:
                raise NotPlain
        if delimited:
            raise NotPlain
        return at
