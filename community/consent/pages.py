"""The pages of consent: where a choice is sent, the cookies that there are, the signal.

References
----------
Global Privacy Control (W3C), section 4 (the resource /.well-known/gpc.json).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.errors import ArchiveError
from community.accounts.signed_in import person_of
from community.consent import log, words
from community.consent.choice import drop_counting, keep_choice, new_choice
from community.consent.settings import Analytics
from community.consent.table import cookie_table
from community.guarding import guard
from community.look.choices import local_path

SIGNAL_SINCE: Final = "2026-11-23"
"""Since when the signal is heeded as it is now."""

_ANSWERS: Final = {"yes": True, "no": False}


def create_blueprint(archive: Archive, analytics: Analytics | None) -> Blueprint:
    """Make the blueprint.

    Parameters
    ----------
    analytics
        None where there is nothing to agree to.
    """
    blueprint = Blueprint("consent", __name__, template_folder="../templates")
    guard(blueprint)

    @blueprint.get("/cookies")
    def cookies() -> str:
        return render_template("consent/cookies.html", table=cookie_table())

    @blueprint.post("/consent")
    def choose() -> ResponseReturnValue:
        wanted = _ANSWERS.get(request.form.get("analytics", ""))
        if wanted is None:
            raise ArchiveError("choose whether visits may be counted: yes or no")
        choice = new_choice(request, analytics=wanted and analytics is not None)
        person = person_of(request)
        log.note(archive, choice, person.id if person else None, words.digest())
        back = request.script_root + local_path(request.form.get("next", ""))
        response = redirect(back, HTTPStatus.SEE_OTHER)
        keep_choice(response, request, choice)
        if not choice.analytics:
            drop_counting(response, request)
        return response

    @blueprint.get("/.well-known/gpc.json")
    def signal() -> Response:
        return jsonify(gpc=True, lastUpdate=SIGNAL_SINCE)

    return blueprint
