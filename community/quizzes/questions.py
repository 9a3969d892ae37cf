"""The verbs of authors: what is asked about a case.

A question that somebody has answered is never changed, as answers would then be to another one: it
is withdrawn, and a new one is asked. An unknown case without questions has the one that every
unknown has, which is written down when somebody answers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from archive.archive import Archive
from archive.database import insert_missing, reading, writing
from archive.errors import NotAllowed, NotFound
from community.case_models import medical_case
from community.cases.model import CaseView, KeyImage
from community.cases.reading import Reader, view_case
from community.cases.screening import screen
from community.ids import is_id, new_id
from community.quiz_models import quiz_answer, quiz_question
from community.quizzes.errors import QuizError
from community.quizzes.model import (
    CHOICE,
    FREE,
    KINDS,
    LOCATE,
    Place,
    Question,
    max_accepted,
    max_body_chars,
    max_option_chars,
    max_options,
    max_questions,
)
from community.quizzes.rows import columns_of, next_position, questions_in


@dataclass(frozen=True, slots=True)
class Wish:
    """A question that an author wants to ask.

    Attributes
    ----------
    lines
        Of free words what counts as right, of a choice its options.
    right_option
        Of a choice, from 0.
    key_image
        Of a place: id of a key image that has a region.
    place
        Of a place, the place itself, where no key image is named.
    """

    kind: str
    body: str = ""
    lines: Sequence[str] = ()
    right_option: int | None = None
    key_image: str = ""
    place: Place | None = None


def usual_question(case: str) -> Question:
    """The question that is asked where an author wrote none; it has the id of its case.

    So it is the same one before anybody answered it, and for all who do so at once.
    """
    return Question(case, FREE, "")


def asked_in(connection: Connection, case: str) -> tuple[Question, ...]:
    """What is asked about a case: at least one question."""
    return questions_in(connection, case) or (usual_question(case),)


def own_questions(archive: Archive, reader: Reader, slug_or_id: str) -> tuple[Question, ...]:
    """The questions of a case with what is right, for whoever may edit it."""
    view = editable(archive, reader, slug_or_id)
    with reading(archive.engine) as connection:
        return questions_in(connection, view.case.id, withdrawn=True)


def add_question(archive: Archive, reader: Reader, slug_or_id: str, wish: Wish) -> Question:
    """Ask one more question.

    Raises
    ------
    QuizError
        Something is missing or too long.
    NotAllowed, NotFound
        It is not their case.
    """
    view = editable(archive, reader, slug_or_id)
    made = _checked(wish, view.key_images)
    with writing(archive.engine) as connection:
        _lock(connection, view.case.id)
        known = questions_in(connection, view.case.id)
        if len(known) >= max_questions:
            raise QuizError(f"a case has at most {max_questions} questions; remove one first")
        place = next_position(connection, view.case.id)
        made = replace(made, id=new_id(), position=place)
        connection.execute(insert(quiz_question).values(_row(made, view.case.id)))
    return made


def write_usual(connection: Connection, case: str) -> None:
    """Write the usual question down, as somebody answers it; again changes nothing."""
    insert_missing(connection, quiz_question, [_row(usual_question(case), case)], ["id"])


def _lock(connection: Connection, case: str) -> None:
    """Nobody else changes the questions of a case until the transaction ends."""
    connection.execute(select(medical_case.c.id).where(medical_case.c.id == case).with_for_update())


def _row(question: Question, case: str) -> dict[str, Any]:
    return {**columns_of(question), "case_id": case, "created_at": datetime.now(UTC)}


def remove_question(archive: Archive, reader: Reader, slug_or_id: str, question: str) -> bool:
    """Ask it no longer; False if it had answers, which stay with it.

    Raises
    ------
    NotFound
        There is no such question.
    """
    view = editable(archive, reader, slug_or_id)
    here = (quiz_question.c.id == question, quiz_question.c.case_id == view.case.id)
    with writing(archive.engine) as connection:
        answered = select(quiz_answer.c.question).where(quiz_answer.c.question == question)
        if is_id(question) and connection.scalar(answered.limit(1)) is not None:
            done = connection.execute(update(quiz_question).where(*here).values(is_withdrawn=True))
            was_answered = True
        else:
            done = connection.execute(delete(quiz_question).where(*here))
            was_answered = False
        if not done.rowcount:
            raise NotFound("there is no such question")
    return not was_answered


def editable(archive: Archive, reader: Reader, slug_or_id: str) -> CaseView:
    """A case that is this reader's to change.

    Raises
    ------
    NotAllowed
        They may only read it.
    """
    view = view_case(archive, reader, slug_or_id)
    if not view.may_edit:
        raise NotAllowed("only its author asks questions about a case")
    return view


def _checked(wish: Wish, key_images: Sequence[KeyImage]) -> Question:
    if wish.kind not in KINDS:
        raise QuizError("choose what kind of answer you want", "kind")
    body = _line(wish.body, max_body_chars, "body")
    if any(screen(one) for one in (body, *wish.lines)):
        raise QuizError("this may identify somebody: take names, dates and numbers out", "body")
    if not body and wish.kind != FREE:
        raise QuizError("write the question", "body")
    lines = [_line(one, max_option_chars, "lines") for one in wish.lines if one.strip()]
    if wish.kind == FREE:
        if len(lines) > max_accepted:
            raise QuizError(f"at most {max_accepted} answers can count as right", "lines")
        return Question("", FREE, body, accepted=tuple(lines))
    if wish.kind == CHOICE:
        return _choice(body, lines, wish.right_option)
    return Question("", LOCATE, body, place=wish.place or _place(wish.key_image, key_images))


def _choice(body: str, options: Sequence[str], right: int | None) -> Question:
    if not 2 <= len(options) <= max_options or len(set(options)) < len(options):
        raise QuizError(f"write 2 to {max_options} different options, one in a line", "lines")
    if right is None or not 0 <= right < len(options):
        raise QuizError("say which of the options is right, by its number from 1", "right")
    return Question("", CHOICE, body, options=tuple(options), right_option=right)


def _place(wanted: str, key_images: Sequence[KeyImage]) -> Place:
    found = next((one for one in key_images if one.id == wanted), None)
    if found is None or found.region is None:
        raise QuizError("choose a key image that has a region", "key_image")
    uids = (found.study_instance_uid, found.series_instance_uid, found.sop_instance_uid)
    return Place(*uids, found.frame, found.region)


def _line(text: str, max_chars: int, field: str) -> str:
    kept = " ".join("".join(one for one in text if one.isprintable() or one.isspace()).split())
    if len(kept) > max_chars:
        raise QuizError(f"this has {len(kept)} characters; {max_chars} fit", field)
    return kept
