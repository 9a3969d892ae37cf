"""A case as a JSON document, and back. Pure; what comes back is checked where it is stored.

The document holds what its reader may know, so an unknown case is only whole for those who know
its diagnosis. Files of the archive that it lies in are named by their places in it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from community.cases.editing import CaseText
from community.cases.model import AFTER_ANSWER, ALWAYS, KINDS, CaseView, KeyImage, Section
from community.exchange import companions_json, members
from community.exchange.bundled import Bundled, BundledImage, BundledStudy
from community.exchange.companions import NONE, Companions
from community.exchange.errors import BadBundle

FORMAT: Final = "dicomtube-case"
VERSION: Final = 1

max_studies: Final = 30
max_key_images: Final = 60
max_modalities: Final = 50

_WORDS: Final = (
    "title", "unknown_title", "specialty", "body_part", "certainty", "proof", "difficulty",
    "age_band", "sex", "licence", "language",
)  # fmt: skip


def to_document(
    view: CaseView, address: str, folders: Mapping[str, str], more: Companions = NONE
) -> bytes:
    """Write what a reader may know of a case.

    Parameters
    ----------
    folders
        Where the files of each study lie, by Study Instance UID; of those that are there.
    more
        What goes with it from other rooms.
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
        **companions_json.written(more),
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
    facts = {name: members.text(said, name) for name in _WORDS}
    modalities = tuple(
        members.text({"": one}, "") for one in members.listed(said, "modalities", 50)
    )
    sections = tuple(_section(one) for one in members.listed(said, "sections", 2 * len(KINDS)))
    return Bundled(
        CaseText(
            **facts,
            is_unknown=members.truth(said, "is_unknown"),
            modalities=modalities,
            sections=sections,
        ),
        tuple(_read_study(one) for one in members.listed(said, "studies", max_studies)),
        tuple(_read_image(one) for one in members.listed(said, "key_images", max_key_images)),
        companions_json.questions_in(said),
        companions_json.tags_in(said),
        companions_json.remarks_in(said),
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


def _section(value: Any) -> Section:
    said = members.object_(value)
    kind, reveal = members.text(said, "kind"), members.text(said, "reveal")
    if kind not in KINDS or reveal not in (ALWAYS, AFTER_ANSWER):
        raise BadBundle("case.json has a section of an unknown kind")
    return Section(kind, members.text(said, "markdown"), reveal)


def _read_study(value: Any) -> BundledStudy:
    said = members.object_(value)
    return BundledStudy(
        members.uid(said, "study_instance_uid"),
        members.text(said, "label"),
        members.whole(said, "relative_day", None),
        members.text(said, "folder"),
    )


def _read_image(value: Any) -> BundledImage:
    said = members.object_(value)
    return BundledImage(
        members.uid(said, "study_instance_uid"),
        members.uid(said, "series_instance_uid"),
        members.uid(said, "sop_instance_uid"),
        members.whole(said, "frame", 1) or 1,
        members.text(said, "caption"),
        members.text(said, "alt"),
        members.region(said.get("region")),
        members.truth(said, "is_spoiler"),
    )
