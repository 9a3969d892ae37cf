"""`/cases/<slug>/answer`, `…/reveal`, `…/judge`, for readers; `…/questions`, for authors.

The form also stands on the page of the case itself, in its place for unknowns. Everything is an
ordinary form; the script only helps to point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from archive.archive import Archive
from community.accounts.requiring import signed_in
from community.cases.readers import Reader, reader_of
from community.cases.reading import view_case
from community.guarding import ViewerOf, guard
from community.quizzes import attempts, questions
from community.quizzes.browsers import key_of, remember, secret_of
from community.quizzes.errors import AlreadyKnown, QuizError
from community.quizzes.forms import read_sheet, read_wish
from community.quizzes.model import KINDS, LOCATE, max_body_chars, max_option_chars
from community.quizzes.shown import playlist_named, shown, words

writes_per_minute = 60
"""From one address: a class that answers together shares one."""


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("quizzes", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=writes_per_minute)
    blueprint.context_processor(words)

    def reader() -> Reader:
        return reader_of(request, viewer_of())

    _add_answering(blueprint, archive, reader)
    _add_questions(blueprint, archive, reader)
    return blueprint


def _add_answering(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    def page(slug: str, error: QuizError | None = None) -> Response:
        asking = reader()
        view = view_case(archive, asking, slug)
        found = shown(archive, view, asking)
        body = render_template(
            "quizzes/answer.html",
            view=view,
            quiz=found,
            form=request.form,
            problem=error,
            playlist=_playlist(),
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    @blueprint.get("/cases/<slug>/answer")
    def form(slug: str) -> ResponseReturnValue:
        return page(slug)

    @blueprint.post("/cases/<slug>/answer")
    def answer(slug: str) -> ResponseReturnValue:
        asking = reader()
        found = shown(archive, view_case(archive, asking, slug), asking)
        sheet = read_sheet(request.form, [one.asked for one in found.questions] if found else ())
        try:
            return _committed(asking, slug, lambda one: attempts.commit(archive, one, slug, sheet))
        except QuizError as error:
            return page(slug, error)

    @blueprint.post("/cases/<slug>/reveal")
    def reveal(slug: str) -> ResponseReturnValue:
        return _committed(reader(), slug, lambda one: attempts.give_up(archive, one, slug))

    @blueprint.post("/cases/<slug>/judge")
    def judge(slug: str) -> ResponseReturnValue:
        sent = request.form
        question, said = sent.get("question", ""), sent.get("judgement", "")
        attempts.judge(archive, reader(), slug, question, said)
        return _on(slug)


def _committed(asking: Reader, slug: str, verb: Callable[[Reader], object]) -> ResponseReturnValue:
    """Have somebody commit something, and send them to what they may know now."""
    secret = None if asking.person is not None else secret_of(request)
    known = asking if secret is None else replace(asking, answered_as=key_of(secret))
    try:
        verb(known)
    except AlreadyKnown:
        return _on(slug)
    onward = _on(slug)
    if secret is not None:
        remember(onward, secret)
    return onward


def _on(slug: str) -> BaseResponse:
    playlist = _playlist()
    query = f"?{urlencode({'playlist': playlist})}" if playlist else ""
    path = f"{request.script_root}/cases/{slug}{query}#answer"
    return redirect(path, HTTPStatus.SEE_OTHER)


def _playlist() -> str:
    """The playlist through which the reader goes."""
    return playlist_named(request.form.get("playlist") or request.args.get("playlist", ""))


def _add_questions(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    def page(slug: str, error: QuizError | None = None) -> Response:
        asking = reader()
        view = questions.editable(archive, asking, slug)
        body = render_template(
            "quizzes/questions.html",
            view=view,
            questions=questions.own_questions(archive, asking, slug),
            regions=[one for one in view.key_images if one.region is not None],
            kinds=KINDS,
            locate=LOCATE,
            form=request.form if error else {},
            problem=error,
            max_body_chars=max_body_chars,
            max_option_chars=max_option_chars,
            done=request.args.get("done", ""),
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    @blueprint.get("/cases/<slug>/questions")
    @signed_in
    def own(slug: str) -> ResponseReturnValue:
        return page(slug)

    @blueprint.post("/cases/<slug>/questions")
    @signed_in
    def add(slug: str) -> ResponseReturnValue:
        try:
            questions.add_question(archive, reader(), slug, read_wish(request.form))
        except QuizError as error:
            return page(slug, error)
        return redirect(url_for(".own", slug=slug, done="added"), HTTPStatus.SEE_OTHER)

    @blueprint.post("/cases/<slug>/questions/remove")
    @signed_in
    def remove(slug: str) -> ResponseReturnValue:
        chosen = request.form.get("question", "")
        gone = questions.remove_question(archive, reader(), slug, chosen)
        done = "removed" if gone else "withdrawn"
        return redirect(url_for(".own", slug=slug, done=done), HTTPStatus.SEE_OTHER)
