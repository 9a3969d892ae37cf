"""What a DICOM JSON document says, held against conditions.

Pure: documents in, truth out. For attributes that have no column, and as the judge of those that
have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archive.attributes import TIMEZONE_OFFSET_FROM_UTC, Path
from archive.conditions import Condition, DateTimeRange, Nested
from archive.values import normalise_all
from archive.zoned import Zoned

Document = Mapping[str, Any]

_PN_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def satisfied(condition: Condition, document: Document, own: str | None = None) -> bool:
    """Whether a document fulfils a condition.

    Parameters
    ----------
    own
        The instance's offset from UTC; None to take the document's.

    References
    ----------
    PS3.4 Section C.2.2.2, PS3.18 Section F.2 (the JSON model)
    """
    if own is None:
        own = next(iter(texts_at(document, (TIMEZONE_OFFSET_FROM_UTC,))), "").strip()
    if isinstance(condition, Nested):
        items = items_at(document, condition.path)
        return any(all(satisfied(c, item, own) for c in condition.conditions) for item in items)
    if isinstance(condition, Zoned):
        return condition.holds(lambda path: texts_at(document, path), own)
    values = values_at(document, condition.path)
    if isinstance(condition, DateTimeRange):
        return condition.matches_moment(values, values_at(document, condition.time_path))
    return condition.matches(values)


def values_at(document: Document, path: Path) -> list[str]:
    """Comparable values of an attribute, those of all items for one inside sequences."""
    elements = _elements_at(document, path)
    found = (normalise_all(str(each.get("vr", "UN")), _texts(each)) for each in elements)
    return list(dict.fromkeys(value for values in found for value in values))


def texts_at(document: Document, path: Path) -> list[str]:
    """Values of an attribute as they were written, but for blanks around them."""
    return [text.strip() for each in _elements_at(document, path) for text in _texts(each)]


def _elements_at(document: Document, path: Path) -> list[Document]:
    *sequences, tag = path
    items = items_at(document, tuple(sequences)) if sequences else [document]
    elements = (item.get(f"{tag:08X}") for item in items)
    return [element for element in elements if isinstance(element, Mapping)]


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
