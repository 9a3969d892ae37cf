"""Whether JSON has the shape of DICOM JSON (PS3.18 F.2), so that it can be compared at all.

What is looked at here is gross: an element that is no object, values that are no array. Tags, VRs
and values themselves are the checks' affair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

max_depth: Final = 60
_TEXTS: Final = ("vr", "BulkDataURI", "InlineBinary")


def trouble_in(data_set: Any, depth: int = 0) -> str | None:
    """What makes this no data set, as the end of a sentence; None when it can be read."""
    if not isinstance(data_set, dict):
        return f"has {type(data_set).__name__} where a data set belongs"
    if depth > max_depth:
        return f"has sequences {depth} deep"
    for tag, element in data_set.items():
        found = _in_element(element, depth)
        if found is not None:
            return f"has ({tag[:20]}), which {found}"
    return None


def _in_element(element: Any, depth: int) -> str | None:
    if not isinstance(element, Mapping):
        return "is no object"
    for name in _TEXTS:
        if name in element and not isinstance(element[name], str):
            return f"has {name} that is no text"
    values = element.get("Value", [])
    if not isinstance(values, list):
        return "has Value that is no array"
    if element.get("vr") == "SQ":
        return next((t for one in values if (t := trouble_in(one, depth + 1))), None)
    if element.get("vr") == "PN":
        return next((t for one in values if (t := _in_name(one))), None)
    has_odd = any(isinstance(one, dict | list) for one in values) and "vr" in element
    return "has a value that is neither text nor number" if has_odd else None


def _in_name(name: Any) -> str | None:
    """A text in place of a name's groups can be compared, and is found to differ."""
    if name is None or isinstance(name, str):
        return None
    if isinstance(name, dict) and all(isinstance(one, str) for one in name.values()):
        return None
    return "has a name that is no object of texts"
