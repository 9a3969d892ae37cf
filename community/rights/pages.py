"""`/settings/privacy`: copies, objections, restriction and erasure, by whoever it is about."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from archive.database import reading, writing
from archive.errors import ArchiveError, NotFound
from community.accounts import sessions
from community.accounts.closing import close_account, cooling_off
from community.accounts.people import RESTRICTED
from community.accounts.requiring import require_person, signed_in
from community.accounts.signed_in import COOKIE, forget_session
from community.guarding import guard
from community.look.words import N_
from community.requests import kinds
from community.requests.reading import of_person
from community.rights import copies, restricting
from community.rights.freshness import is_fresh, require_fresh
from community.rights.purposes import PURPOSES, object_to, objections_of

max_writes_per_minute: Final = 30
_SAY_WHAT: Final = N_("Say what is to be erased, and that you are sure.")
KEEP: Final = "keep"
ALL: Final = "all"


def create_blueprint(archive: Archive) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("privacy", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=max_writes_per_minute)
    _add_overview(blueprint, archive)
    _add_copies(blueprint, archive)
    _add_restriction(blueprint, archive)
    _add_erasure(blueprint, archive)
    return blueprint


def _add_overview(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.get("/settings/privacy")
    @signed_in
    def overview() -> ResponseReturnValue:
        return _page(archive)

    @blueprint.post("/settings/privacy/objections")
    @signed_in
    def change_objections() -> ResponseReturnValue:
        with writing(archive.engine) as connection:
            object_to(connection, require_person().id, request.form.getlist("purpose"))
        return _back("saved")

    @blueprint.post("/settings/privacy/again")
    @signed_in
    def sign_in_again() -> ResponseReturnValue:
        """End this session, and lead to where the next one begins."""
        sessions.end(archive, request.cookies.get(COOKIE, ""))
        target = url_for("accounts.login", next=url_for(".overview"))
        response = redirect(target, HTTPStatus.SEE_OTHER)
        forget_session(response)
        return response


def _add_copies(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.post("/settings/privacy/copies")
    @signed_in
    def ask_for_copy() -> ResponseReturnValue:
        try:
            copies.ask_for(archive, require_person(), with_studies="studies" in request.form)
        except ArchiveError as error:
            return _page(archive, error)
        return _back("asked")

    @blueprint.post("/settings/privacy/copies/<copy_id>")
    @signed_in
    def fetch_copy(copy_id: str) -> ResponseReturnValue:
        person = require_person()
        require_fresh()
        copy, pieces = copies.fetch(archive, person.id, copy_id)
        name = f"dicomtube-{person.handle}-{copy.asked_at:%Y-%m-%d}.zip"
        answer = Response(pieces, mimetype="application/zip")
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        if copy.size is not None:
            answer.content_length = copy.size
        return answer


def _add_restriction(blueprint: Blueprint, archive: Archive) -> None:
    @blueprint.get("/settings/privacy/restriction")
    @signed_in
    def ask_to_restrict() -> ResponseReturnValue:
        is_restricted = require_person().state == RESTRICTED
        return render_template("rights/restrict.html", is_restricted=is_restricted)

    @blueprint.post("/settings/privacy/restriction")
    @signed_in
    def restrict() -> ResponseReturnValue:
        act = restricting.release if request.form.get("act") == "release" else restricting.restrict
        act(archive, require_person().id)
        return _back("saved")


def _add_erasure(blueprint: Blueprint, archive: Archive) -> None:
    def page(problem: str = "") -> Response:
        body = render_template(
            "rights/erase.html",
            is_fresh=is_fresh(),
            days=cooling_off.days,
            problem=problem,
            choice=request.form.get("what", ALL),
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/settings/privacy/erasure")
    @signed_in
    def ask_to_erase() -> ResponseReturnValue:
        return page()

    @blueprint.post("/settings/privacy/erasure")
    @signed_in
    def erase() -> ResponseReturnValue:
        person, form = require_person(), request.form
        require_fresh()
        if form.get("what") not in (ALL, KEEP) or form.get("sure") != "yes":
            return page(_SAY_WHAT)
        with writing(archive.engine) as connection:
            wish = close_account(connection, person.id, keeps_work=form.get("what") == KEEP)
        response = redirect(
            url_for(".closed", until=f"{wish.due_at:%Y-%m-%d}"), HTTPStatus.SEE_OTHER
        )
        forget_session(response)
        return response

    @blueprint.get("/account-closed/<until>")
    def closed(until: str) -> ResponseReturnValue:
        """Told to a browser in which nobody is signed in any more."""
        if len(until) != 10 or not until.replace("-", "").isdigit():
            raise NotFound("there is nothing here")
        return render_template("rights/closed.html", until=until)


def _page(archive: Archive, problem: ArchiveError | None = None) -> Response:
    person = require_person()
    with reading(archive.engine) as connection:
        objections = objections_of(connection, person.id)
    body = render_template(
        "rights/privacy.html",
        copies=copies.copies_of(archive, person.id),
        purposes=PURPOSES,
        objections=objections,
        is_restricted=person.state == RESTRICTED,
        is_fresh=is_fresh(),
        days=cooling_off.days,
        requests=[one for one in of_person(archive, person.id) if not one.is_closed],
        tables=kinds,
        problem=problem,
        said=next((one for one in ("saved", "asked", "kept") if one in request.args), ""),
    )
    return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)


def _back(said: str) -> ResponseReturnValue:
    return redirect(f"{url_for('.overview')}?{said}=1", HTTPStatus.SEE_OTHER)
