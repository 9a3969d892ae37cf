"""What goes with a case, as members of its JSON document, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from community.cases.model import Region
from community.discussion.model import Spot
from community.exchange import members
from community.exchange.bundled import BundledImage, BundledQuestion
from community.exchange.companions import Companions, Remark, max_comments
from community.quizzes.model import CHOICE, Place, Question

max_questions: Final = 50
max_lines: Final = 50
max_tags: Final = 50


def written(more: Companions) -> dict[str, Any]:
    """The members that a document has of it."""
    return {
        "tags": [{"label": one.label, "scheme": one.scheme, "code": one.code} for one in more.tags],
        "questions": [_question(one) for one in more.questions],
        "comments": [_remark(one) for one in more.remarks],
    }


def questions_in(said: Mapping[str, Any]) -> tuple[BundledQuestion, ...]:
    """The questions of a document.

    Raises
    ------
    BadBundle
        Something is of the wrong kind, or too much.
    """
    return tuple(map(_read_question, members.listed(said, "questions", max_questions)))


def tags_in(said: Mapping[str, Any]) -> tuple[str, ...]:
    """What the tags of a document are called; raises as `questions_in`."""
    several = members.listed(said, "tags", max_tags)
    return tuple(members.text(members.object_(one), "label") for one in several)


def remarks_in(said: Mapping[str, Any]) -> int:
    """How many comments a document has; raises as `questions_in`."""
    return len(members.listed(said, "comments", max_comments))


def _question(one: Question) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "body": one.body,
        "options": list(one.options),
        "accepted": list(one.accepted),
        "right_option": one.right_option,
        "place": None if one.place is None else _place(one.place, one.place.region),
    }


def _remark(one: Remark) -> dict[str, Any]:
    spot = one.spot
    window = list(spot.window) if spot is not None and spot.window else None
    return {
        "by": one.by,
        "at": one.at.isoformat(timespec="seconds"),
        "markdown": one.markdown,
        "is_spoiler": one.is_spoiler,
        "is_accepted": one.is_accepted,
        "answers": one.answers,
        "place": None if spot is None else {**_place(spot, spot.region), "window": window},
    }


def _place(where: Place | Spot, region: Region | None) -> dict[str, Any]:
    return {
        "study_instance_uid": where.study_instance_uid,
        "series_instance_uid": where.series_instance_uid,
        "sop_instance_uid": where.sop_instance_uid,
        "frame": where.frame,
        "region": list(region) if region else None,
    }


def _read_question(value: Any) -> BundledQuestion:
    said = members.object_(value)
    kind, place = members.text(said, "kind"), said.get("place")
    lines = members.texts(said, "options" if kind == CHOICE else "accepted", max_lines)
    return BundledQuestion(
        kind,
        members.text(said, "body"),
        lines,
        members.whole(said, "right_option", None),
        None if place is None else _read_place(place),
    )


def _read_place(value: Any) -> BundledImage:
    said = members.object_(value)
    return BundledImage(
        members.uid(said, "study_instance_uid"),
        members.uid(said, "series_instance_uid"),
        members.uid(said, "sop_instance_uid"),
        members.whole(said, "frame", 1) or 1,
        region=members.region(said.get("region")),
    )
