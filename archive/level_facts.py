"""What an instance says of its study and of its series: columns and document, made once for all.

The instances of a series say the same, element for element, of their study and their series. What
was made of that is remembered by those elements themselves, so that nothing can be out of date.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from archive.attributes import Level, columns_of, keys_of
from archive.cache import Recent
from archive.documents import pack_document
from archive.indexing import index_row
from imaging.data_set import DataSet

# Of elements whose facts are remembered: what is longer is rare, and its copies would add up.
max_remembered_bytes: Final = 8 << 10
_MAX_ENTRIES: Final = 64
# About what an element costs in memory beside its value.
_ELEMENT_BYTES: Final = 16

Said = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class LevelFacts:
    """Of a study or a series: column values, and DICOM JSON, packed (`archive.documents`)."""

    columns: dict[str, str]
    document: bytes


_known: Final[Recent[Said, LevelFacts]] = Recent(max_entries=_MAX_ENTRIES)


def level_facts(level: Level, data_set: DataSet, model: Mapping[str, Any]) -> LevelFacts:
    """What an instance says of its study or its series.

    Parameters
    ----------
    model
        DICOM JSON of the data set.
    """
    elements = _said(data_set, _tags(level), [max_remembered_bytes])
    if elements is None:
        return _made(level, data_set, model)
    said = (level, *elements)
    facts = _known.get(said)
    if facts is None:
        facts = _made(level, data_set, model)
        _known.put(said, facts)
    return facts


def _made(level: Level, data_set: DataSet, model: Mapping[str, Any]) -> LevelFacts:
    document = {key: model[key] for key in keys_of(level) if key in model}
    return LevelFacts(index_row(data_set, level), pack_document(document))


@cache
def _tags(level: Level) -> frozenset[int]:
    """Tags of all elements that the facts of a level are made of."""
    in_document = {int(key, 16) for key in keys_of(level)}
    return frozenset(in_document | {attribute.tag for attribute in columns_of(level)})


def _said(data_set: DataSet, tags: frozenset[int] | None, room: list[int]) -> Said | None:
    """Elements as one value that compares; None where they are long, or not all in memory.

    `room` holds the number of bytes that may still be remembered.
    """
    said: list[Hashable] = [data_set.little_endian, data_set.charsets]
    for tag, element in data_set.items():
        if tags is not None and tag not in tags:
            continue
        room[0] -= _ELEMENT_BYTES
        value: Hashable = element.value
        if element.value is not None:
            room[0] -= len(element.value)
        elif element.items is not None and room[0] >= 0:
            items = tuple(_said(item, None, room) for item in element.items)
            value = None if None in items else items
        if value is None or room[0] < 0:
            return None
        said += (tag, element.vr, value)
    return tuple(said)
