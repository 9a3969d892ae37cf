"""Rows of questions and attempts as values, and back. No rule here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, func, select

from community.cases.readers import Reader
from community.quiz_models import quiz_answer, quiz_attempt, quiz_question
from community.quizzes.answered import is_theirs
from community.quizzes.model import FREE, LOCATE, Answer, Attempt, Place, Question


def questions_in(
    connection: Connection, case: str, *, withdrawn: bool = False
) -> tuple[Question, ...]:
    """The questions of a case in their order.

    Parameters
    ----------
    withdrawn
        Those that are no longer asked, too.
    """
    query = select(quiz_question).where(quiz_question.c.case_id == case)
    if not withdrawn:
        query = query.where(quiz_question.c.is_withdrawn.is_(False))
    found = connection.execute(query.order_by(quiz_question.c.position))
    return tuple(question_from(row) for row in found)


def next_position(connection: Connection, case: str) -> int:
    """A place behind every question that a case ever had; the first is the usual question's."""
    query = select(func.max(quiz_question.c.position)).where(quiz_question.c.case_id == case)
    return (connection.scalar(query) or 0) + 1


def question_from(row: Row[Any]) -> Question:
    """A question from a row that has all columns of `quiz_question`."""
    right = json.loads(row.answer_json)
    place = right.get("place")
    return Question(
        row.id,
        row.kind,
        row.body,
        row.position,
        tuple(json.loads(row.options_json)),
        tuple(right.get("accepted", ())),
        right.get("option"),
        _place(*place) if place else None,
        row.is_withdrawn,
    )


def _place(study: str, series: str, instance: str, frame: int, region: list[float]) -> Place:
    left, top, width, height = region
    return Place(study, series, instance, frame, (left, top, width, height))


def columns_of(question: Question) -> dict[str, Any]:
    """What a question says, as columns of `quiz_question`."""
    return {
        "id": question.id,
        "position": question.position,
        "kind": question.kind,
        "body": question.body,
        "options_json": json.dumps(question.options),
        "answer_json": json.dumps(_right(question)),
        "is_withdrawn": question.is_withdrawn,
    }


def _right(question: Question) -> dict[str, Any]:
    if question.kind == FREE:
        return {"accepted": question.accepted}
    place = question.place
    if question.kind != LOCATE or place is None:
        return {"option": question.right_option}
    uids = (place.study_instance_uid, place.series_instance_uid, place.sop_instance_uid)
    return {"place": [*uids, place.frame, place.region]}


def attempt_in(connection: Connection, case: str, reader: Reader) -> Attempt | None:
    """What a reader committed of a case; the person's own before that of their browser."""
    own = is_theirs(reader)
    if own is None:
        return None
    query = select(quiz_attempt).where(quiz_attempt.c.case_id == case, own)
    row = connection.execute(
        query.order_by(quiz_attempt.c.person.is_(None), quiz_attempt.c.id).limit(1)
    ).one_or_none()
    if row is None:
        return None
    answers = {one.question: one for one in answers_in(connection, row.id)}
    return Attempt(row.id, row.gave_up, row.confidence, row.committed_at, answers)


def answers_in(connection: Connection, attempt: str) -> Iterable[Answer]:
    """The answers of one attempt."""
    found = connection.execute(select(quiz_answer).where(quiz_answer.c.attempt == attempt))
    return [Answer(row.question, row.value, row.score, row.is_own_judgement) for row in found]
