"""What the page of an unknown case shows of its questions, before the answer and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import request, url_for

from archive.archive import Archive
from archive.database import reading
from community.cases.model import Case, CaseView
from community.cases.readers import Reader
from community.quizzes.forms import address_of_frame
from community.quizzes.model import (
    CONFIDENCES,
    FREE,
    LOCATE,
    Answer,
    Asked,
    Attempt,
    Place,
    Point,
    Question,
    asked,
    max_answer_chars,
)
from community.quizzes.playlists import is_slug, list_playlists, max_limit
from community.quizzes.questions import asked_in
from community.quizzes.rows import attempt_in, questions_in
from community.quizzes.scoring import NEARLY, RIGHT, point_of
from community.quizzes.spread import Answers, Spread, spread_of


@dataclass(frozen=True, slots=True)
class ShownQuestion:
    """A question as the form has it; `picture` is the address of its frame."""

    asked: Asked
    picture: str = ""
    place: Place | None = None
    answer: Answer | None = None
    spread: Answers = field(default_factory=Answers)
    point: Point | None = None

    @property
    def outcome(self) -> str:
        """How good the reader's answer was, in a word; empty while nobody has judged it."""
        found = None if self.answer is None else self.answer.score
        if found is None:
            return ""
        return "right" if found >= RIGHT else "nearly" if found >= NEARLY else "wrong"

    @property
    def waits(self) -> bool:
        """Whether the reader may judge their own words."""
        return self.answer is not None and self.answer.score is None and self.asked.kind == FREE


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows.

    Attributes
    ----------
    questions
        With what is right, and how others answered, only after the answer.
    attempt
        None for those who know it without having answered, as its author does.
    """

    case: Case
    is_hiding: bool
    questions: tuple[ShownQuestion, ...]
    attempt: Attempt | None = None
    spread: Spread | None = None
    may_edit: bool = False


Fill = Callable[[CaseView, Reader], Mapping[str, Any]]


def filler(archive: Archive) -> Fill:
    """Make what gives the page of a case its part about answers."""

    def fill(view: CaseView, reader: Reader) -> Mapping[str, Any]:
        mine, _ = list_playlists(archive, reader, mine=True, limit=max_limit)
        return {
            "quiz": shown(archive, view, reader),
            "playlist": playlist_named(request.args.get("playlist", "")),
            "playlists": mine,
            "may_list": reader.may_write,
            **words(),
        }

    return fill


def shown(archive: Archive, view: CaseView, reader: Reader) -> Shown | None:
    """What a reader is shown of the questions about a case; nothing of one that hides nothing."""
    case = view.case
    if not case.is_unknown:
        return None
    with reading(archive.engine) as connection:
        if view.is_hiding:
            questions = asked_in(connection, case.id)
            return Shown(case, True, tuple(_before(case, one) for one in questions))
        questions = questions_in(connection, case.id, withdrawn=True)
        attempt = attempt_in(connection, case.id, reader)
        spread = spread_of(connection, case.id, questions)
    kept = [one for one in questions if not one.is_withdrawn or _has(attempt, one.id)]
    told = tuple(_after(case, one, attempt, spread) for one in kept)
    return Shown(case, False, told, attempt, spread, view.may_edit)


def playlist_named(text: str) -> str:
    """The playlist through which a reader goes, from an address; nothing if it cannot be one."""
    return text if is_slug(text) else ""


def words() -> dict[str, Any]:
    """What the templates of quizzes need besides."""
    return {
        "confidences": CONFIDENCES,
        "max_answer_chars": max_answer_chars,
        "address": lambda case, verb: url_for(f"quizzes.{verb}", slug=case.slug),
    }


def _has(attempt: Attempt | None, question: str) -> bool:
    return attempt is not None and question in attempt.answers


def _before(case: Case, question: Question) -> ShownQuestion:
    told = asked(question)
    return ShownQuestion(told, _picture(case, told))


def _after(
    case: Case, question: Question, attempt: Attempt | None, spread: Spread
) -> ShownQuestion:
    told = asked(question)
    answer = attempt.answers.get(question.id) if attempt else None
    return ShownQuestion(
        told,
        _picture(case, told),
        question.place,
        answer,
        spread.answers.get(question.id, Answers()),
        point_of(answer.value) if answer and question.kind == LOCATE else None,
    )


def _picture(case: Case, told: Asked) -> str:
    if told.kind != LOCATE:
        return ""
    return request.script_root + address_of_frame(case.id, told)
