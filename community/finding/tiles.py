"""A case as a tile of a list: its picture, its name, who shows it, and how it answers a question.

Made from what its reader may know of it, and from nothing else but the hit that found it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from community.cases.model import CaseView
from community.cases.shown import picture_address, root_of, small_side, title_of
from community.finding.answers import Lines, lines_of
from community.finding.asking import Question
from community.finding.looking import Hit
from community.finding.marking import Piece, mark

max_marks: Final = 3


@dataclass(frozen=True, slots=True)
class Tile:
    """What a list shows of a case.

    Attributes
    ----------
    title, lines
        In pieces, of which some were asked for; `lines` are empty where nothing was.
    is_said
        The lines are of a comment.
    language
        That the title and the lines are in.
    picture
        Path of its picture; empty when there is none.
    marks
        Short words on the picture.
    author
        Who shows it, if others may see who they are.
    """

    slug: str
    title: tuple[Piece, ...]
    lines: tuple[Piece, ...]
    language: str
    picture: str
    marks: tuple[str, ...]
    is_unknown: bool
    author: str
    since: datetime
    is_said: bool = False


def tiles_of(
    views: Sequence[CaseView], hits: Sequence[Hit] = (), question: Question | None = None
) -> list[Tile]:
    """The tiles of cases, in their order."""
    by_case: Mapping[str, Hit] = {hit.case_id: hit for hit in hits}
    return [_tile(view, by_case.get(view.case.id), question) for view in views]


def _tile(view: CaseView, hit: Hit | None, question: Question | None) -> Tile:
    case = view.case
    if question:
        title = tuple(mark(title_of(view), question, case.language))
        lines = lines_of(hit, question)
    else:
        title, lines = (Piece(title_of(view)),), Lines()
    return Tile(
        slug=case.slug,
        title=title,
        lines=lines.pieces,
        is_said=lines.is_said,
        language=case.language,
        picture=picture_of(view),
        marks=case.modalities[:max_marks],
        is_unknown=case.is_unknown,
        author=view.author.shown_name if view.author is not None else "",
        since=case.published_at or case.created_at,
    )


def picture_of(view: CaseView) -> str:
    """Where the small picture of a case is: its cover, or else of its first study."""
    size = f"thumbnail?viewport={small_side},{small_side}"
    if view.cover is not None:
        return f"{picture_address(view, view.cover)}/{size}"
    if view.studies:
        return f"{root_of(view.case.id)}/studies/{view.studies[0].study_instance_uid}/{size}"
    return ""
