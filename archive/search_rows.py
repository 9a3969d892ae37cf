"""What a search returns of a row, as a DICOM JSON object.

Which attributes: those that PS3.18 Tables 10.6.3-3 to 10.6.3-5 name for the level; those of the
levels above where the resource spans them (all series, all instances); the keys of the question;
and what includefield names, unless it belongs to a level below. From where: the documents of
study and series, the columns of the instance, and an instance's document only when something is
wanted that no column has.

References
----------
PS3.18 Section 10.6.3.3 (Response Payload), Section F.2 (DICOM JSON Model)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

from archive import attributes
from archive.attributes import Level, Path, columns_of, level_of, returned_at, vr_of
from archive.conditions import DateTimeRange, Search
from archive.documents import unpack_document
from archive.search_sql import ONLINE, column_at
from archive.values import INTEGERS, decode

JsonObject = dict[str, Any]
Row = Sequence[Any]

_UIDS = {
    Level.STUDY: ("0020000D", "study.study_instance_uid"),
    Level.SERIES: ("0020000E", "series.series_instance_uid"),
}
_IDS = {Level.STUDY: "study.id", Level.SERIES: "series.id"}
_DOCUMENTS = {
    Level.STUDY: "study.document",
    Level.SERIES: "series.document",
    Level.INSTANCE: "instance_document.document",
}
# What the archive knows itself: its column, and whether that holds a list.
_COMPUTED = {
    (Level.STUDY, attributes.MODALITIES_IN_STUDY): ("study.modalities_in_study", True),
    (Level.STUDY, attributes.SOP_CLASSES_IN_STUDY): ("study.sop_classes_in_study", True),
    (Level.STUDY, attributes.NUMBER_OF_STUDY_RELATED_SERIES): ("study.number_of_series", False),
    (Level.STUDY, attributes.NUMBER_OF_STUDY_RELATED_INSTANCES): (
        "study.number_of_instances",
        False,
    ),
    (Level.SERIES, attributes.NUMBER_OF_SERIES_RELATED_INSTANCES): (
        "series.number_of_instances",
        False,
    ),
}
_AVAILABILITY = f"{attributes.INSTANCE_AVAILABILITY[0]:08X}"
_ONLINE: JsonObject = {"vr": vr_of(attributes.INSTANCE_AVAILABILITY), "Value": [ONLINE]}
_OFFSET: Path = (attributes.TIMEZONE_OFFSET_FROM_UTC,)
_NO_INSTANCE_COLUMN_NEEDED = frozenset({attributes.INSTANCE_AVAILABILITY})


@dataclass(slots=True)
class Wanted:
    """What is returned of one level.

    Parameters
    ----------
    all
        The whole document.
    payload
        The attributes of the level's table in PS3.18.
    paths
        Single attributes.
    """

    all: bool = False
    payload: bool = False
    paths: set[Path] = field(default_factory=set)

    def __bool__(self) -> bool:
        return self.all or self.payload or bool(self.paths)


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a search decides which columns are read and what is made of them.

    Parameters
    ----------
    asked
        The attributes of its keys, and those of includefield.
    """

    level: Level
    in_study: bool
    in_series: bool
    all: bool
    asked: frozenset[Path]

    @classmethod
    def of(cls, search: Search) -> Shape:
        """The shape of a search."""
        asked = {condition.path for condition in search.conditions}
        asked |= {c.time_path for c in search.conditions if isinstance(c, DateTimeRange)}
        return cls(
            search.level,
            search.study_instance_uid is not None,
            search.series_instance_uid is not None,
            search.include.all,
            search.include.paths | asked,
        )


def wanted(shape: Shape) -> dict[Level, Wanted]:
    """What a search returns, by level; levels below its own have no part in it."""
    parts = {level: Wanted() for level in Level if level <= shape.level}
    parts[shape.level] = Wanted(all=shape.all, payload=True)
    # "If the Target Resource is All Series, then include all Study Level Attributes" and the
    # like for instances: 10.6.3.3.2 and 10.6.3.3.3.
    if not shape.in_study:
        parts[Level.STUDY].payload = True
    if not shape.in_series and shape.level is Level.INSTANCE:
        parts[Level.SERIES].payload = True
    if shape.level >= Level.SERIES:
        # "Shall be present if known" at every level; an instance's row does not hold it.
        parts[Level.SERIES].paths.add(_OFFSET)
    for path in shape.asked:
        part = parts.get(level_of(path[0]))
        if part is not None:
            part.paths.add(path)
    return parts


def _needs_documents(part: Wanted) -> bool:
    """Whether something is wanted of an instance that its row does not hold."""
    held = {a.path for a in columns_of(Level.INSTANCE)} | _NO_INSTANCE_COLUMN_NEEDED
    return part.all or not part.paths <= held


class _Columns:
    """The columns of a row, numbered as they are asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def place(self, name: str) -> int:
        """Where a column stands, from 0."""
        if name not in self.names:
            self.names.append(name)
        return self.names.index(name)


class _Part:
    """What is said of one level, and where in a row it stands.

    Parameters
    ----------
    columns
        Of the row; those of the level are added.
    documents
        There are documents of instances.
    """

    def __init__(self, level: Level, part: Wanted, columns: _Columns, documents: bool) -> None:
        paths = _paths_of(level, part) if part else frozenset()
        self.level = level
        self._all = part.all
        self._always = _always_there(level) if part.payload else {}
        self._online = attributes.INSTANCE_AVAILABILITY in paths
        # Most of what is picked is a whole attribute, and not a private one.
        self._keys = tuple(_key(path) for path in paths if _is_simple(path))
        self._paths = tuple(path for path in paths if not _is_simple(path))
        self.id = columns.place(_IDS[level]) if level in _IDS else -1
        self._uid = columns.place(_UIDS[level][1]) if level in _UIDS else -1
        held = bool(part) and (level is not Level.INSTANCE or documents)
        self._document = columns.place(_DOCUMENTS[level]) if held else -1
        self._values = [
            (_key(each.path), each.vr, each.vr in INTEGERS, columns.place(name))
            for each in columns_of(level)
            if level is Level.INSTANCE and not documents and each.path in paths
            if (name := column_at(level, each.column))
        ]
        self._computed = [
            (_key(path), vr_of(path), columns.place(name), is_list)
            for (where, path), (name, is_list) in _COMPUTED.items()
            if where is level and path in paths
        ]

    def of(self, row: Row) -> JsonObject:
        """The attributes of the level that are wanted, in no order."""
        found = dict(self._always)
        if self._document >= 0:
            self._pick(found, unpack_document(row[self._document]))
        for key, vr, is_integer, place in self._values:
            column = row[place]
            if column.isdigit() and is_integer:  # as all but a few are
                found[key] = {"vr": vr, "Value": [int(column)]}
            elif values := _values(column, is_integer):
                found[key] = {"vr": vr, "Value": values}
        for key, vr, place, is_list in self._computed:
            values = decode(row[place]) if is_list else [row[place]]
            found[key] = {"vr": vr, "Value": values} if values else {"vr": vr}
        if self._online:
            found[_AVAILABILITY] = _ONLINE
        if self._uid >= 0:
            found[_UIDS[self.level][0]] = {"vr": "UI", "Value": [row[self._uid]]}
        return found

    def _pick(self, found: JsonObject, source: JsonObject) -> None:
        if self._all:
            found |= {key: without_bulk(element) for key, element in source.items()}
            return
        for key in self._keys:
            element = source.get(key)
            if element is not None:
                found[key] = without_bulk(element)
        if self._paths:
            for key, element in picked(source, self._paths).items():
                found.setdefault(key, element)


@lru_cache(maxsize=64)
def _parts(shape: Shape) -> tuple[tuple[_Part, ...], str, bool]:
    """The parts of a row's object, the columns that they are read of, and whether documents are."""
    parts, columns = wanted(shape), _Columns()
    documents = shape.level is Level.INSTANCE and _needs_documents(parts[Level.INSTANCE])
    made = tuple(_Part(level, part, columns, documents) for level, part in parts.items())
    return made, ", ".join(columns.names), documents


class Assembler:
    """Makes DICOM JSON objects of the rows of one page.

    Rows of one study, or series, share what is said of it: it is put together once.

    Attributes
    ----------
    columns
        What the rows have to have, in this order.
    documents
        Whether documents of instances are among them.
    """

    def __init__(self, search: Search) -> None:
        parts, self.columns, self.documents = _parts(Shape.of(search))
        self._above, self._own = parts[:-1], parts[-1]
        self._made: dict[tuple[int, ...], JsonObject] = {}

    def to_json(self, row: Row) -> JsonObject:
        """The object of one row, without RetrieveURL, in no order: a door sorts it."""
        return self._shared(row) | self._own.of(row) if self._above else self._own.of(row)

    def _shared(self, row: Row) -> JsonObject:
        """What is said of the levels above."""
        ids = tuple([row[part.id] for part in self._above])
        made = self._made.get(ids)
        if made is None:
            made = self._made[ids] = {}
            for part in self._above:
                made |= part.of(row)
        return made


def _paths_of(level: Level, part: Wanted) -> frozenset[Path]:
    """Everything that is returned of a level by its name."""
    # Dates and times of an answer are as they were written: each level says where.
    paths = {*part.paths, _OFFSET}
    if part.payload:
        paths |= {attribute.path for attribute in returned_at(level)}
        if level is Level.STUDY:
            paths.add(attributes.INSTANCE_AVAILABILITY)
    return frozenset(paths)


@cache
def _always_there(level: Level) -> JsonObject:
    """The attributes that a level returns though they be empty; for reading only."""
    named = (attribute for attribute in returned_at(level) if attribute.type in ("U", "R"))
    return {f"{attribute.tag:08X}": {"vr": attribute.vr} for attribute in named}


def picked(source: Mapping[str, Any], paths: Iterable[Path]) -> JsonObject:
    """The attributes at the paths that a document has; of a sequence only what is named in it.

    A private attribute comes with its creator (PS3.18 Section 10.6.3.3).
    """
    inside: dict[str, set[Path]] = {}
    found: JsonObject = {}
    for path in sorted(paths, key=len):
        key = f"{path[0]:08X}"
        if key not in source:
            continue
        if len(path) > 1:
            inside.setdefault(key, set()).add(path[1:])
            continue
        found[key] = without_bulk(source[key])
        found |= _creator(source, path[0])
    for key, inner in inside.items():
        if key not in found:
            items = source[key].get("Value", ())
            found[key] = {"vr": "SQ", "Value": [picked(i, inner) for i in items if i]}
    return found


def without_bulk(element: JsonObject) -> JsonObject:
    """An element without references to bulk data: they belong to metadata, not to a search."""
    if "BulkDataURI" in element:
        return {"vr": element["vr"]}
    if element.get("vr") != "SQ" or "Value" not in element:
        return element
    items = [{k: without_bulk(v) for k, v in item.items()} for item in element["Value"] if item]
    return {"vr": "SQ", "Value": items}


def _creator(source: Mapping[str, Any], tag: int) -> JsonObject:
    group, number = tag >> 16, tag & 0xFFFF
    key = f"{group:04X}{number >> 8:04X}"
    return {key: source[key]} if group & 1 and key in source else {}


def _key(path: Path) -> str:
    return f"{path[0]:08X}"


def _is_simple(path: Path) -> bool:
    return len(path) == 1 and not path[0] >> 16 & 1


def _values(column: str, is_integer: bool) -> list[Any]:
    if not is_integer:
        return decode(column)
    return [int(value) for value in decode(column) if value.lstrip("-").isdigit()]
