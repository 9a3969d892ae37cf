"""How far a reader is with the unknown cases of a playlist: which are left, and how it went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from archive.archive import Archive
from archive.database import reading
from community.cases.model import CaseView
from community.cases.readers import Reader
from community.quiz_models import quiz_attempt
from community.quizzes.answered import is_theirs
from community.quizzes.scoring import NEARLY, RIGHT

OPEN = "open"
READ = "read"
GAVE_UP = "gave up"
WAITS = "unjudged"
RIGHT_WORD, NEARLY_WORD, WRONG_WORD = "right", "nearly", "wrong"


@dataclass(frozen=True, slots=True)
class Step:
    """One case of the run.

    Attributes
    ----------
    state
        `OPEN` is to be answered, `READ` has nothing to answer; else how it went.
    """

    view: CaseView
    state: str


@dataclass(frozen=True, slots=True)
class Run:
    """A playlist as a quiz, for one reader."""

    steps: tuple[Step, ...]

    @property
    def asked(self) -> tuple[Step, ...]:
        """Those that have something to answer, answered or not."""
        return tuple(one for one in self.steps if one.state != READ)

    @property
    def done(self) -> int:
        """How many were answered, or looked at."""
        return sum(one.state != OPEN for one in self.asked)

    @property
    def next(self) -> CaseView | None:
        """The first that is still to be answered."""
        return next((one.view for one in self.steps if one.state == OPEN), None)

    def count(self, state: str) -> int:
        """How many went so."""
        return sum(one.state == state for one in self.steps)


def run_of(archive: Archive, reader: Reader, cases: Sequence[CaseView]) -> Run:
    """Say how far a reader is, in one question for all cases."""
    states = _states(archive, reader, [one.case.id for one in cases])
    return Run(tuple(Step(one, _state(one, states)) for one in cases))


def _state(view: CaseView, states: dict[str, str]) -> str:
    if not view.case.is_unknown:
        return READ
    return OPEN if view.is_hiding else states.get(view.case.id, READ)


def _states(archive: Archive, reader: Reader, ids: Sequence[str]) -> dict[str, str]:
    own = is_theirs(reader)
    if own is None or not ids:
        return {}
    query = select(quiz_attempt.c.case_id, quiz_attempt.c.gave_up, quiz_attempt.c.score)
    # A person's own attempt comes last, and so counts before that of their browser.
    query = query.where(quiz_attempt.c.case_id.in_(ids), own)
    with reading(archive.engine) as connection:
        rows = connection.execute(query.order_by(quiz_attempt.c.person.is_not(None))).all()
    return {row.case_id: _outcome(gave_up=row.gave_up, score=row.score) for row in rows}


def _outcome(*, gave_up: bool, score: float | None) -> str:
    if gave_up:
        return GAVE_UP
    if score is None:
        return WAITS
    return RIGHT_WORD if score >= RIGHT else NEARLY_WORD if score >= NEARLY else WRONG_WORD
