"""The verbs of readers: commit an answer, give up, and say how good one's own words were.

What is committed stays: there is one attempt a reader and case, which the database holds to, and
no verb that changes it. Only free words that nobody could judge are judged once by who wrote them,
when they know the diagnosis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, update
from sqlalchemy.exc import IntegrityError

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import NotAllowed
from community.cases.model import CaseView
from community.cases.reading import Reader, view_case
from community.ids import new_id
from community.quiz_models import quiz_answer, quiz_attempt
from community.quizzes.answered import answered_among, browser_key
from community.quizzes.errors import AlreadyKnown, NotAnswered, QuizError
from community.quizzes.model import (
    CHOICE,
    CONFIDENCES,
    FREE,
    Attempt,
    Question,
    max_answer_chars,
)
from community.quizzes.questions import asked_in, write_usual
from community.quizzes.rows import answers_in, attempt_in
from community.quizzes.scoring import JUDGEMENTS, point_of, score, spell_point, total


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a reader wrote: an answer by the id of each question, and how certain they are."""

    values: Mapping[str, str] = field(default_factory=dict)
    confidence: int | None = None


def commit(archive: Archive, reader: Reader, slug_or_id: str, sheet: Sheet) -> Attempt:
    """Give an answer, once and for all.

    Raises
    ------
    QuizError
        Something was left out, or is too long.
    AlreadyKnown
        They have answered before, or it is no unknown case for them.
    NotFound, NotAllowed
        It is not for them.
    """
    view = _open(archive, reader, slug_or_id)
    if sheet.confidence not in CONFIDENCES:
        raise QuizError("say how certain you are", "confidence")
    with writing(archive.engine) as connection:
        attempt = _begin(connection, view, reader, sheet.confidence)
        questions = asked_in(connection, view.case.id)
        values = {one.id: _checked(one, sheet.values.get(one.id, "")) for one in questions}
        if questions[0].id == view.case.id:
            write_usual(connection, view.case.id)
        _write(connection, attempt, questions, values)
    return attempt_of(archive, reader, view.case.id)


def give_up(archive: Archive, reader: Reader, slug_or_id: str) -> Attempt:
    """See the diagnosis without an answer; that is remembered, too.

    Raises
    ------
    AlreadyKnown, NotFound, NotAllowed
        As for `commit`.
    """
    view = _open(archive, reader, slug_or_id)
    with writing(archive.engine) as connection:
        _begin(connection, view, reader, None)
    return attempt_of(archive, reader, view.case.id)


def judge(archive: Archive, reader: Reader, slug_or_id: str, question: str, words: str) -> None:
    """Say how good one's own free words were, once.

    Parameters
    ----------
    words
        One of `JUDGEMENTS`.

    Raises
    ------
    NotAnswered
        They did not answer.
    QuizError
        The answer was judged before, or is no judgement.
    """
    if words not in JUDGEMENTS:
        raise QuizError("say whether you had it", "judgement")
    case = view_case(archive, reader, slug_or_id).case.id
    attempt = attempt_of(archive, reader, case)
    judged = (
        update(quiz_answer)
        .where(quiz_answer.c.attempt == attempt.id, quiz_answer.c.question == question)
        .where(quiz_answer.c.score.is_(None))
    )
    with writing(archive.engine) as connection:
        given = {"score": JUDGEMENTS[words], "is_own_judgement": True}
        if not connection.execute(judged.values(given)).rowcount:
            raise QuizError("there is no answer of yours that waits for this")
        _add_up(connection, attempt.id)


def attempt_of(archive: Archive, reader: Reader, case: str) -> Attempt:
    """What a reader committed of a case, by its id.

    Raises
    ------
    NotAnswered
        Nothing.
    """
    with reading(archive.engine) as connection:
        found = attempt_in(connection, case, reader)
    if found is None:
        raise NotAnswered
    return found


def _open(archive: Archive, reader: Reader, slug_or_id: str) -> CaseView:
    """A case that this reader can still answer."""
    view = view_case(archive, reader, slug_or_id)
    if not view.is_hiding:
        raise AlreadyKnown
    if reader.person is not None and not reader.may_write:
        raise NotAllowed("your account is restricted: it reads and does not write")
    if reader.person is None and browser_key(reader) is None:
        raise QuizError("your browser keeps no cookies of ours; allow them, or sign in")
    return view


def _begin(connection: Connection, view: CaseView, reader: Reader, confidence: int | None) -> str:
    if answered_among(connection, [view.case.id], reader):
        raise AlreadyKnown
    made = new_id()
    row = {
        "id": made,
        "case_id": view.case.id,
        "person": reader.person.id if reader.person else None,
        "browser_sha256": None if reader.person else browser_key(reader),
        "gave_up": confidence is None,
        "confidence": confidence,
        "committed_at": datetime.now(UTC),
    }
    try:
        with connection.begin_nested():
            connection.execute(insert(quiz_attempt).values(row))
    except IntegrityError:
        raise AlreadyKnown from None
    return made


def _checked(question: Question, value: str) -> str:
    """An answer as it is kept."""
    if question.kind == FREE:
        kept = " ".join("".join(one for one in value if one.isprintable() or one.isspace()).split())
        if not kept:
            raise QuizError("write what you think it is", f"q-{question.id}")
        if len(kept) > max_answer_chars:
            said = f"this has {len(kept)} characters; {max_answer_chars} fit"
            raise QuizError(said, f"q-{question.id}")
        return kept
    if question.kind == CHOICE:
        if value not in map(str, range(len(question.options))):
            raise QuizError("choose one of the answers", f"q-{question.id}")
        return value
    try:
        return spell_point(point_of(value))
    except ValueError:
        words = "point at a place in the image, or fill in where it is in percent"
        raise QuizError(words, f"q-{question.id}") from None


def _write(
    connection: Connection, attempt: str, questions: Sequence[Question], values: Mapping[str, str]
) -> None:
    rows = [
        {
            "attempt": attempt,
            "question": one.id,
            "value": values[one.id],
            "score": score(one, values[one.id]),
        }
        for one in questions
    ]
    connection.execute(insert(quiz_answer), rows)
    _add_up(connection, attempt)


def _add_up(connection: Connection, attempt: str) -> None:
    scores = [one.score for one in answers_in(connection, attempt)]
    connection.execute(
        update(quiz_attempt).where(quiz_attempt.c.id == attempt).values(score=total(scores))
    )
