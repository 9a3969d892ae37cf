"""How others answered, and how difficult a case turned out to be.

For those only who know the diagnosis. Of free words those are shown that the author accepts or that
several readers wrote, so that nothing is on the page that one stranger typed.

References
----------
docs/decisions/0192-commit-then-reveal.md
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, and_, case, func, literal_column, select

from community.quiz_models import quiz_answer, quiz_attempt
from community.quizzes.model import CHOICE, FREE, Point, Question
from community.quizzes.scoring import NEARLY, RIGHT, folded, is_accepted, point_of
from community.rights.purposes import STATISTICS, is_closed

min_readers: Final = 5
"""Fewer answers say nothing of how difficult a case is."""

min_writers: Final = 2
"""How many have to have written the same words before others read them."""

max_words: Final = 8
max_points: Final = 300
max_read: Final = 2_000

_EASY, _HARD = 0.75, 0.4
_IS_COUNTED = ~is_closed(quiz_attempt.c.person, STATISTICS)


@dataclass(frozen=True, slots=True)
class Option:
    """One option or wording, and how many took it."""

    words: str
    count: int
    is_right: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one question."""

    count: int = 0
    options: tuple[Option, ...] = ()
    points: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """What readers made of a case.

    Attributes
    ----------
    right, nearly, wrong
        Attempts by the mean of their scores; those that nobody judged are in none.
    confidences
        How many were how certain.
    difficulty
        A word of `vocabulary.DIFFICULTIES`; empty while too few have answered.
    """

    answered: int = 0
    gave_up: int = 0
    right: int = 0
    nearly: int = 0
    wrong: int = 0
    confidences: Mapping[int, int] = field(default_factory=dict)
    difficulty: str = ""
    answers: Mapping[str, Answers] = field(default_factory=dict)

    @property
    def readers(self) -> int:
        """How many have committed something."""
        return self.answered + self.gave_up


def spread_of(connection: Connection, case_id: str, questions: Sequence[Question]) -> Spread:
    """Count what readers answered to a case, in a handful of questions to the database."""
    of_case = and_(quiz_attempt.c.case_id == case_id, _IS_COUNTED)
    outcome = case(
        (quiz_attempt.c.gave_up, "gave_up"),
        (quiz_attempt.c.score.is_(None), "unjudged"),
        (quiz_attempt.c.score >= RIGHT, "right"),
        (quiz_attempt.c.score >= NEARLY, "nearly"),
        else_="wrong",
    ).label("outcome")
    # By its name: with parameters in it, PostgreSQL would take it for another expression.
    counted = select(outcome, func.count()).where(of_case).group_by(literal_column("outcome"))
    outcomes: Counter[str] = Counter({row[0]: row[1] for row in connection.execute(counted)})
    certain = select(quiz_attempt.c.confidence, func.count()).where(of_case)
    said = connection.execute(certain.group_by(quiz_attempt.c.confidence)).all()
    return Spread(
        answered=sum(outcomes.values()) - outcomes["gave_up"],
        gave_up=outcomes["gave_up"],
        right=outcomes["right"],
        nearly=outcomes["nearly"],
        wrong=outcomes["wrong"],
        confidences={one: count for one, count in said if one is not None},
        difficulty=difficulties_of(connection, [case_id]).get(case_id, ""),
        answers={one.id: _answers(one, rows) for one, rows in _values(connection, questions)},
    )


def difficulties_of(connection: Connection, cases: Collection[str]) -> dict[str, str]:
    """How difficult cases turned out to be, of those that enough have answered."""
    given = func.coalesce(quiz_attempt.c.score, 0.0)
    judged = quiz_attempt.c.gave_up | quiz_attempt.c.score.is_not(None)
    query = (
        select(quiz_attempt.c.case_id, func.avg(given))
        .where(quiz_attempt.c.case_id.in_(cases), judged, _IS_COUNTED)
        .group_by(quiz_attempt.c.case_id)
        .having(func.count() >= min_readers)
    )
    found = connection.execute(query).all() if cases else ()
    return {one: difficulty(float(mean)) for one, mean in found}


def difficulty(mean: float) -> str:
    """The word for how many of a case's readers were right; who gave up was not."""
    if mean >= _EASY:
        return "introductory"
    return "intermediate" if mean >= _HARD else "advanced"


def _values(
    connection: Connection, questions: Sequence[Question]
) -> list[tuple[Question, list[tuple[str, int]]]]:
    """Each question with its answers and how many gave them, the most frequent first."""
    query = (
        select(quiz_answer.c.question, quiz_answer.c.value, func.count().label("n"))
        .join(quiz_attempt, quiz_attempt.c.id == quiz_answer.c.attempt)
        .where(quiz_answer.c.question.in_([one.id for one in questions]), _IS_COUNTED)
        .group_by(quiz_answer.c.question, quiz_answer.c.value)
        .order_by(func.count().desc(), quiz_answer.c.value)
        .limit(max_read)
    )
    found: dict[str, list[tuple[str, int]]] = {one.id: [] for one in questions}
    for row in connection.execute(query):
        found[row.question].append((row.value, row.n))
    return [(one, found[one.id]) for one in questions]


def _answers(question: Question, values: list[tuple[str, int]]) -> Answers:
    count = sum(times for _, times in values)
    if question.kind == FREE:
        return Answers(count, _wordings(question, values))
    if question.kind == CHOICE:
        times_of: dict[str, Any] = dict(values)
        options = (
            Option(words, times_of.get(str(number), 0), number == question.right_option)
            for number, words in enumerate(question.options)
        )
        return Answers(count, tuple(options))
    points = [point_of(value) for value, times in values for _ in range(times)]
    return Answers(count, points=tuple(points[:max_points]))


def _wordings(question: Question, values: list[tuple[str, int]]) -> tuple[Option, ...]:
    times_of: Counter[str] = Counter()
    spelled: dict[str, str] = {}
    for value, times in values:
        key = folded(value)
        times_of[key] += times
        spelled.setdefault(key, value)
    options = []
    for key, times in times_of.most_common():
        is_right = is_accepted(question.accepted, key)
        if is_right or times >= min_writers:
            options.append(Option(spelled[key], times, is_right))
    return tuple(options[:max_words])
