"""The head of one data element: tag, VR, length, and where the value begins.

The ways in which encoders of all ages spell those eight or twelve bytes may live here (PS3.5
section 7.1); what becomes of the value may not.
"""

import struct
from typing import Final, NamedTuple

from imaging.dictionary import vr_of
from imaging.errors import Malformed
from imaging.source import Source

UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD

# PS3.5 tables 7.1-1 and 7.1-2: VRs whose length has 32 bits, and those where it has 16.
LONG_VRS: Final = {
    name.encode(): name
    for name in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
}
SHORT_VRS: Final = {
    name.encode(): name
    for name in (
        "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO",
        "LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US",
    )
}  # fmt: skip

# What some writers put for a VR that they do not know; as a length it would be odd.
_PLACEHOLDERS: Final = frozenset({b"??", b"--"})


class Order(NamedTuple):
    """The struct formats of one byte order."""

    explicit: struct.Struct
    implicit: struct.Struct
    long: struct.Struct
    little: bool


LITTLE: Final = Order(struct.Struct("<HH2sH"), struct.Struct("<HHI"), struct.Struct("<I"), True)
BIG: Final = Order(struct.Struct(">HH2sH"), struct.Struct(">HHI"), struct.Struct(">I"), False)


class ElementHead(NamedTuple):
    """Tag, VR and length as far as they are said, and the position of the value."""

    tag: int
    vr: str
    length: int
    value_at: int


def element_head(source: Source, at: int, implicit: bool, order: Order) -> ElementHead:
    """Read the head at a position where at least eight bytes are.

    Items and delimiters have no VR whatever the transfer syntax (PS3.5 section 7.5); theirs is "".
    """
    source.reach(at, 12)
    first = at - source.start
    group, number, length = order.implicit.unpack_from(source.window, first)
    tag = group << 16 | number
    if group == 0xFFFE:
        return ElementHead(tag, "", length, at + 8)
    if implicit:
        return ElementHead(tag, vr_of(tag), length, at + 8)
    raw_vr, short = order.explicit.unpack_from(source.window, first)[2:]
    if raw_vr in SHORT_VRS:
        return ElementHead(tag, SHORT_VRS[raw_vr], short, at + 8)
    if raw_vr in LONG_VRS:
        return _long_form(source, at, tag, LONG_VRS[raw_vr], short, order)
    if not is_capitals(raw_vr) and raw_vr not in _PLACEHOLDERS and _fits(source, at + 8, length):
        # Some writers fall back to implicit VR in the middle, most often inside sequences.
        return ElementHead(tag, vr_of(tag), length, at + 8)
    return _unknown_vr(source, at, tag, short, order)


def is_capitals(raw_vr: bytes) -> bool:
    """Say whether two bytes could be a VR, known or not."""
    return len(raw_vr) == 2 and all(0x41 <= letter <= 0x5A for letter in raw_vr)


def _long_form(
    source: Source, at: int, tag: int, vr: str, reserved: int, order: Order
) -> ElementHead:
    if source.reach(at, 12) < 12:
        raise Malformed("the file ends inside the head of an element")
    (length,) = order.long.unpack_from(source.window, at - source.start + 8)
    # The two bytes are reserved and zero. A writer that puts a 16-bit length there is only
    # believed when the 32-bit reading is impossible.
    if reserved and length != UNDEFINED and not _fits(source, at + 12, length):
        return ElementHead(tag, vr, reserved, at + 8)
    return ElementHead(tag, vr, length, at + 12)


def _unknown_vr(source: Source, at: int, tag: int, short: int, order: Order) -> ElementHead:
    """A VR that PS3.5 does not know yet, or never will, is read as UN.

    Newer VRs have a 32-bit length after two zero bytes (PS3.5 section 7.1.2), yet writers of
    VRs that never were in the standard give them 16 bits.
    """
    if short or source.reach(at, 12) < 12:
        return ElementHead(tag, "UN", short, at + 8)
    if source.reach(at + 8, 8) == 8:
        group, number, raw_vr, _ = order.explicit.unpack_from(source.window, at + 8 - source.start)
        if group << 16 | number > tag and (raw_vr in SHORT_VRS or raw_vr in LONG_VRS):
            return ElementHead(tag, "UN", 0, at + 8)
    (length,) = order.long.unpack_from(source.window, at + 8 - source.start)
    return ElementHead(tag, "UN", length, at + 12)


def _fits(source: Source, at: int, length: int) -> bool:
    return length == UNDEFINED or at + length <= source.size
