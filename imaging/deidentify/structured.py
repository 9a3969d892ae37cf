"""Trees of content items: which of them stay, as what, and how they refer to each other after.

What PS3.15 says of concepts may live here; how one value is cleaned is `values`, and what is done
with the other attributes of an item is `engine`.

References
----------
PS3.15 section E.3.4 and table E.3.4-1; PS3.3 section C.17.3 (SR Document Content), C.18 (content
items), C.17.3.2.5 (relationships by reference).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from imaging.data_set import DataSet, Element
from imaging.deidentify.profile import CLEAN, DUMMY, KEEP, REMOVE, Option, Profile
from imaging.deidentify.tables import load

CONTENT: Final = 0x0040A730
VALUE_TYPE: Final = 0x0040A040
_CONCEPT_NAME: Final = 0x0040A043
_RELATIONSHIP: Final = 0x0040A010
_REFERENCED_ITEM: Final = 0x0040DB73
_CODE_VALUE, _SCHEME = 0x00080100, 0x00080102

VALUES: Mapping[str, int] = MappingProxyType(
    {
        "TEXT": 0x0040A160,
        "PNAME": 0x0040A123,
        "DATE": 0x0040A121,
        "TIME": 0x0040A122,
        "DATETIME": 0x0040A120,
        "UIDREF": 0x0040A124,
    }
)
"""The attribute that holds the value of a content item, by its value type."""

REFERENCES: Final = frozenset({"IMAGE", "COMPOSITE", "WAVEFORM"})
_FORMER_SNOMED: Final = frozenset({"SNM3", "99SDM"})
_TEMPORAL: Final = frozenset({"DATE", "TIME", "DATETIME"})
_MAX_DEPTH: Final = 64

Path = tuple[int, ...]
CleanItem = Callable[[DataSet, str], DataSet]
"""Cleans all of an item but what is below it: the item and the action on its value."""


def item_action(item: DataSet, profile: Profile) -> str:
    """Say what is done with a content item: X, D, K or C."""
    value_type = item.text(VALUE_TYPE)
    rule = _concepts().get((*_concept(item), value_type))
    if rule is None:
        return _UNLISTED.get(value_type, _keep)(profile)
    basic, options = rule
    chosen = {options[option] for option in profile.options if option in options}
    for action in (KEEP, CLEAN):
        if action in chosen:
            return action
    # Of a choice, what leaves the template whole.
    return DUMMY if DUMMY in basic else basic


def _concept(item: DataSet) -> tuple[str, str]:
    names = item.sequence(_CONCEPT_NAME)
    return (_scheme(names[0].text(_SCHEME)), names[0].text(_CODE_VALUE)) if names else ("", "")


def _scheme(name: str) -> str:
    """A scheme as others spell it: the former names of SNOMED, spaces or none."""
    return "SRT" if name in _FORMER_SNOMED else name.replace(" ", "")


def _keep(_profile: Profile) -> str:
    return CLEAN


def _of_dates(profile: Profile) -> str:
    if Option.RETAIN_LONG_FULL_DATES in profile:
        return KEEP
    return CLEAN if Option.RETAIN_LONG_MODIFIED_DATES in profile else DUMMY


def _of_uids(profile: Profile) -> str:
    # Table E.1-1 has no cell for (0040,A124) under Retain UIDs; every concept that table E.3.4-1
    # names as a UIDREF has. What is retained elsewhere would be referred to in vain.
    return KEEP if Option.RETAIN_UIDS in profile else CLEAN


_UNLISTED: Mapping[str, Callable[[Profile], str]] = MappingProxyType(
    {
        "PNAME": lambda profile: DUMMY,
        "UIDREF": _of_uids,
        **dict.fromkeys(_TEMPORAL, _of_dates),
    }
)


@cache
def _concepts() -> Mapping[tuple[str, str, str], tuple[str, Mapping[Option, str]]]:
    return {
        (_scheme(scheme), code, value_type): (
            basic,
            {Option(name): a for name, a in options.items()},
        )
        for scheme, code, value_type, basic, options in load("sr_concepts")["rows"]
    }


@dataclass(slots=True)
class _Node:
    """A content item, where it was, and what becomes of it."""

    item: DataSet
    path: Path
    action: str
    children: list[_Node]

    def all(self) -> Iterator[_Node]:
        yield self
        for child in self.children:
            yield from child.all()


def clean_tree(items: list[DataSet], profile: Profile, clean: CleanItem) -> list[DataSet]:
    """Clean the items below the root of a document, and what is below them.

    An item that refers to a removed one is removed as well; the others refer to where the items
    are now.
    """
    nodes = _nodes(items, profile, (1,))
    nodes = _without_removed(nodes)
    while broken := _broken(nodes):
        for node in broken:
            node.action = REMOVE
        nodes = _without_removed(nodes)
    moved = {old: new for new, old in _places(nodes, (1,))}
    return [_built(node, moved, clean) for node in nodes]


def _nodes(items: list[DataSet], profile: Profile, above: Path) -> list[_Node]:
    return [
        _Node(
            item,
            (path := (*above, number)),
            item_action(item, profile) if len(path) <= _MAX_DEPTH else REMOVE,
            _nodes(item.sequence(CONTENT), profile, path) if len(path) < _MAX_DEPTH else [],
        )
        for number, item in enumerate(items, 1)
    ]


def _without_removed(nodes: list[_Node]) -> list[_Node]:
    kept = [node for node in nodes if node.action != REMOVE]
    for node in kept:
        node.children = _without_removed(node.children)
    return kept


def _broken(nodes: list[_Node]) -> list[_Node]:
    """Items that refer to nothing."""
    there = {(1,), *(old for _, old in _places(nodes, (1,)))}
    return [
        node
        for top in nodes
        for node in top.all()
        if (target := _target(node.item)) is not None and target not in there
    ]


def _places(nodes: list[_Node], above: Path) -> Iterator[tuple[Path, Path]]:
    """Where each item will be, and where it was."""
    for number, node in enumerate(nodes, 1):
        yield (*above, number), node.path
        yield from _places(node.children, (*above, number))


def _target(item: DataSet) -> Path | None:
    element = item.get(_REFERENCED_ITEM)
    if element is None:
        return None
    value, order = element.value or b"", "<" if item.little_endian else ">"
    return struct.unpack(f"{order}{len(value) // 4}I", value[: len(value) // 4 * 4])


def _built(node: _Node, moved: Mapping[Path, Path], clean: CleanItem) -> DataSet:
    cleaned = clean(node.item, node.action)
    target = _target(node.item)
    if target is not None and target in moved:
        new, order = moved[target], "<" if cleaned.little_endian else ">"
        value = struct.pack(f"{order}{len(new)}I", *new)
        cleaned[_REFERENCED_ITEM] = Element(_REFERENCED_ITEM, "UL", value)
    children = [_built(child, moved, clean) for child in node.children]
    cleaned.pop(CONTENT, None)
    if children:
        cleaned[CONTENT] = Element(CONTENT, "SQ", items=children)
    return cleaned


def least_tree(items: list[DataSet], clean: CleanItem) -> list[DataSet]:
    """The least content that a document can have: what it refers to, or a text that says nothing.

    Without it, key objects would select nothing and a report would be of no image.
    """
    kept = [
        least
        for item in items
        if item.text(VALUE_TYPE) in REFERENCES and _REFERENCED_ITEM not in item
        for least in (clean(item, CLEAN),)
    ]
    for item in kept:
        item.pop(CONTENT, None)
    return kept or [_nothing()]


def _nothing() -> DataSet:
    name = DataSet()
    for tag, vr, text in (
        (_CODE_VALUE, "SH", "121106"),
        (_SCHEME, "SH", "DCM"),
        (0x00080104, "LO", "Comment"),
    ):
        name[tag] = Element(tag, vr, text.encode())
    item = DataSet()
    item[_RELATIONSHIP] = Element(_RELATIONSHIP, "CS", b"CONTAINS")
    item[VALUE_TYPE] = Element(VALUE_TYPE, "CS", b"TEXT")
    item[_CONCEPT_NAME] = Element(_CONCEPT_NAME, "SQ", items=[name])
    item[VALUES["TEXT"]] = Element(VALUES["TEXT"], "UT", b"ANONYMIZED")
    return item
