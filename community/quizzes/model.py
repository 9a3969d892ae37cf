"""What is asked, and what was answered: plain values.

Confidence is said once for all answers of a reader, from 1 (a guess) to 5 (certain). A score is
1 for right, 0 for wrong and something between for nearly; None says that nobody has judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from community.look.words import N_

FREE: Final = "free"
CHOICE: Final = "choice"
LOCATE: Final = "locate"
KINDS: Final = {
    FREE: N_("In their own words"),
    CHOICE: N_("One of several"),
    LOCATE: N_("A place in an image"),
}

CONFIDENCES: Final = {
    1: N_("A guess"),
    2: N_("Not sure"),
    3: N_("Likely"),
    4: N_("Very likely"),
    5: N_("Certain"),
}

max_questions: Final = 20
max_body_chars: Final = 500
max_options: Final = 10
max_option_chars: Final = 200
max_answer_chars: Final = 500
max_accepted: Final = 20

Region = tuple[float, float, float, float]
"""Left, top, width and height, as fractions of the frame."""


@dataclass(frozen=True, slots=True)
class Place:
    """A region of a frame: what a reader is to find.

    Attributes
    ----------
    frame
        From 1.
    """

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    frame: int
    region: Region


@dataclass(frozen=True, slots=True)
class Point:
    """Where a reader pointed, as fractions of the frame from its left and its top."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Question:
    """One question about a case, with what is right.

    Attributes
    ----------
    body
        Empty for the question that every unknown has: what is it?
    options
        Of a choice.
    accepted
        Of free words: what counts as right. Nothing means that readers judge for themselves.
    right_option
        Of a choice: which one, from 0.
    place
        Of a place in an image.
    is_withdrawn
        No longer asked; the answers that it had are kept.
    """

    id: str
    kind: str
    body: str
    position: int = 0
    options: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    right_option: int | None = None
    place: Place | None = None
    is_withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as somebody sees who has not answered: nothing in it says what is right."""

    id: str
    kind: str
    body: str
    options: tuple[str, ...] = ()
    study_instance_uid: str = ""
    series_instance_uid: str = ""
    sop_instance_uid: str = ""
    frame: int = 1


def asked(question: Question) -> Asked:
    """What may be told of a question before it is answered."""
    common = (question.id, question.kind, question.body, question.options)
    place = question.place
    if place is None:
        return Asked(*common)
    return Asked(
        *common,
        place.study_instance_uid,
        place.series_instance_uid,
        place.sop_instance_uid,
        place.frame,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reader said to one question.

    Attributes
    ----------
    value
        Words; of a choice the option's number from 0; of a place two fractions and a comma.
    is_own_judgement
        The reader compared their words with the diagnosis.
    """

    question: str
    value: str
    score: float | None = None
    is_own_judgement: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a reader committed of a case, once and for all.

    Attributes
    ----------
    gave_up
        They looked without answering.
    """

    id: str
    gave_up: bool
    confidence: int | None
    committed_at: datetime
    answers: Mapping[str, Answer] = field(default_factory=dict)
