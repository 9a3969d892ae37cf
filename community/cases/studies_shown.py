"""What the pages of an owner show of studies: their own, and the frames of one to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from archive.access import Principal, narrowed
from archive.archive import Archive
from archive.attributes import Level
from archive.collections import COMMUNITY
from archive.conditions import Search
from archive.errors import ArchiveError
from archive.search import search
from community.accounts.people import Person
from community.cases.publishing import audience_of
from community.cases.studies import usable_as

max_listed: Final = 200
"""Studies that somebody chooses from; of more, the newest."""

max_instances: Final = 1_000
max_frames: Final = 20_000
"""Of a series, that are chosen from."""

frames_a_page: Final = 24

_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"
_MODALITY, _MODALITIES, _FRAMES = "00080060", "00080061", "00280008"
_STUDY_DESCRIPTION, _SERIES_DESCRIPTION = "00081030", "0008103E"
_MAX_DIGITS: Final = 9
_OF_STUDY, _OF_SERIES = "00201208", "00201209"


@dataclass(frozen=True, slots=True)
class Listed:
    """A study or a series in a few words.

    Attributes
    ----------
    count
        Of its instances.
    """

    uid: str
    modality: str
    description: str
    count: int


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame that can be chosen; `number` counts from 1."""

    instance: str
    number: int


@dataclass(frozen=True, slots=True)
class Frames:
    """Some frames of a series; `following` begins the next page, if there is one."""

    items: tuple[Frame, ...]
    total: int
    following: int | None


def own_studies(archive: Archive, person: Person) -> list[Listed]:
    """The studies that somebody may give to a case as theirs, the newest first."""
    return _listed(archive, usable_as(archive, person), None)


def studies_of(archive: Archive, case_id: str) -> dict[str, Listed]:
    """The studies of a case in a few words, by their UIDs."""
    return {one.uid: one for one in _listed(archive, narrowed(None, audience_of(case_id)), None)}


def series_of(archive: Archive, case_id: str, study: str) -> list[Listed]:
    """The series of a study of a case."""
    return _listed(archive, narrowed(None, audience_of(case_id)), study)


def frames_of(archive: Archive, case_id: str, study: str, series: str, first: int) -> Frames:
    """Frames of a series of a case, from the one at `first`, counted from 0."""
    question = Search(
        Level.INSTANCE,
        study_instance_uid=study,
        series_instance_uid=series,
        limit=max_instances,
    )
    rows = _rows(archive, narrowed(None, audience_of(case_id)), question)
    every = list(islice(_frames(rows), max_frames))
    until = first + frames_a_page
    return Frames(tuple(every[first:until]), len(every), until if until < len(every) else None)


def _listed(archive: Archive, principal: Principal, study: str | None) -> list[Listed]:
    level = Level.STUDY if study is None else Level.SERIES
    question = Search(level, study_instance_uid=study, limit=max_listed)
    uid = _STUDY if study is None else _SERIES
    modality = _MODALITIES if study is None else _MODALITY
    description = _STUDY_DESCRIPTION if study is None else _SERIES_DESCRIPTION
    count = _OF_STUDY if study is None else _OF_SERIES
    return [
        Listed(
            _text(row, uid),
            _text(row, modality),
            _text(row, description),
            _number(row, count, 0),
        )
        for row in _rows(archive, principal, question)
    ]


def _rows(archive: Archive, principal: Principal, question: Search) -> list[Mapping[str, Any]]:
    try:
        return list(search(archive, principal, COMMUNITY, question).rows)
    except ArchiveError:
        # Nothing is theirs, or it is not there any more.
        return []


def _frames(rows: list[Mapping[str, Any]]) -> Iterator[Frame]:
    for row in rows:
        for number in range(1, _number(row, _FRAMES, 1) + 1):
            yield Frame(_text(row, _INSTANCE), number)


def _number(row: Mapping[str, Any], tag: str, otherwise: int) -> int:
    text = _text(row, tag)
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else otherwise


def _text(row: Mapping[str, Any], tag: str) -> str:
    return "/".join(map(str, row.get(tag, {}).get("Value", ())))
