"""What questions, answers and playlists are to programs, in and out."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import Schema, fields, validate

from community.api.fields import Id, Moment, Text, Whole
from community.api.paging import PageQuery, page_of
from community.cases.model import CaseView
from community.quizzes.model import (
    CHOICE,
    CONFIDENCES,
    FREE,
    KINDS,
    LOCATE,
    Answer,
    Point,
    Question,
    asked,
    max_accepted,
    max_answer_chars,
    max_body_chars,
    max_option_chars,
    max_options,
    max_questions,
)
from community.quizzes.playlists import (
    VISIBILITIES,
    Playlist,
    max_description_chars,
    max_items,
    max_title_chars,
)
from community.quizzes.scoring import JUDGEMENTS
from community.quizzes.shown import Shown, ShownQuestion

_max_slug_chars: Final = 64


class WishSchema(Schema):
    """A question that an author asks.

    Of free words `accepted` counts as right; a choice has `options` and the number of the right
    one, from 0; a place is the region of a key image.
    """

    kind = fields.String(required=True, validate=validate.OneOf(list(KINDS)))
    body = Text(max_body_chars, load_default="")
    accepted = fields.List(
        Text(max_option_chars), load_default=list, validate=validate.Length(max=max_accepted)
    )
    options = fields.List(
        Text(max_option_chars), load_default=list, validate=validate.Length(max=max_options)
    )
    right_option = Whole(0, max_options - 1, load_default=None, allow_none=True)
    key_image = Id(load_default="")


class GivenSchema(Schema):
    """An answer to one question: words, the number of an option from 0, or a place."""

    question = Id(required=True)
    words = Text(max_answer_chars)
    option = Whole(0, max_options - 1)
    x = fields.Float(validate=validate.Range(0, 1))
    y = fields.Float(validate=validate.Range(0, 1))


class SheetSchema(Schema):
    """Answers to all questions of a case, and how certain you are: 1 (a guess) to 5 (certain)."""

    answers = fields.List(
        fields.Nested(GivenSchema), required=True, validate=validate.Length(1, max_questions)
    )
    confidence = Whole(min(CONFIDENCES), max(CONFIDENCES), required=True)


class JudgementSchema(Schema):
    """How good your own words were, once you know."""

    question = Id(required=True)
    judgement = fields.String(required=True, validate=validate.OneOf(list(JUDGEMENTS)))


class FrameSchema(Schema):
    """The frame that a question is about."""

    study_instance_uid = fields.String(required=True)
    series_instance_uid = fields.String(required=True)
    sop_instance_uid = fields.String(required=True)
    frame = fields.Integer(required=True)


class QuestionSchema(Schema):
    """A question; what is right stands there after the answer only."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    body = fields.String(required=True)
    options = fields.List(fields.String())
    image = fields.Nested(FrameSchema)
    accepted = fields.List(fields.String())
    right_option = fields.Integer()
    region = fields.List(fields.Float())
    is_withdrawn = fields.Boolean()
    answer = fields.Dict()
    others = fields.Dict()


class RevealSchema(Schema):
    """What you answered, what is right, and how others answered."""

    gave_up = fields.Boolean()
    confidence = fields.Integer(allow_none=True)
    committed_at = Moment()
    questions = fields.List(fields.Nested(QuestionSchema), required=True)
    readers = fields.Dict(required=True)


class WordingSchema(Schema):
    """What is said of a playlist; of a change, what is not sent stays."""

    title = Text(max_title_chars)
    description = Text(max_description_chars, lines=True)
    visibility = fields.String(validate=validate.OneOf(list(VISIBILITIES)))


class OrderSchema(Schema):
    """Every case of a playlist once."""

    cases = fields.List(Id(), required=True, validate=validate.Length(max=max_items))


class ItemSchema(Schema):
    """A case of a playlist, as you may know it."""

    id = fields.String(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    is_hiding = fields.Boolean(required=True)


class PlaylistSchema(Schema):
    """A playlist; a list of them comes without their cases."""

    id = fields.String(required=True)
    slug = fields.String(required=True)
    title = fields.String(required=True)
    description = fields.String(required=True)
    visibility = fields.String(required=True)
    count = fields.Integer(required=True)
    created_at = Moment(required=True)
    changed_at = Moment(required=True)
    cases = fields.List(fields.Nested(ItemSchema))


class PlaylistQuerySchema(PageQuery):
    """Whose playlists."""

    mine = fields.Boolean(load_default=False)


PlaylistsSchema = page_of(PlaylistSchema, "Playlists")


def question_json(question: Question) -> dict[str, Any]:
    """A question with what is right, for its author."""
    return _told(question) | _right(question) | {"is_withdrawn": question.is_withdrawn}


def asked_json(shown: Shown) -> list[dict[str, Any]]:
    """The questions as somebody sees who has not answered."""
    return [_asked(one) for one in shown.questions]


def reveal_json(shown: Shown, questions: dict[str, Question]) -> dict[str, Any]:
    """All that a reader is told once they answered."""
    attempt, spread = shown.attempt, shown.spread
    told = [
        _asked(one) | _right(questions[one.asked.id]) | _answers(one) for one in shown.questions
    ]
    body: dict[str, Any] = {"questions": told, "readers": {}}
    if attempt is not None:
        body |= {
            "gave_up": attempt.gave_up,
            "confidence": attempt.confidence,
            "committed_at": attempt.committed_at,
        }
    if spread is not None:
        body["readers"] = {
            "answered": spread.answered,
            "gave_up": spread.gave_up,
            "right": spread.right,
            "nearly": spread.nearly,
            "wrong": spread.wrong,
            "confidences": {str(one): count for one, count in spread.confidences.items()},
            "difficulty": spread.difficulty,
        }
    return body


def playlist_json(found: Playlist) -> dict[str, Any]:
    """A playlist without its cases."""
    names = (
        "id", "slug", "title", "description", "visibility", "count", "created_at", "changed_at",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names}


def item_json(view: CaseView) -> dict[str, Any]:
    """A case of a playlist."""
    return {
        "id": view.case.id,
        "slug": view.case.slug,
        "title": view.shown_title,
        "is_hiding": view.is_hiding,
    }


def _asked(one: ShownQuestion) -> dict[str, Any]:
    shown = one.asked
    body: dict[str, Any] = {"id": shown.id, "kind": shown.kind, "body": shown.body}
    if shown.kind == CHOICE:
        body["options"] = shown.options
    if shown.kind == LOCATE:
        body["image"] = shown
    return body


def _told(question: Question) -> dict[str, Any]:
    return _asked(ShownQuestion(asked(question)))


def _right(question: Question) -> dict[str, Any]:
    if question.kind == FREE:
        return {"accepted": question.accepted}
    if question.kind == CHOICE:
        return {"right_option": question.right_option}
    return {"region": question.place.region if question.place else None}


def _answers(one: ShownQuestion) -> dict[str, Any]:
    body: dict[str, Any] = {"others": _others(one)}
    if one.answer is not None:
        body["answer"] = _answer(one.answer, one.asked.kind, one.point)
    return body


def _answer(answer: Answer, kind: str, point: Point | None) -> dict[str, Any]:
    judged = {"score": answer.score, "is_own_judgement": answer.is_own_judgement}
    if kind == LOCATE and point is not None:
        return {"x": point.x, "y": point.y, **judged}
    if kind == CHOICE:
        return {"option": int(answer.value), **judged}
    return {"words": answer.value, **judged}


def _others(one: ShownQuestion) -> dict[str, Any]:
    known = one.spread
    body: dict[str, Any] = {"count": known.count}
    if one.asked.kind == LOCATE:
        return body | {"points": [{"x": point.x, "y": point.y} for point in known.points]}
    options = [
        {"words": option.words, "count": option.count, "is_right": option.is_right}
        for option in known.options
    ]
    return body | {"answers": options}
