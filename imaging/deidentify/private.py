"""Private elements that PS3.15 knows to be safe: by who reserved the block, and which one it is.

References
----------
PS3.15 table E.3.10-1 and section E.3.10; PS3.5 section 7.8.1.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from imaging.data_set import DataSet, Element
from imaging.deidentify.tables import load

_MAX_CREATOR: Final = 64


def is_safe_private(holder: DataSet, element: Element) -> bool:
    """Whether a private element, or the creator of a block with safe ones, may be kept."""
    group, number = element.tag >> 16, element.tag & 0xFFFF
    if element.items is not None or element.bulk is not None:
        return False
    if 0x10 <= number <= 0xFF:
        creator = holder.text(element.tag)
        return any(known[:2] == (f"{group:04X}", creator) for known in _safe())
    creator = holder.text(element.tag & 0xFFFF0000 | number >> 8)
    known = _safe().get((f"{group:04X}", creator, f"{number & 0xFF:02X}"))
    return len(creator) <= _MAX_CREATOR and known is not None and element.vr in (known, "UN")


@cache
def _safe() -> dict[tuple[str, str, str], str]:
    """The VR of each, by group, creator and the last two digits of the element."""
    rows = load("safe_private")["rows"]
    return {(tag[:4], creator, tag[6:]): vr for tag, creator, vr in rows}
