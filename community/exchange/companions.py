"""What goes with a case from other rooms when it is exported: tags, questions, what was said.

Read for whoever exports, as far as they may know it. Of comments nobody is named, as in their
reports (0188): a file that was copied cannot be taken back. May live here: what is read, and as
what values. May not: a format.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archive.archive import Archive
from archive.database import reading
from community.cases.model import SHOWN, CaseView
from community.cases.readers import NOBODY
from community.discussion.mentions import ids_in, written
from community.discussion.model import Comment, Spot
from community.discussion.reading import list_comments
from community.finding.tagging import Tag, tags_of
from community.quizzes.model import Question
from community.quizzes.rows import questions_in

max_comments: Final = 2_000
"""Of a case; of more, the latest."""

AUTHOR: Final = "author"
READER: Final = "reader"


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment without a name.

    Attributes
    ----------
    by
        `AUTHOR` of the case, or a `READER`.
    answers
        Number of the remark that it answers, from 0; None of the first of a thread.
    """

    by: str
    at: datetime
    markdown: str
    is_spoiler: bool
    is_accepted: bool
    answers: int | None
    spot: Spot | None


@dataclass(frozen=True, slots=True)
class Companions:
    """What goes with a case."""

    tags: tuple[Tag, ...] = ()
    questions: tuple[Question, ...] = ()
    remarks: tuple[Remark, ...] = ()


NONE: Final = Companions()


def companions_of(archive: Archive, view: CaseView) -> Companions:
    """Find what goes with a case; nothing of one that keeps something back from its reader."""
    if view.is_hiding:
        return NONE
    with reading(archive.engine) as connection:
        questions = questions_in(connection, view.case.id)
    return Companions(tuple(tags_of(archive, view)), questions, _remarks(archive, view))


def _remarks(archive: Archive, view: CaseView) -> tuple[Remark, ...]:
    if view.case.state not in SHOWN:
        return ()
    found, _, _ = list_comments(archive, NOBODY, view, "", max_comments)
    there = [one for one in reversed(found) if one.is_there]
    numbers = {one.id: number for number, one in enumerate(there)}
    return tuple(_remark(view, one, numbers.get(one.parent or "")) for one in there)


def _remark(view: CaseView, one: Comment, answers: int | None) -> Remark:
    text = one.markdown or ""
    is_authors = one.author is not None and one.author.id == view.case.owner
    studies = {study.study_instance_uid for study in view.studies}
    return Remark(
        AUTHOR if is_authors else READER,
        one.created_at,
        written(text, dict.fromkeys(ids_in(text), READER)),
        one.is_spoiler,
        one.is_accepted,
        answers,
        one.spot if one.spot and one.spot.study_instance_uid in studies else None,
    )
