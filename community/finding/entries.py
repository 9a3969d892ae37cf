"""What the index says of a case, made from what anybody may see of it. Pure: values in and out.

An unknown case is found by what it shows before the answer and by nothing else: neither by its
tags, which say what it is, nor by words that its readers are asked for, nor by what was said about
it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from community.cases.model import DIAGNOSIS, CaseView
from community.cases.reading import UNKNOWN as UNKNOWN_CASE
from community.cases.reading import UNTITLED
from community.cases.safe_markdown import to_text
from community.cases.vocabulary import BODY_PARTS, MODALITIES, SPECIALTIES
from community.finding.words import stems

max_plain_chars: Final = 20_000
max_said_chars: Final = 20_000
"""Of all comments on a case, the latest first."""
SAID: Final = "\x1e"
"""Stands in `Entry.plain` before what was said about a case."""
ENGLISH: Final = "en"

UNKNOWN: Final = "unknown"
KNOWN: Final = "known"

WEIGHTS: Final = "abcd"
"""Names of the four kinds of words, the heaviest first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A case as it is found.

    Attributes
    ----------
    language
        That its texts are in.
    plain
        What can be read of it, and, behind `SAID`, what was said about it.
    facets
        Name and value of each facet.
    words
        Stems in their order, by weight: title; diagnosis and names of lists; text; pictures.
    """

    language: str
    plain: str
    facets: frozenset[tuple[str, str]]
    words: Mapping[str, Sequence[str]]


def entry_of(
    view: CaseView, tags: Iterable[tuple[str, str]] = (), said: Iterable[str] = ()
) -> Entry:
    """Say what the index may hold of a case.

    Parameters
    ----------
    view
        As a reader sees it of whom nothing is known.
    tags
        Slug and label of each tag.
    said
        Texts of comments, the latest first, without names.
    """
    case, language = view.case, view.case.language
    shown = () if view.is_hiding else tuple(tags)
    texts = {section.kind: to_text(section.markdown) for section in view.sections}
    names = " ; ".join(_names(view))
    labels = " ; ".join(label for _, label in shown)
    pictures = " ; ".join(f"{one.caption} ; {one.alt}" for one in view.key_images)
    comments = "" if view.is_hiding else " · ".join(map(to_text, said))[:max_said_chars]
    words = {
        "a": []
        if view.shown_title in (UNTITLED, UNKNOWN_CASE)
        else stems(view.shown_title, language),
        "b": [*stems(f"{texts.get(DIAGNOSIS, '')} ; {labels}", language), *stems(names, ENGLISH)],
        "c": stems(" ; ".join(text for kind, text in texts.items() if kind != DIAGNOSIS), language),
        "d": stems(f"{pictures} ; {comments}", language),
    }
    plain = " ".join(filter(None, (*texts.values(), pictures.strip(" ;"))))[:max_plain_chars]
    facets = {
        ("specialty", case.specialty),
        ("body_part", case.body_part),
        ("difficulty", case.difficulty),
        ("certainty", case.certainty),
        ("language", case.language),
        ("mode", UNKNOWN if case.is_unknown else KNOWN),
        *(("modality", one) for one in case.modalities),
        *(("tag", slug) for slug, _ in shown),
    }
    return Entry(
        language,
        f"{plain}{SAID}{comments}" if comments else plain,
        frozenset(one for one in facets if one[1]),
        words,
    )


def _names(view: CaseView) -> Iterable[str]:
    """What the values of lists are called, as somebody would type them."""
    case = view.case
    yield SPECIALTIES.get(case.specialty, "")
    yield BODY_PARTS.get(case.body_part, "")
    for modality in case.modalities:
        yield modality
        yield MODALITIES.get(modality, "")
