"""What is filled in about a case, as values; and a case as what is filled in."""

from __future__ import annotations

import re

from werkzeug.datastructures import MultiDict

from community.cases.editing import CaseText
from community.cases.errors import CaseError
from community.cases.model import AFTER_ANSWER, ALWAYS, KINDS, Region, Section
from community.cases.pictures import Place, Shown
from community.cases.vocabulary import SECTIONS, WORDS

AFTER = "after-"
"""Before the name of a section: it waits for the answer."""

_YES = "yes"
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_PERCENT = 100


def read_text(form: MultiDict[str, str]) -> CaseText:
    """All that the page of a case's text asks for."""
    words = {name: form.get(name, "") for name in WORDS}
    return CaseText(
        title=form.get("title", ""),
        unknown_title=form.get("unknown_title", ""),
        is_unknown=form.get("is_unknown") == _YES,
        modalities=tuple(form.getlist("modalities")),
        sections=tuple(
            Section(
                kind,
                form.get(kind, ""),
                AFTER_ANSWER if form.get(f"{AFTER}{kind}") == _YES else ALWAYS,
            )
            for kind in KINDS
        ),
        **words,
    )


def sections_of(text: CaseText) -> dict[str, Section]:
    """Every section there could be, with what is written in it."""
    usual = {kind: Section(kind, "", known.reveal) for kind, known in SECTIONS.items()}
    return usual | {section.kind: section for section in text.sections if section.markdown}


def read_version(form: MultiDict[str, str]) -> int:
    """Which version of a case the page showed."""
    return _number(form.get("version", ""), "version", "load the page again and repeat that")


def read_day(text: str) -> int | None:
    """A day, counted from day 0; nothing is no day."""
    return _number(text, "relative_day", "a day is a whole number") if text.strip() else None


def read_shown(form: MultiDict[str, str]) -> Shown:
    """What is said of a key image."""
    return Shown(
        form.get("caption", ""),
        form.get("alt", ""),
        _region([form.get(f"region-{part}", "").strip() for part in "xywh"]),
        form.get("is_spoiler") == _YES,
    )


def read_places(study: str, series: str, chosen: list[str]) -> list[Place]:
    """Frames that were ticked, each an instance's UID and a number."""
    found = []
    for one in chosen:
        instance, _, frame = one.partition("|")
        number = _number(frame or "1", "key_images", "choose frames from the list")
        found.append(Place(study, series, instance, number))
    return found


def _number(text: str, field: str, words: str) -> int:
    if _NUMBER.fullmatch(text.strip()) is None:
        raise CaseError(words, field)
    return int(text)


def _region(parts: list[str]) -> Region | None:
    if not any(parts):
        return None
    try:
        x, y, w, h = (round(float(part) / _PERCENT, 6) for part in parts)
    except ValueError:
        words = "a region has four numbers, in percent of the frame"
        raise CaseError(words, "region") from None
    return x, y, w, h
