"""The mock's searches (PS3.18 10.6)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset

from conformance.mock.choosing import RELATED, Offer, choose
from conformance.mock.matching import BadQuery, check_value, combined, matches, tag_named
from conformance.mock.memory import Instance, Memory
from conformance.mock.messages import JSON, Refused, Reply, Request, json_reply, multipart_reply
from conformance.mock.models import to_json, to_xml

OFFERS: Final = (
    Offer(JSON),
    Offer("application/json"),
    Offer(RELATED, "application/dicom+xml"),
)
BOUNDS: Final = ("limit", "offset")
FLAGS: Final = {
    "fuzzymatching": "Only literal matching has been performed.",
    "emptyvaluematching": "Empty Value Matching has not been performed.",
    "multiplevaluematching": "Multiple Value Matching has not been performed.",
}
_OTHERS: Final = frozenset({"includefield", "accept", "charset", *BOUNDS, *FLAGS})

_STUDY: Final = [
    "SpecificCharacterSet",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyID",
]
_SERIES: Final = [
    "Modality",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "RequestAttributesSequence",
]
_INSTANCE: Final = [
    "SOPClassUID",
    "SOPInstanceUID",
    "InstanceNumber",
    "Rows",
    "Columns",
    "BitsAllocated",
    "NumberOfFrames",
]
_OF_LEVEL: Final = {
    "studies": _STUDY,
    "series": _SERIES,
    "instances": _INSTANCE,
}
_MODALITIES: Final = 0x00080061
_TURNS: Final = itertools.count()
"""Counts searches, for a server whose order changes from one to the next."""
_ALWAYS: Final = frozenset({0x0020000D, 0x0020000E, 0x00080018, 0x00080090})
"""Attributes that are matched even where the others are ignored."""


def search(
    memory: Memory,
    request: Request,
    level: str,
    study: str | None,
    series: str | None,
    flaws: frozenset[str],
) -> Reply:
    """Answer a search at a level, below a study or series, or below nothing."""
    query = _Query(request, flaws)
    found = [
        group
        for group in _groups(memory.below(study, series), level)
        if all(query.is_met(group, tag, text) for tag, text in query.conditions)
        and query.is_met_together(group)
        and query.is_met_inside(group)
    ]
    if "unstable" in flaws and next(_TURNS) % 2:
        found.reverse()
    start, end = query.page(len(found))
    returned = [
        _match(group, level, study is None, query, request.root) for group in found[start:end]
    ]
    if "twice" in flaws and returned:
        returned.append(returned[0])
    reply = _answer(request, returned, flaws)
    reply.headers += [("Warning", f'299 mock "{words}"') for words in query.warnings]
    return reply


def _groups(instances: Sequence[Instance], level: str) -> list[list[Instance]]:
    key = {"studies": "study", "series": "series", "instances": "uid"}[level]
    groups: dict[str, list[Instance]] = {}
    for one in instances:
        groups.setdefault(getattr(one, key), []).append(one)
    return list(groups.values())


class _Query:
    """A query string, read."""

    def __init__(self, request: Request, flaws: frozenset[str]) -> None:
        self.flaws = flaws
        self.conditions: list[tuple[int, str]] = []
        self.nested: list[tuple[int, int, str]] = []
        self.fields: set[int] = set()
        self.all_fields = False
        self.warnings: list[str] = []
        self.bounds: dict[str, int] = {}
        try:
            arguments = request.arguments()
        except (UnicodeDecodeError, ValueError) as error:
            raise Refused(400, "the query is no UTF-8") from error
        for name, text in arguments:
            self._take(name, text)

    def _take(self, name: str, text: str) -> None:
        if name in BOUNDS:
            self._bound(name, text)
        elif name == "includefield":
            self._include(text)
        elif name in FLAGS:
            self._flag(name, text)
        elif name not in _OTHERS:
            self._condition(name, text)

    def _bound(self, name: str, text: str) -> None:
        if not re.fullmatch(r"\d{1,9}", text):
            if "bad-bounds" in self.flaws:
                return
            raise Refused(400, f"{name} is a number of results")
        if f"no-{name}" not in self.flaws:
            self.bounds[name] = int(text)

    def _include(self, text: str) -> None:
        for name in text.split(","):
            tag = tag_named(name)
            if name == "all":
                self.all_fields = True
            elif tag is None:
                raise Refused(400, f"{name!r} is no attribute")
            else:
                self.fields.add(tag)

    def _flag(self, name: str, text: str) -> None:
        if text not in ("true", "false"):
            raise Refused(400, f"{name} is true or false")
        if text == "true" and f"silent-{name}" not in self.flaws:
            self.warnings.append(f"The {name} parameter is not supported. {FLAGS[name]}")

    def _condition(self, name: str, text: str) -> None:
        if "500-on-quotes" in self.flaws and "'" in text:
            raise RuntimeError("unbalanced quotes")
        if "\0" in text:
            raise Refused(400, "a value holds a NUL")
        sequence, dot, inside = name.rpartition(".")
        if dot:
            if "no-paths" not in self.flaws:
                self._nested_condition(tag_named(sequence), tag_named(inside), text)
            return
        tag = tag_named(name) if "tags" not in self.flaws or not name[0].isdigit() else None
        if tag is None:
            return
        try:
            check_value(dictionary_VR(tag), text)
        except BadQuery as error:
            if "bad-values" not in self.flaws:
                raise Refused(400, str(error)) from error
            return
        except KeyError:
            return
        if "conditions" in self.flaws and tag not in _ALWAYS:
            return
        self.conditions.append((tag, text))

    def _nested_condition(self, sequence: int | None, inside: int | None, text: str) -> None:
        if sequence is None or inside is None:
            raise Refused(400, "the path names no attribute")
        self.nested.append((sequence, inside, text))

    def is_met_inside(self, group: list[Instance]) -> bool:
        """Whether an item of each sequence that the query goes into is as it says."""
        return all(
            any(matches(item, inside, text) for item in _items(group[0].data_set, sequence))
            for sequence, inside, text in self.nested
        )

    def is_met(self, group: list[Instance], tag: int, text: str) -> bool:
        """Whether what a group of instances is meets one condition."""
        if self._is_combined() and tag in (0x00080020, 0x00080030):
            return True
        if tag == _MODALITIES and "modalities" not in self.flaws:
            tag = 0x00080060
            return any(matches(one.data_set, tag, text, flaws=self.flaws) for one in group)
        return matches(group[0].data_set, tag, text, flaws=self.flaws)

    def _is_combined(self) -> bool:
        texts = dict(self.conditions)
        return all("-" in texts.get(tag, "") for tag in (0x00080020, 0x00080030))

    def is_met_together(self, group: list[Instance]) -> bool:
        """Whether date and time together lie in their range."""
        if not self._is_combined():
            return True
        texts = dict(self.conditions)
        return combined(group[0].data_set, texts[0x00080020], texts[0x00080030])

    def page(self, count: int) -> tuple[int, int]:
        """The first result and the one after the last."""
        start = self.bounds.get("offset", 0)
        return start, min(count, start + self.bounds.get("limit", count))


def _items(ds: Dataset, sequence: int) -> list[Dataset]:
    return list(ds[sequence].value) if sequence in ds else []


def _match(
    group: list[Instance], level: str, is_anywhere: bool, query: _Query, root: str
) -> Dataset:
    """What a match says."""
    first = group[0].data_set
    names = list(_OF_LEVEL[level])
    if level == "studies" and query.all_fields and "includefield" not in query.flaws:
        names.append("StudyDescription")
    if level != "studies" and is_anywhere:
        names = [*_STUDY, *names] + (_SERIES if level == "instances" else [])
    made = Dataset()
    if "returns-little" in query.flaws:
        names = [name for name in names if name.endswith("InstanceUID")]
    for name in dict.fromkeys(names):
        if name in first and not (name == "PatientID" and "no-patient-id" in query.flaws):
            made[name] = first[name]
    for tag, _ in query.conditions:
        if tag in first and (level != "studies" or _is_of_study(tag)):
            made[tag] = first[tag]
    for tag in query.fields:
        is_fit = _is_of_study(tag) or "include-all-levels" in query.flaws
        if tag in first and is_fit and "includefield" not in query.flaws:
            made[tag] = first[tag]
    _count(made, group, level, query.flaws)
    made.RetrieveURL = _url(group[0], level, root, query.flaws)
    return made


def _is_of_study(tag: int) -> bool:
    return tag >> 16 in (0x0008, 0x0010) and tag not in (0x00080016, 0x00080018, 0x00080060)


def _count(made: Dataset, group: list[Instance], level: str, flaws: frozenset[str]) -> None:
    extra = 1 if "counts" in flaws else 0
    if level == "studies":
        made.NumberOfStudyRelatedSeries = len({one.series for one in group}) + extra
        made.NumberOfStudyRelatedInstances = len(group) + extra
        modalities = sorted({str(one.data_set.Modality) for one in group})
        made.ModalitiesInStudy = modalities[:1] if "modalities-returned" in flaws else modalities
    elif level == "series":
        made.NumberOfSeriesRelatedInstances = len(group) + extra


def _url(one: Instance, level: str, root: str, flaws: frozenset[str]) -> str:
    base = "http://127.0.0.1:9" if "retrieve-url" in flaws else root
    url = f"{base}/studies/{one.study}"
    if level != "studies":
        url += f"/series/{one.series}"
    return url + (f"/instances/{one.uid}" if level == "instances" else "")


def _answer(request: Request, found: list[Dataset], flaws: frozenset[str]) -> Reply:
    offer = choose(request.accept, OFFERS, flaws)
    if offer is None:
        raise Refused(406, "searches are answered in JSON and XML")
    if offer.inside is not None and "no-xml" not in flaws:
        uri = str
        return multipart_reply(
            [(offer.inside, to_xml(one, uri), None) for one in found], offer.inside
        )
    if not found and "404-for-none" in flaws:
        raise Refused(404, "nothing matches")
    if not found and "204" in flaws:
        return Reply(204)
    rows: list[dict[str, Any]] = [to_json(one, str) for one in found]
    for row in rows:
        _spoil(row, flaws)
    return json_reply(rows, content_type=offer.name if offer.inside is None else JSON)


def _spoil(row: dict[str, Any], flaws: frozenset[str]) -> None:
    if "empty-text" in flaws:
        for element in row.values():
            if not element.keys() & {"Value", "InlineBinary", "BulkDataURI"}:
                element["Value"] = [""]
    if "names-as-texts" in flaws and "Value" in row.get("00100010", {}):
        row["00100010"]["Value"] = [row["00100010"]["Value"][0].get("Alphabetic", "")]
