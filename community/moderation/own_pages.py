"""`/settings/decisions`: what was reported and decided about one's own, and the appeal."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from community.accounts.requiring import require_person, signed_in
from community.guarding import guard
from community.moderation.deciding import appeal, may_appeal
from community.moderation.errors import ModerationError
from community.moderation.model import KINDS, STATES, VERBS, appeal_time, max_words_chars
from community.moderation.queue import list_own


def create_blueprint(archive: Archive) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("decisions", __name__, template_folder="../templates")
    guard(blueprint)

    def page(problem: str = "", at: str = "") -> Response:
        before = request.args.get("before", "")
        found, older = list_own(archive, require_person(), before)
        body = render_template(
            "moderation/own.html",
            matters=[(one, may_appeal(one.matter, list(one.decisions))) for one in found],
            older=older,
            is_first=not before,
            kinds=KINDS,
            states=STATES,
            verbs=VERBS,
            days=appeal_time.days,
            most=max_words_chars,
            form=request.form,
            problem=problem,
            at=at,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/settings/decisions")
    @signed_in
    def listing() -> ResponseReturnValue:
        return page()

    @blueprint.post("/settings/decisions")
    @signed_in
    def say_no() -> ResponseReturnValue:
        matter = request.form.get("matter", "")
        try:
            appeal(archive, require_person(), matter, request.form.get("words", ""))
        except ModerationError as error:
            return page(str(error), matter)
        return redirect(url_for(".listing"), HTTPStatus.SEE_OTHER)

    return blueprint
