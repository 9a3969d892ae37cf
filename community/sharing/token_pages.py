"""`/settings/tokens`: the API tokens of whoever is signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.access import Grant
from archive.archive import Archive
from archive.errors import ArchiveError
from archive.tokens import list_tokens, revoke_token
from community.accounts.principals import principal_of
from community.accounts.requiring import require_person, signed_in
from community.guarding import guard
from community.look.words import N_
from community.sharing.tokens import is_good, make_token, max_days, offered, usual_days

_WORDS: Final = {
    "read": N_("Read"),
    "write": N_("Upload"),
    "delete": N_("Erase"),
    "review": N_("Review what waits"),
}


def create_blueprint(archive: Archive) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("token_settings", __name__, template_folder="../templates")
    guard(blueprint)

    def page(secret: str = "", problem: str = "") -> Response:
        person = require_person()
        now = datetime.now(UTC)
        body = render_template(
            "settings_tokens.html",
            tokens=[
                (one, is_good(one, now), [_named(grant) for grant in sorted(one.grants)])
                for one in reversed(list_tokens(archive, person.id))
            ],
            offered=[
                (_spelled(one), *_named(one)) for one in offered(archive, principal_of(person))
            ],
            secret=secret,
            problem=problem,
            form=request.form,
            usual_days=usual_days,
            max_days=max_days,
            revoked="revoked" in request.args,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/settings/tokens")
    @signed_in
    def listing() -> ResponseReturnValue:
        return page()

    @blueprint.post("/settings/tokens")
    @signed_in
    def make() -> ResponseReturnValue:
        form: Any = request.form
        grants = [_read(one) for one in form.getlist("grant")]
        try:
            days = number_of(form.get("days", ""))
            asking = principal_of(require_person())
            _, secret = make_token(archive, asking, form.get("name", ""), grants, days)
        except ArchiveError as error:
            return page(problem=str(error))
        return page(secret=secret)

    @blueprint.post("/settings/tokens/revoke")
    @signed_in
    def revoke() -> ResponseReturnValue:
        number = number_of(request.form.get("token", ""))
        revoke_token(archive, number, require_person().id)
        return redirect(url_for(".listing", revoked="1"), HTTPStatus.SEE_OTHER)

    return blueprint


def number_of(text: str) -> int:
    """A whole number of a form.

    Raises
    ------
    ArchiveError
        It is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ArchiveError("this takes a whole number")
    return int(text)


def _spelled(grant: Grant) -> str:
    return ":".join(grant)


def _read(text: str) -> Grant:
    collection, _, scope = text.partition(":")
    return collection, scope


def _named(grant: Grant) -> tuple[str, str]:
    collection, scope = grant
    return _WORDS.get(scope, scope), collection
