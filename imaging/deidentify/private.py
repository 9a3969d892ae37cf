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


def safe_private(holder: DataSet, element: Element) -> Element | None:
    """A private element that is safe, or the creator of a block with safe ones; else None.

    Returns
    -------
    Element or None
        In the VR of the table: what an implicit VR or UN leaves open is cleaned as what it is.
    """
    group, number = element.tag >> 16, element.tag & 0xFFFF
    if element.bulk is not None:
        return None
    if 0x10 <= number <= 0xFF:
        return element if (f"{group:04X}", holder.text(element.tag)) in _creators() else None
    creator = holder.text(element.tag & 0xFFFF0000 | number >> 8)
    vrs = _safe().get((f"{group:04X}", creator, f"{number & 0xFF:02X}"))
    if len(creator) > _MAX_CREATOR or vrs is None:
        return None
    if element.items is not None:
        return element if "SQ" in vrs else None
    if element.vr == "UN" and "SQ" not in vrs:
        return Element(element.tag, vrs[0], element.value)
    return element if element.vr in vrs and element.vr != "SQ" else None


@cache
def _safe() -> dict[tuple[str, str, str], list[str]]:
    """The VRs of each, by group, creator and the last two digits of the element.

    What the table gives no VR is not known well enough.
    """
    rows = load("safe_private")["rows"]
    return {(tag[:4], creator, tag[6:]): vr.split("/") for tag, creator, vr in rows if vr}


@cache
def _creators() -> frozenset[tuple[str, str]]:
    return frozenset((group, creator) for group, creator, _ in _safe())
