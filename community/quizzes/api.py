"""``/api/v1/cases/<case>/questions``, ``…/answers``, ``…/reveal``, ``…/judgements``.

What a program is told of a case before it answered is what its page tells; a program answers in a
person's name.
"""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from archive.archive import Archive
from archive.database import reading
from community.api.asking import require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.problems import Statuses
from community.cases.api import reader
from community.cases.reading import view_case
from community.quizzes import api_schemas as schemas
from community.quizzes import attempts, questions
from community.quizzes.attempts import Sheet
from community.quizzes.errors import AlreadyKnown, NotAnswered, QuizError
from community.quizzes.model import CHOICE, Point
from community.quizzes.questions import Wish
from community.quizzes.rows import questions_in
from community.quizzes.scoring import spell_point
from community.quizzes.shown import Shown, shown

_STATUSES: Final[Statuses] = MappingProxyType(
    {AlreadyKnown: HTTPStatus.CONFLICT, NotAnswered: HTTPStatus.FORBIDDEN}
)
_READS: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_WRITES: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, *_READS)


def create_blueprint(archive: Archive) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint("quizzes_api", "Unknown cases", statuses=_STATUSES)
    _add_reading(api, archive)
    _add_answering(api, archive)
    _add_asking(api, archive)
    return api


def _add_reading(api: ApiBlueprint, archive: Archive) -> None:
    @api.get("/cases/<case>/questions")
    @api.gives(schemas.QuestionSchema(many=True))
    @api.refuses(*_READS)
    def asked(case: str) -> Any:
        """List what is asked about an unknown case; for its author, with what is right."""
        asking = reader()
        view = view_case(archive, asking, case)
        if view.may_edit:
            found = questions.own_questions(archive, asking, case)
            return [schemas.question_json(one) for one in found]
        return schemas.asked_json(_shown(archive, case))

    @api.get("/cases/<case>/reveal")
    @api.gives(schemas.RevealSchema)
    @api.refuses(HTTPStatus.FORBIDDEN, *_READS)
    def revealed(case: str) -> Any:
        """Tell what is right and how others answered, once you answered or gave up."""
        return _reveal(archive, case)


def _add_answering(api: ApiBlueprint, archive: Archive) -> None:
    @api.post("/cases/<case>/answers")
    @api.takes(schemas.SheetSchema)
    @api.gives(schemas.RevealSchema, HTTPStatus.CREATED)
    @api.refuses(*_WRITES, HTTPStatus.CONFLICT)
    def answer(wanted: dict[str, Any], case: str) -> Any:
        """Answer all questions of an unknown case: once, and it stays."""
        require_writer()
        values = {one["question"]: _value(one) for one in wanted["answers"]}
        known = {one.asked.id for one in _shown(archive, case).questions}
        if values.keys() - known:
            raise QuizError("an answer is to a question that is not asked", "answers")
        attempts.commit(archive, reader(), case, Sheet(values, wanted["confidence"]))
        return made(_reveal(archive, case), f"/cases/{case}/reveal")

    @api.post("/cases/<case>/reveal")
    @api.gives(schemas.RevealSchema, HTTPStatus.CREATED)
    @api.refuses(*_WRITES, HTTPStatus.CONFLICT)
    def give_up(case: str) -> Any:
        """See the diagnosis without an answer; from then on there is nothing to answer."""
        require_writer()
        attempts.give_up(archive, reader(), case)
        return made(_reveal(archive, case), f"/cases/{case}/reveal")

    @api.post("/cases/<case>/judgements")
    @api.takes(schemas.JudgementSchema)
    @api.gives(schemas.RevealSchema)
    @api.refuses(*_WRITES)
    def judge(wanted: dict[str, Any], case: str) -> Any:
        """Say once how good your own words were."""
        require_writer()
        attempts.judge(archive, reader(), case, wanted["question"], wanted["judgement"])
        return _reveal(archive, case)


def _add_asking(api: ApiBlueprint, archive: Archive) -> None:
    @api.post("/cases/<case>/questions")
    @api.takes(schemas.WishSchema)
    @api.gives(schemas.QuestionSchema, HTTPStatus.CREATED)
    @api.refuses(*_WRITES)
    def ask(wanted: dict[str, Any], case: str) -> Any:
        """Ask one more question about a case of yours."""
        require_writer()
        lines = wanted["options"] if wanted["kind"] == CHOICE else wanted["accepted"]
        right, image = wanted["right_option"], wanted["key_image"]
        wish = Wish(wanted["kind"], wanted["body"], lines, right, image)
        added = questions.add_question(archive, reader(), case, wish)
        return made(schemas.question_json(added), f"/cases/{case}/questions")

    @api.delete("/cases/<case>/questions/<question>")
    @api.gives_nothing
    @api.refuses(*_WRITES)
    def remove(case: str, question: str) -> None:
        """Ask it no longer; the answers that it has are kept."""
        require_writer()
        questions.remove_question(archive, reader(), case, question)


def _shown(archive: Archive, case: str) -> Shown:
    asking = reader()
    view = view_case(archive, asking, case)
    found = shown(archive, view, asking)
    return found if found is not None else Shown(view.case, is_hiding=False, questions=())


def _reveal(archive: Archive, case: str) -> dict[str, Any]:
    found = _shown(archive, case)
    if found.is_hiding:
        raise NotAnswered
    with reading(archive.engine) as connection:
        every = questions_in(connection, found.case.id, withdrawn=True)
    return schemas.reveal_json(found, {one.id: one for one in every})


def _value(given: dict[str, Any]) -> str:
    """An answer as `Sheet` has it.

    Raises
    ------
    QuizError
        It says nothing, or more than one thing.
    """
    said = given.keys() - {"question"}
    if said == {"words"}:
        return str(given["words"])
    if said == {"option"}:
        return str(given["option"])
    if said == {"x", "y"}:
        return spell_point(Point(given["x"], given["y"]))
    raise QuizError("an answer has 'words', or 'option', or 'x' and 'y'", "answers")
