"""What a data set is in DICOM JSON and as Native XML, and where an answer differs from it.

Written from the standard alone, with no help from a library's own conversion, since this is what
servers are judged by.

References
----------
PS3.18 F.2 (DICOM JSON model), PS3.19 A.1 (Native DICOM Model), PS3.5 6.2 (value representations).
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

BULK: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
"""Value representations whose values are bytes (PS3.18 F.2.6, F.2.7)."""

TEXTS_OF_NUMBERS: Final = frozenset({"DS", "IS"})
INTEGERS: Final = frozenset({"SL", "SS", "SV", "UL", "US", "UV"})
FLOATS: Final = frozenset({"FL", "FD"})
_GROUPS: Final = ("Alphabetic", "Ideographic", "Phonetic")

Fetch = Callable[[str], bytes]
"""The bytes that a BulkDataURI leads to."""


def tag_of(element: DataElement) -> str:
    """Eight hexadecimal digits in upper case."""
    return f"{int(element.tag):08X}"


def differences(
    stored: Dataset,
    found: Mapping[str, Any],
    fetch: Fetch,
    *,
    without: frozenset[str] = frozenset(),
) -> Iterator[str]:
    """Where DICOM JSON differs from the data set that was stored, a sentence each.

    Parameters
    ----------
    fetch
        Gets the bytes of a BulkDataURI.
    without
        Tags that may differ, such as Pixel Data that was encoded anew.
    """
    yield from _differences(stored, found, fetch, without, "")


def _differences(
    stored: Dataset, found: Mapping[str, Any], fetch: Fetch, without: frozenset[str], at: str
) -> Iterator[str]:
    for element in stored:
        tag = tag_of(element)
        if tag in without or tag.endswith("0000"):
            continue
        place = f"{at}{tag}"
        row = found.get(tag)
        if not isinstance(row, dict):
            yield f"({place}) is missing"
        elif row.get("vr") != element.VR:
            yield f"({place}) has vr {row.get('vr')!r}, stored was {element.VR}"
        elif element.VR == "SQ":
            yield from _items(element, row, fetch, without, place)
        elif element.VR in BULK:
            yield from _bytes(element, row, fetch, place)
        else:
            yield from _values(element, row, place)


def _items(
    element: DataElement, row: Mapping[str, Any], fetch: Fetch, without: frozenset[str], at: str
) -> Iterator[str]:
    items = row.get("Value", [])
    if len(items) != len(element.value):
        yield f"({at}) has {len(items)} items, stored were {len(element.value)}"
        return
    for number, (stored, found) in enumerate(zip(element.value, items, strict=True), 1):
        yield from _differences(stored, found or {}, fetch, without, f"{at}[{number}].")


def _bytes(element: DataElement, row: Mapping[str, Any], fetch: Fetch, at: str) -> Iterator[str]:
    stored = bytes(element.value or b"")
    if not stored:
        if row.keys() & {"Value", "InlineBinary", "BulkDataURI"}:
            yield f"({at}) was stored empty, and has a value"
        return
    if "InlineBinary" in row:
        try:
            found = base64.b64decode(row["InlineBinary"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            yield f"({at}) has an InlineBinary that is no base64"
            return
    elif isinstance(row.get("BulkDataURI"), str):
        found = fetch(row["BulkDataURI"])
    else:
        yield f"({at}) has neither InlineBinary nor BulkDataURI"
        return
    if found.rstrip(b"\0") != stored.rstrip(b"\0"):
        yield f"({at}) is {len(found)} other bytes than the {len(stored)} that were stored"


def _values(element: DataElement, row: Mapping[str, Any], at: str) -> Iterator[str]:
    wanted = json_values(element)
    if "BulkDataURI" in row and wanted:
        # A long text may lie elsewhere, too (PS3.18 F.2.6).
        return
    found = row.get("Value", [])
    if not wanted:
        if "Value" in row:
            yield f"({at}) was stored without a value, and has Value {found!r}"
        return
    if not _same_values(element.VR, wanted, found):
        yield f"({at}) is {_short(found)}, stored was {_short(wanted)}"


def json_values(element: DataElement) -> list[Any]:
    """The values of an element as F.2.3 spells them; [] when it has none."""
    if element.value is None or element.value == "":
        return []
    values = element.value if element.VM > 1 or isinstance(element.value, list) else [element.value]
    made = [_json_value(element.VR, one) for one in values]
    return made if any(one is not None for one in made) else []


def _json_value(vr: str, one: Any) -> Any:
    if one is None or str(one) == "":
        return None
    if vr == "PN":
        parts = str(one).split("=")
        return {group: part for group, part in zip(_GROUPS, parts, strict=False) if part}
    if vr == "AT":
        return f"{int(one):08X}"
    if vr in INTEGERS:
        return int(one)
    if vr in FLOATS:
        return float(one)
    return str(one)


def _same_values(vr: str, wanted: list[Any], found: Any) -> bool:
    if not isinstance(found, list) or len(found) != len(wanted):
        return False
    return all(_same(vr, left, right) for left, right in zip(wanted, found, strict=True))


def _same(vr: str, wanted: Any, found: Any) -> bool:
    if wanted is None or found is None:
        return wanted is found
    if vr in TEXTS_OF_NUMBERS:
        return _number(wanted) == _number(found)
    if vr in ("SV", "UV"):
        return str(wanted) == str(found)
    if vr in FLOATS:
        return isinstance(found, int | float) and math.isclose(wanted, found, rel_tol=1e-6)
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted.rstrip(" \0") == found.rstrip(" \0")
    return bool(wanted == found and type(wanted) is type(found))


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else text[:120] + " …"
