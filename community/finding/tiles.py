"""A case as a tile of a list: its picture, its name, who shows it, and how it answers a question.

Made from what its reader may know of it, and from nothing else but the hit that found it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from community.cases.model import CaseView
from community.finding.asking import Question
from community.finding.looking import Hit
from community.finding.marking import Piece, excerpt, mark

max_marks: Final = 3


@dataclass(frozen=True, slots=True)
class Tile:
    """What a list shows of a case.

    Attributes
    ----------
    title, lines
        In pieces, of which some were asked for; `lines` are empty where nothing was.
    language
        That the title and the lines are in.
    picture
        Path of its picture below the prefix of this server; empty when there is none.
    marks
        Short words on the picture.
    author
        Who shows it, if others may see who they are.
    """

    slug: str
    title: Sequence[Piece]
    lines: Sequence[Piece]
    language: str
    picture: str
    alt: str
    marks: Sequence[str]
    is_unknown: bool
    author: str
    since: datetime


def tiles_of(
    views: Sequence[CaseView], hits: Sequence[Hit] = (), question: Question | None = None
) -> list[Tile]:
    """The tiles of cases, in their order."""
    by_case: Mapping[str, Hit] = {hit.case_id: hit for hit in hits}
    return [_tile(view, by_case.get(view.case.id), question) for view in views]


def _tile(view: CaseView, hit: Hit | None, question: Question | None) -> Tile:
    case = view.case
    if question:
        title = mark(view.shown_title, question, case.language)
        lines = excerpt(hit.plain, question, hit.language) if hit is not None else []
    else:
        title, lines = [Piece(view.shown_title)], []
    return Tile(
        slug=case.slug,
        title=title,
        lines=lines,
        language=case.language,
        picture=picture_of(view),
        alt=view.cover.alt if view.cover is not None else "",
        marks=case.modalities[:max_marks],
        is_unknown=case.is_unknown,
        author=view.author.shown_name if view.author is not None else "",
        since=case.published_at or case.created_at,
    )


def picture_of(view: CaseView) -> str:
    """Where the small picture of a case is: its cover, or else of its first study."""
    root = f"/cases/{view.case.id}/dicom-web/studies"
    cover = view.cover
    if cover is not None:
        return (
            f"{root}/{cover.study_instance_uid}/series/{cover.series_instance_uid}"
            f"/instances/{cover.sop_instance_uid}/frames/{cover.frame}/thumbnail"
        )
    if view.studies:
        return f"{root}/{view.studies[0].study_instance_uid}/thumbnail"
    return ""
