"""`/report`: saying that something is wrong with a case, a comment, a study or a profile.

One ordinary form, also for who is not signed in: that a patient can be recognised is heard of
everybody.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from community.accounts.signed_in import person_of
from community.cases.readers import reader_of
from community.guarding import ViewerOf, guard
from community.moderation.errors import ModerationError
from community.moderation.model import IDENTIFYING, KINDS, REASONS, max_words_chars
from community.moderation.reporting import report_something
from community.moderation.targets import find_target

writes_per_minute: Final = 12
"""From one address."""


def create_blueprint(archive: Archive, viewer_of: ViewerOf) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("reporting", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=writes_per_minute)

    def page(problem: str = "", field: str = "") -> Response:
        kind, name = request.values.get("kind", ""), request.values.get("name", "")
        asking = viewer_of()
        find_target(archive, reader_of(request, asking), asking, kind, name)
        body = render_template(
            "moderation/report.html",
            kind=kind,
            name=name,
            what=KINDS[kind],
            reasons=REASONS if person_of(request) else {IDENTIFYING: REASONS[IDENTIFYING]},
            form=request.form,
            most=max_words_chars,
            problem=problem,
            field=field,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/report")
    def form() -> ResponseReturnValue:
        return page()

    @blueprint.post("/report")
    def send() -> ResponseReturnValue:
        said, asking = request.form, viewer_of()
        names = (said.get("kind", ""), said.get("name", ""))
        reason, words = said.get("reason", ""), said.get("words", "")
        try:
            reader = reader_of(request, asking)
            is_hidden = report_something(archive, reader, asking, *names, reason, words)
        except ModerationError as error:
            return page(str(error), error.field)
        to = url_for(".thanks", hidden="1") if is_hidden else url_for(".thanks")
        return redirect(to, HTTPStatus.SEE_OTHER)

    @blueprint.get("/report/thanks")
    def thanks() -> ResponseReturnValue:
        return render_template("moderation/thanks.html", is_hidden="hidden" in request.args)

    return blueprint
