"""A case as a JSON document, and back. Pure; what comes back is checked where it is stored.

The document holds what its reader may know, so an unknown case is only whole for those who know
its diagnosis. Files of the archive that it lies in are named by their places in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from community.cases.editing import CaseText
from community.cases.model import AFTER_ANSWER, ALWAYS, KINDS, CaseView, KeyImage, Region, Section
from community.exchange.errors import BadBundle
from imaging.uids import is_uid

FORMAT: Final = "dicomtube-case"
VERSION: Final = 1

max_studies: Final = 30
max_key_images: Final = 60
max_text_chars: Final = 100_000

_WORDS: Final = (
    "title", "unknown_title", "specialty", "body_part", "certainty", "proof", "difficulty",
    "age_band", "sex", "licence", "language",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BundledStudy:
    """A study as a document names it: by the UID that its files have, which lie in `folder`."""

    study_instance_uid: str
    label: str = ""
    relative_day: int | None = None
    folder: str = ""


@dataclass(frozen=True, slots=True)
class BundledImage:
    """A key image as a document names it."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int = 1
    caption: str = ""
    alt: str = ""
    region: Region | None = None
    is_spoiler: bool = False


@dataclass(frozen=True, slots=True)
class Bundled:
    """A case that came from elsewhere.

    Attributes
    ----------
    notes
        What could not be taken over, in sentences.
    """

    text: CaseText
    studies: tuple[BundledStudy, ...] = ()
    key_images: tuple[BundledImage, ...] = ()
    notes: tuple[str, ...] = field(default=())


def to_document(view: CaseView, address: str, folders: Mapping[str, str]) -> bytes:
    """Write what a reader may know of a case.

    Parameters
    ----------
    folders
        Where the files of each study lie, by Study Instance UID; of those that are there.
    """
    case = view.case
    said: dict[str, Any] = {
        "format": FORMAT,
        "format_version": VERSION,
        "address": address,
        "id": case.id,
        "version": case.version,
        "published": _moment(case.published_at),
        "changed": _moment(case.changed_at),
        "author": view.author.shown_name if view.author else None,
        "is_unknown": case.is_unknown,
        **{name: getattr(case, name) for name in _WORDS},
        "modalities": list(case.modalities),
        "sections": [
            {"kind": one.kind, "markdown": one.markdown, "reveal": one.reveal}
            for one in view.sections
        ],
        "studies": [
            {
                "study_instance_uid": one.study_instance_uid,
                "label": one.label,
                "relative_day": one.relative_day,
                "folder": folders.get(one.study_instance_uid),
            }
            for one in view.studies
        ],
        "key_images": [_image(one) for one in view.key_images],
    }
    return json.dumps(said, ensure_ascii=False, indent=2).encode() + b"\n"


def from_document(data: bytes) -> Bundled:
    """Read a document.

    Raises
    ------
    BadBundle
        It is none of ours, or of a later version, or something in it is of the wrong kind.
    """
    said = _loaded(data)
    if said.get("format") != FORMAT:
        raise BadBundle("case.json is not a case of this kind of server")
    if said.get("format_version") != VERSION:
        raise BadBundle(f"case.json is of another version than {VERSION}, which is known here")
    facts = {name: _text(said, name) for name in _WORDS}
    modalities = tuple(_text({"": one}, "") for one in _listed(said, "modalities", 50))
    sections = tuple(_section(one) for one in _listed(said, "sections", 2 * len(KINDS)))
    return Bundled(
        CaseText(
            **facts,
            is_unknown=_truth(said, "is_unknown"),
            modalities=modalities,
            sections=sections,
        ),
        tuple(_read_study(one) for one in _listed(said, "studies", max_studies)),
        tuple(_read_image(one) for one in _listed(said, "key_images", max_key_images)),
    )


def _moment(when: datetime | None) -> str | None:
    return when.isoformat(timespec="seconds") if when else None


def _image(one: KeyImage) -> dict[str, Any]:
    return {
        "study_instance_uid": one.study_instance_uid,
        "series_instance_uid": one.series_instance_uid,
        "sop_instance_uid": one.sop_instance_uid,
        "frame": one.frame,
        "caption": one.caption,
        "alt": one.alt,
        "region": list(one.region) if one.region else None,
        "is_spoiler": one.is_spoiler,
    }


def _loaded(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        raise BadBundle("case.json is not JSON") from None
    if not isinstance(said, dict):
        raise BadBundle("case.json is not an object")
    return said


def _listed(said: Mapping[str, Any], name: str, most: int) -> Sequence[Any]:
    value = said.get(name) or []
    if not isinstance(value, list) or len(value) > most:
        raise BadBundle(f"'{name}' in case.json is a list of at most {most}")
    return value


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name) or ""
    if not isinstance(value, str) or len(value) > max_text_chars:
        raise BadBundle(f"'{name}' in case.json is a text of at most {max_text_chars} characters")
    return value


def _truth(said: Mapping[str, Any], name: str) -> bool:
    value = said.get(name, False)
    if not isinstance(value, bool):
        raise BadBundle(f"'{name}' in case.json is true or false")
    return value


def _whole(said: Mapping[str, Any], name: str, usual: int | None) -> int | None:
    value = said.get(name)
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > 10**6:
        raise BadBundle(f"'{name}' in case.json is a whole number")
    return value


def _uid(said: Mapping[str, Any], name: str) -> str:
    value = _text(said, name)
    if not is_uid(value):
        raise BadBundle(f"'{name}' in case.json is not a UID")
    return value


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadBundle("case.json has something else where an object is expected")
    return value


def _section(value: Any) -> Section:
    said = _object(value)
    kind, reveal = _text(said, "kind"), _text(said, "reveal")
    if kind not in KINDS or reveal not in (ALWAYS, AFTER_ANSWER):
        raise BadBundle("case.json has a section of an unknown kind")
    return Section(kind, _text(said, "markdown"), reveal)


def _read_study(value: Any) -> BundledStudy:
    said = _object(value)
    day = _whole(said, "relative_day", None)
    uid, label, folder = (
        _uid(said, "study_instance_uid"),
        _text(said, "label"),
        _text(said, "folder"),
    )
    return BundledStudy(uid, label, day, folder)


def _read_image(value: Any) -> BundledImage:
    said = _object(value)
    return BundledImage(
        _uid(said, "study_instance_uid"),
        _uid(said, "series_instance_uid"),
        _uid(said, "sop_instance_uid"),
        _whole(said, "frame", 1) or 1,
        _text(said, "caption"),
        _text(said, "alt"),
        _region(said.get("region")),
        _truth(said, "is_spoiler"),
    )


def _region(value: Any) -> Region | None:
    if value is None:
        return None
    is_four = isinstance(value, list) and len(value) == 4
    if not is_four or not all(isinstance(n, int | float) and abs(n) <= 1 for n in value):
        raise BadBundle("a region in case.json is four fractions of the frame")
    x, y, w, h = map(float, value)
    return x, y, w, h
