"""`/playlists`: one's own and everybody's; `/playlists/<slug>`, also as a quiz (`?mode=quiz`).

The order is changed by buttons, one place at a time: nothing here needs dragging or a script.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from community.accounts.requiring import signed_in
from community.cases.readers import Reader, reader_of
from community.guarding import ViewerOf, guard
from community.quizzes import playlists
from community.quizzes.errors import QuizError
from community.quizzes.playlists import VISIBILITIES, Wording
from community.quizzes.progress import run_of

writes_per_minute: Final = 120
QUIZ: Final = "quiz"

_MOVES: Final = {"up": -1, "down": 1}


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("playlists", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=writes_per_minute)

    def reader() -> Reader:
        return reader_of(request, viewer_of())

    _add_lists(blueprint, archive, reader)
    _add_reading(blueprint, archive, reader)
    _add_changing(blueprint, archive, reader)
    return blueprint


def _add_lists(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    def page(error: QuizError | None = None) -> Response:
        asking, before = reader(), request.args.get("before", "")
        mine, _ = playlists.list_playlists(archive, asking, mine=True, limit=100)
        everybodys, further = playlists.list_playlists(archive, asking, before=before)
        body = render_template(
            "quizzes/playlists.html",
            mine=() if before else mine,
            everybodys=everybodys,
            further=further,
            is_first=not before,
            may_write=asking.may_write,
            visibilities=VISIBILITIES,
            limits=playlists,
            form=request.form if error else {},
            problem=error,
            deleted="deleted" in request.args,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    @blueprint.get("/playlists")
    def several() -> ResponseReturnValue:
        return page()

    @blueprint.post("/playlists")
    @signed_in
    def make() -> ResponseReturnValue:
        asking = reader()
        try:
            made = playlists.make_playlist(archive, asking, _wording())
            if case := request.form.get("case"):
                playlists.add_case(archive, asking, made.id, case)
        except QuizError as error:
            return page(error)
        return redirect(url_for(".one", slug=made.slug), HTTPStatus.SEE_OTHER)

    @blueprint.post("/playlists/add")
    @signed_in
    def add_to() -> ResponseReturnValue:
        chosen, case = request.form.get("playlist", ""), request.form.get("case", "")
        view = playlists.view_playlist(archive, reader(), chosen)
        playlists.add_case(archive, reader(), view.playlist.id, case)
        there = url_for(".one", slug=view.playlist.slug, done="added")
        return redirect(there, HTTPStatus.SEE_OTHER)


def _add_reading(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    @blueprint.get("/playlists/<slug>")
    def one(slug: str) -> ResponseReturnValue:
        asking = reader()
        view = playlists.view_playlist(archive, asking, slug)
        is_quiz = request.args.get("mode") == QUIZ
        return render_template(
            "quizzes/run.html" if is_quiz else "quizzes/playlist.html",
            view=view,
            run=run_of(archive, asking, view.cases),
            visibilities=VISIBILITIES,
            done=request.args.get("done", ""),
        )


def _add_changing(blueprint: Blueprint, archive: Archive, reader: Callable[[], Reader]) -> None:
    def page(slug: str, error: QuizError | None = None) -> Response:
        body = render_template(
            "quizzes/playlist_edit.html",
            view=playlists.view_playlist(archive, reader(), slug),
            visibilities=VISIBILITIES,
            limits=playlists,
            form=request.form if error else {},
            problem=error,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK)

    @blueprint.get("/playlists/<slug>/edit")
    @signed_in
    def edit(slug: str) -> ResponseReturnValue:
        view = playlists.view_playlist(archive, reader(), slug)
        if not view.is_owner:
            return redirect(url_for(".one", slug=slug), HTTPStatus.SEE_OTHER)
        return page(slug)

    @blueprint.post("/playlists/<slug>/edit")
    @signed_in
    def change(slug: str) -> ResponseReturnValue:
        seen = request.form.get("version", "")
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else 0
        try:
            playlists.edit_playlist(archive, reader(), slug, _wording(), version)
        except QuizError as error:
            return page(slug, error)
        return redirect(url_for(".one", slug=slug, done="saved"), HTTPStatus.SEE_OTHER)

    @blueprint.post("/playlists/<slug>/items")
    @signed_in
    def items(slug: str) -> ResponseReturnValue:
        asking, form = reader(), request.form
        for move, by in _MOVES.items():
            if case := form.get(move):
                playlists.move_case(archive, asking, slug, case, by)
        if case := form.get("remove"):
            playlists.remove_case(archive, asking, slug, case)
        return redirect(url_for(".one", slug=slug) + "#cases", HTTPStatus.SEE_OTHER)

    @blueprint.post("/playlists/<slug>/delete")
    @signed_in
    def forget(slug: str) -> ResponseReturnValue:
        playlists.delete_playlist(archive, reader(), slug)
        return redirect(url_for(".several", deleted="1"), HTTPStatus.SEE_OTHER)


def _wording() -> Wording:
    form = request.form
    return Wording(
        form.get("title", ""), form.get("description", ""), form.get("visibility", "private")
    )
