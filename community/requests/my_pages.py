"""``/settings/requests``: somebody's own requests, and how they stand."""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from community.accounts.errors import sentence
from community.accounts.requiring import require_person, signed_in
from community.guarding import guard
from community.requests import contact_pages, kinds, texts
from community.requests.contact_pages import Desk, act, today
from community.requests.errors import RequestError
from community.requests.reading import events_of, list_own, own_ticket
from community.requests.tickets import Ticket


def create_blueprint(desk: Desk) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("my_requests", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=contact_pages.max_writes_per_minute)

    @blueprint.get("/settings/requests")
    @signed_in
    def listing() -> ResponseReturnValue:
        before = request.args.get("before", "")
        return render_template(
            "requests/mine.html",
            page=list_own(desk.archive, require_person().id, before),
            is_first=not before,
            tables=kinds,
            today=today(),
        )

    @blueprint.get("/settings/requests/<ticket_id>")
    @signed_in
    def one(ticket_id: str) -> ResponseReturnValue:
        return _page(desk, own_ticket(desk.archive, require_person().id, ticket_id))

    @blueprint.post("/settings/requests/<ticket_id>")
    @signed_in
    def change(ticket_id: str) -> ResponseReturnValue:
        found, form = own_ticket(desk.archive, require_person().id, ticket_id), request.form
        try:
            act(desk, found.id, form.get("act", ""), form.get("words", ""))
        except RequestError as error:
            return _page(desk, found, error)
        return redirect(url_for(".one", ticket_id=found.id), HTTPStatus.SEE_OTHER)

    return blueprint


def _page(desk: Desk, found: Ticket, problem: RequestError | None = None) -> Response:
    body = render_template(
        "requests/one.html",
        ticket=found,
        events=events_of(desk.archive, found.id, staff=False),
        tables=kinds,
        today=today(),
        action=url_for(".change", ticket_id=found.id),
        may_confirm=False,
        limits=texts,
        problem=problem and sentence(problem),
        sent="sent" in request.args,
    )
    return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)
