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

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement

from archive import attributes
from archive.attributes import Attribute, Level, Path, columns_of, level_of, returned_at, vr_of
from archive.conditions import DateTimeRange, Search
from archive.documents import unpack_document
from archive.models import instance, instance_document, series, study
from archive.search_sql import ONLINE
from archive.values import INTEGERS, decode

JsonObject = dict[str, Any]

_UIDS = {
    Level.STUDY: ("0020000D", "study_instance_uid"),
    Level.SERIES: ("0020000E", "series_instance_uid"),
}
_DOCUMENT = {Level.STUDY: "study_document", Level.SERIES: "series_document"}
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


def wanted(search: Search) -> dict[Level, Wanted]:
    """What a search returns, by level; levels below its own have no part in it."""
    parts = {level: Wanted() for level in Level if level <= search.level}
    parts[search.level] = Wanted(all=search.include.all, payload=True)
    # "If the Target Resource is All Series, then include all Study Level Attributes" and the
    # like for instances: 10.6.3.3.2 and 10.6.3.3.3.
    if search.study_instance_uid is None:
        parts[Level.STUDY].payload = True
    if search.series_instance_uid is None and search.level is Level.INSTANCE:
        parts[Level.SERIES].payload = True
    if search.level >= Level.SERIES:
        # "Shall be present if known" at every level; an instance's row does not hold it.
        parts[Level.SERIES].paths.add(_OFFSET)
    for path in _asked_for(search):
        part = parts.get(level_of(path[0]))
        if part is not None:
            part.paths.add(path)
    return parts


def _asked_for(search: Search) -> Iterable[Path]:
    for condition in search.conditions:
        yield condition.path
        if isinstance(condition, DateTimeRange):
            yield condition.time_path
    yield from search.include.paths


def columns_for(search: Search) -> list[ColumnElement[Any]]:
    """The columns that `to_json` needs."""
    parts = wanted(search)
    columns: list[ColumnElement[Any]] = [study.c.study_instance_uid]
    if parts[Level.STUDY]:
        columns += [
            study.c.id.label("study_key"),
            study.c.document.label("study_document"),
            study.c.number_of_series,
            study.c.number_of_instances.label("number_of_study_instances"),
            study.c.modalities_in_study,
            study.c.sop_classes_in_study,
        ]
    if search.level >= Level.SERIES:
        columns.append(series.c.series_instance_uid)
        if parts[Level.SERIES]:
            columns += [
                series.c.id.label("series_key"),
                series.c.document.label("series_document"),
                series.c.number_of_instances.label("number_of_series_instances"),
            ]
    if search.level is Level.INSTANCE:
        columns += [instance.c[a.column] for a in columns_of(Level.INSTANCE) if a.column]
        if needs_instance_documents(search):
            columns.append(instance_document.c.document.label("instance_document"))
    return columns


def needs_instance_documents(search: Search) -> bool:
    """Whether something is wanted of an instance that its row does not hold."""
    if search.level is not Level.INSTANCE:
        return False
    part = wanted(search)[Level.INSTANCE]
    held = {a.path for a in columns_of(Level.INSTANCE)} | _NO_INSTANCE_COLUMN_NEEDED
    return part.all or not part.paths <= held


class Assembler:
    """Makes DICOM JSON objects of the rows of one page.

    Rows of one study share its document; it is read once.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        self._parts = wanted(search)
        self._paths = {level: _paths_of(level, part) for level, part in self._parts.items()}
        self._documents: dict[tuple[Level, int], JsonObject] = {}

    def to_json(self, row: Mapping[str, Any]) -> JsonObject:
        """The object of one row, in the order of its tags, without RetrieveURL."""
        found: JsonObject = {}
        for level, part in self._parts.items():
            if part:
                found |= self._level(level, part, row)
            if level in _UIDS:
                key, column = _UIDS[level]
                found[key] = {"vr": "UI", "Value": [row[column]]}
        return dict(sorted(found.items()))

    def _level(self, level: Level, part: Wanted, row: Mapping[str, Any]) -> JsonObject:
        source, paths = self._source(level, row), self._paths[level]
        found = dict(_always_there(level)) if part.payload else {}
        if part.all:
            found |= {key: without_bulk(element) for key, element in source.items()}
        found |= {k: v for k, v in picked(source, paths).items() if not part.all or k not in source}
        return found | {
            key: element for key, element in _computed(level, row).items() if _is_in(key, paths)
        }

    def _source(self, level: Level, row: Mapping[str, Any]) -> JsonObject:
        if level is Level.INSTANCE:
            blob = row.get("instance_document")
            return unpack_document(blob) if blob is not None else _from_columns(row)
        key = (level, row["study_key" if level is Level.STUDY else "series_key"])
        if key not in self._documents:
            self._documents[key] = unpack_document(row[_DOCUMENT[level]])
        return self._documents[key]


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


def without_bulk(element: Mapping[str, Any]) -> JsonObject:
    """An element without references to bulk data: they belong to metadata, not to a search."""
    if "BulkDataURI" in element:
        return {"vr": element["vr"]}
    if element.get("vr") != "SQ" or "Value" not in element:
        return dict(element)
    items = [{k: without_bulk(v) for k, v in item.items()} for item in element["Value"] if item]
    return {"vr": "SQ", "Value": items}


def _creator(source: Mapping[str, Any], tag: int) -> JsonObject:
    group, number = tag >> 16, tag & 0xFFFF
    key = f"{group:04X}{number >> 8:04X}"
    return {key: dict(source[key])} if group & 1 and key in source else {}


def _is_in(key: str, paths: frozenset[Path]) -> bool:
    return (int(key, 16),) in paths


def _from_columns(row: Mapping[str, Any]) -> JsonObject:
    return {
        f"{attribute.tag:08X}": element
        for attribute in columns_of(Level.INSTANCE)
        if (element := _column_element(attribute, row))
    }


def _column_element(attribute: Attribute, row: Mapping[str, Any]) -> JsonObject | None:
    values: list[Any] = decode(row[str(attribute.column)])
    if attribute.vr in INTEGERS:
        values = [int(value) for value in values if value.lstrip("-").isdigit()]
    return {"vr": attribute.vr, "Value": values} if values else None


def _computed(level: Level, row: Mapping[str, Any]) -> JsonObject:
    found: dict[Path, list[Any]] = {attributes.INSTANCE_AVAILABILITY: [ONLINE]}
    if level is Level.STUDY:
        found[attributes.MODALITIES_IN_STUDY] = decode(row["modalities_in_study"])
        found[attributes.SOP_CLASSES_IN_STUDY] = decode(row["sop_classes_in_study"])
        found[attributes.NUMBER_OF_STUDY_RELATED_SERIES] = [row["number_of_series"]]
        found[attributes.NUMBER_OF_STUDY_RELATED_INSTANCES] = [row["number_of_study_instances"]]
    elif level is Level.SERIES:
        found[attributes.NUMBER_OF_SERIES_RELATED_INSTANCES] = [row["number_of_series_instances"]]
    return {f"{path[0]:08X}": _element(path, values) for path, values in found.items()}


def _element(path: Path, values: list[Any]) -> JsonObject:
    element: JsonObject = {"vr": vr_of(path)}
    if values:
        element["Value"] = values
    return element
