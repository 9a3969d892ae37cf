"""The two modules of storage commitment as values: a request read, a response written.

Pure: objects of the DICOM JSON model in and out (`imaging.native_xml` spells the same model as
XML). A request names instances in one flat list, or by study, series and SOP Class, or both; the
response names each where the request named it.

References
----------
PS3.18 Annex J (Storage Commitment Request and Response Modules).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from archive.safekeeping import COMMITTED, Reference
from imaging.uids import is_uid

Model = dict[str, dict[str, Any]]

REFERENCED_SOP_SEQUENCE: Final = "00081199"
FAILED_SOP_SEQUENCE: Final = "00081198"
REFERENCED_STUDY_SEQUENCE: Final = "00081110"
FAILED_STUDY_SEQUENCE: Final = "0008119B"
_FAILURE_REASON: Final = "00081197"
_SOP_CLASS_UID, _SOP_INSTANCE_UID = "00081150", "00081155"
_STUDY_UID, _SERIES_UID = "0020000D", "0020000E"
_SERIES, _BY_CLASS, _INSTANCES = "00081115", "00081112", "0008114A"

_NAMES: Final[Mapping[str, str]] = {
    REFERENCED_SOP_SEQUENCE: "Referenced SOP Sequence",
    REFERENCED_STUDY_SEQUENCE: "Referenced Study Sequence",
    _SOP_CLASS_UID: "Referenced SOP Class UID",
    _SOP_INSTANCE_UID: "Referenced SOP Instance UID",
    _STUDY_UID: "Study Instance UID",
    _SERIES_UID: "Series Instance UID",
    _SERIES: "Referenced Series Sequence",
    _BY_CLASS: "Referenced Instances by SOP Class Sequence",
    _INSTANCES: "Referenced Instance Sequence",
}


class RequestMalformed(ValueError):  # noqa: N818 - reads as the fact it states
    """The request is no Storage Commitment Request Module; the message says what is wrong."""


def read_request(model: object, max_references: int) -> tuple[Reference, ...]:
    """Read the instances that a request names, each once.

    Parameters
    ----------
    model
        What was sent, as an object of the DICOM JSON model or a list of one.
    max_references
        No more than one beyond this are read: whoever counts them sees that there are too many.

    Raises
    ------
    RequestMalformed
        It is something else, names nothing, or names something by no UID.
    """
    if isinstance(model, list) and len(model) == 1:
        model = model[0]
    if not isinstance(model, dict):
        raise RequestMalformed("the request is no single object of the DICOM JSON model")
    found: dict[Reference, None] = {}
    for one in _references(model):
        found[one] = None
        if len(found) > max_references:
            break
    if not found:
        wanted = f"{_NAMES[REFERENCED_SOP_SEQUENCE]} or {_NAMES[REFERENCED_STUDY_SEQUENCE]}"
        raise RequestMalformed(f"the request names no instance: it needs a {wanted}")
    return tuple(found)


def write_response(references: Sequence[Reference], reasons: Sequence[int]) -> Model:
    """Make the response: each instance where the request had it, with its reason if it failed."""
    outcomes = list(zip(references, reasons, strict=True))
    flat = [one for one in outcomes if one[0].study_instance_uid is None]
    nested = [one for one in outcomes if one[0].study_instance_uid is not None]
    sequences = {
        REFERENCED_STUDY_SEQUENCE: _studies(one for one in nested if one[1] == COMMITTED),
        FAILED_SOP_SEQUENCE: [_item(*one) for one in flat if one[1] != COMMITTED],
        REFERENCED_SOP_SEQUENCE: [_item(*one) for one in flat if one[1] == COMMITTED],
        FAILED_STUDY_SEQUENCE: _studies(one for one in nested if one[1] != COMMITTED),
    }
    return {tag: _element("SQ", items) for tag, items in sequences.items() if items}


def _references(model: Mapping[str, Any]) -> Iterator[Reference]:
    for item in _items(model, REFERENCED_SOP_SEQUENCE, required=False):
        yield Reference(_uid(item, _SOP_CLASS_UID), _uid(item, _SOP_INSTANCE_UID))
    for study in _items(model, REFERENCED_STUDY_SEQUENCE, required=False):
        study_uid = _uid(study, _STUDY_UID)
        for series in _items(study, _SERIES):
            series_uid = _uid(series, _SERIES_UID)
            for group in _items(series, _BY_CLASS):
                sop_class_uid = _uid(group, _SOP_CLASS_UID)
                for instance in _items(group, _INSTANCES):
                    uid = _uid(instance, _SOP_INSTANCE_UID)
                    yield Reference(sop_class_uid, uid, study_uid, series_uid)


def _items(
    model: Mapping[str, Any], tag: str, *, required: bool = True
) -> Iterator[Mapping[str, Any]]:
    element = model.get(tag)
    if element is None and not required:
        return
    items = element.get("Value") if isinstance(element, dict) else None
    if not isinstance(items, list) or not items:
        raise RequestMalformed(f"the {_NAMES[tag]} {_spelled(tag)} has no items")
    for item in items:
        if not isinstance(item, dict):
            raise RequestMalformed(f"an item of the {_NAMES[tag]} {_spelled(tag)} is no object")
        yield item


def _uid(item: Mapping[str, Any], tag: str) -> str:
    element = item.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    if isinstance(values, list) and len(values) == 1:
        [value] = values
        if isinstance(value, str) and is_uid(value):
            return value
    raise RequestMalformed(f"a {_NAMES[tag]} {_spelled(tag)} is missing or is no UID")


def _studies(outcomes: Iterable[tuple[Reference, int]]) -> list[Model]:
    """Items by study, series and SOP Class, each in the order of the request."""
    tree: dict[str, dict[str, dict[str, list[Model]]]] = {}
    for one, reason in outcomes:
        by_series = tree.setdefault(one.study_instance_uid or "", {})
        by_class = by_series.setdefault(one.series_instance_uid or "", {})
        item = _item(one, reason)
        del item[_SOP_CLASS_UID]
        by_class.setdefault(one.sop_class_uid, []).append(item)
    return [
        {
            _SERIES: _element("SQ", [_series(*one) for one in by_series.items()]),
            _STUDY_UID: _element("UI", [study]),
        }
        for study, by_series in tree.items()
    ]


def _series(uid: str, by_class: Mapping[str, list[Model]]) -> Model:
    groups = [
        {_INSTANCES: _element("SQ", items), _SOP_CLASS_UID: _element("UI", [sop_class_uid])}
        for sop_class_uid, items in by_class.items()
    ]
    return {_BY_CLASS: _element("SQ", groups), _SERIES_UID: _element("UI", [uid])}


def _item(reference: Reference, reason: int) -> Model:
    item: Model = {
        _SOP_CLASS_UID: _element("UI", [reference.sop_class_uid]),
        _SOP_INSTANCE_UID: _element("UI", [reference.sop_instance_uid]),
    }
    if reason != COMMITTED:
        item[_FAILURE_REASON] = _element("US", [reason])
    return item


def _element(vr: str, values: list[Any]) -> dict[str, Any]:
    return {"vr": vr, "Value": values}


def _spelled(tag: str) -> str:
    return f"({tag[:4]},{tag[4:]})"
