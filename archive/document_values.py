"""What a DICOM JSON document says, held against conditions.

Pure: documents in, truth out. For attributes that have no column, and as the judge of those that
have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archive.attributes import Path
from archive.conditions import Condition, DateTimeRange, Nested
from archive.values import normalise_all

Document = Mapping[str, Any]

_PN_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def satisfied(condition: Condition, document: Document) -> bool:
    """Whether a document fulfils a condition.

    References
    ----------
    PS3.4 Section C.2.2.2, PS3.18 Section F.2 (the JSON model)
    """
    if isinstance(condition, Nested):
        items = items_at(document, condition.path)
        return any(all(satisfied(c, item) for c in condition.conditions) for item in items)
    values = values_at(document, condition.path)
    if isinstance(condition, DateTimeRange):
        return condition.matches_moment(values, values_at(document, condition.time_path))
    return condition.matches(values)


def values_at(document: Document, path: Path) -> list[str]:
    """Comparable values of an attribute, those of all items for one inside sequences."""
    *sequences, tag = path
    items = items_at(document, tuple(sequences)) if sequences else [document]
    found: list[str] = []
    for item in items:
        element = item.get(f"{tag:08X}")
        if isinstance(element, Mapping):
            found += normalise_all(str(element.get("vr", "UN")), _texts(element))
    return list(dict.fromkeys(found))


def items_at(document: Document, path: Path) -> list[Document]:
    """Items of a sequence; with a path of several tags those of all sequences at its end."""
    items: list[Document] = [document]
    for tag in path:
        elements = (item.get(f"{tag:08X}") for item in items)
        items = [
            inner
            for element in elements
            if isinstance(element, Mapping)
            for inner in _list(element.get("Value"))
            if isinstance(inner, Mapping)
        ]
    return items


def _texts(element: Mapping[str, Any]) -> Iterable[str]:
    for value in _list(element.get("Value")):
        if isinstance(value, Mapping):
            yield _name(value)
        elif value is not None:
            yield str(value)


def _name(value: Mapping[str, Any]) -> str:
    return "=".join(str(value.get(group, "")) for group in _PN_GROUPS).rstrip("=")


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
