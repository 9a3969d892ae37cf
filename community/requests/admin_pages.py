"""``/admin/requests``: the operator's queue, what is due first, first; and each with its acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from community.accounts.errors import sentence
from community.accounts.people import OPERATOR, find_person
from community.accounts.requiring import require_person, role
from community.guarding import guard
from community.requests import answering, canned, kinds, texts
from community.requests.contact_pages import Desk, today
from community.requests.errors import RequestError
from community.requests.reading import (
    OVERDUE,
    Sieve,
    accounts_with,
    count_queue,
    events_of,
    list_queue,
)
from community.requests.tickets import Ticket, Wish

_operator = role(OPERATOR)
_MINE: Final = "mine"
_CASE: Final = re.compile(r"/cases/(\w{1,64})")
_REPORT: Final = "reporting.form"


def create_blueprint(desk: Desk) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("admin_requests", __name__, template_folder="../templates")
    guard(blueprint)
    _add_queue(blueprint, desk)
    _add_entry(blueprint, desk)
    _add_request(blueprint, desk)
    return blueprint


def _add_queue(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.get("/admin/requests")
    @_operator
    def queue() -> ResponseReturnValue:
        asked = request.args
        sieve = Sieve(
            asked.get("state", ""),
            asked.get("kind", ""),
            require_person().id if asked.get("whose") == _MINE else "",
            asked.get("reference", "").strip(),
        )
        found = list_queue(desk.archive, sieve, asked.get("after", ""))
        kept = {name: value for name, value in asked.items() if name != "after"}

        def address(**query: str) -> str:
            changed = {name: value for name, value in {**kept, **query}.items() if value}
            return f"{url_for('.queue')}?{urlencode(changed)}"

        return render_template(
            "requests/queue.html",
            page=found,
            sieve=sieve,
            counts=count_queue(desk.archive),
            is_mine=bool(sieve.taken_by),
            states=(*kinds.STATES, OVERDUE),
            tables=kinds,
            address=address,
            today=today(),
            is_first="after" not in asked,
        )


def _add_entry(blueprint: Blueprint, desk: Desk) -> None:
    def page(problem: RequestError | None = None) -> Response:
        body = render_template(
            "requests/enter.html",
            tables=kinds,
            limits=texts,
            today=today(),
            given=request.form,
            problem=problem and sentence(problem),
            field=problem.field if problem else "",
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/admin/requests/new")
    @_operator
    def new() -> ResponseReturnValue:
        return page()

    @blueprint.post("/admin/requests/new")
    @_operator
    def enter() -> ResponseReturnValue:
        form = request.form
        wish = Wish(
            form.get("kind", ""),
            form.get("words", ""),
            email=form.get("email", ""),
            reach=form.get("reach", ""),
            about=form.get("about", ""),
            source=form.get("source", ""),
        )
        try:
            came = _received(form.get("received", ""))
            actor, handle = require_person().id, form.get("handle", "")
            made = answering.enter(desk.archive, actor, wish, handle, came)
        except RequestError as error:
            return page(error)
        return redirect(url_for(".one", ticket_id=made.id), HTTPStatus.SEE_OTHER)


def _add_request(blueprint: Blueprint, desk: Desk) -> None:
    archive = desk.archive

    def page(found: Ticket, problem: RequestError | None = None) -> Response:
        form = request.form
        body = render_template(
            "requests/staff.html",
            ticket=found,
            whose=find_person(archive, found.person or ""),
            taken_by=find_person(archive, found.taken_by or ""),
            accounts=accounts_with(archive, found.email or "") if found.confirmed_at else (),
            events=events_of(archive, found.id, staff=True),
            tables=kinds,
            limits=texts,
            templates=canned.fitting(found.kind),
            words=form.get("words") or canned.words(request.args.get("with", ""), found),
            today=today(),
            has_mail=desk.has_mail,
            report_url=_report_url(found),
            unsent="unsent" in request.args,
            problem=problem and sentence(problem),
            field=problem.field if problem else "",
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get("/admin/requests/<ticket_id>")
    @_operator
    def one(ticket_id: str) -> ResponseReturnValue:
        return page(answering.look_at(archive, require_person().id, ticket_id))

    @blueprint.post("/admin/requests/<ticket_id>")
    @_operator
    def change(ticket_id: str) -> ResponseReturnValue:
        actor, what = require_person().id, request.form.get("act", "")
        found = answering.look_at(archive, actor, ticket_id)
        try:
            told = _ACTS.get(what, _nothing)(desk, actor, ticket_id, request.form)
        except RequestError as error:
            return page(found, error)
        unsent = 1 if told is False else None
        return redirect(url_for(".one", ticket_id=ticket_id, unsent=unsent), HTTPStatus.SEE_OTHER)


def _report_url(found: Ticket) -> str:
    """Where what it is about can be hidden at once, if it is a case of ours."""
    named = _CASE.search(found.about or "")
    if named is None or _REPORT not in current_app.view_functions:
        return ""
    return url_for(_REPORT, kind="case", name=named[1])


Form = Mapping[str, str]
Act = Callable[[Desk, str, str, Form], bool | None]
"""Does something in the name of an actor with a ticket; False if nobody could be written to."""


def _take(desk: Desk, actor: str, ticket_id: str, _form: Form) -> None:
    answering.take(desk.archive, actor, ticket_id)


def _note(desk: Desk, actor: str, ticket_id: str, form: Form) -> None:
    answering.add_note(desk.archive, actor, ticket_id, form.get("words", ""))


def _route(desk: Desk, actor: str, ticket_id: str, form: Form) -> None:
    answering.route(desk.archive, actor, ticket_id, form.get("kind", ""))


def _identify(desk: Desk, actor: str, ticket_id: str, form: Form) -> None:
    how, handle = form.get("identity", ""), form.get("handle", "")
    answering.identify(desk.archive, actor, ticket_id, how, handle)


def _ask(desk: Desk, actor: str, ticket_id: str, form: Form) -> bool:
    return answering.ask_back(desk.archive, actor, ticket_id, form.get("words", ""), desk.origin)


def _answer(desk: Desk, actor: str, ticket_id: str, form: Form) -> bool:
    return answering.answer(desk.archive, actor, ticket_id, form.get("words", ""), desk.origin)


def _close(desk: Desk, actor: str, ticket_id: str, form: Form) -> bool:
    words, outcome = form.get("words", ""), form.get("outcome", "")
    return answering.close(desk.archive, actor, ticket_id, outcome, words, desk.origin)


def _nothing(_desk: Desk, _actor: str, _ticket_id: str, _form: Form) -> None:
    raise RequestError("choose what to do with this request")


def _reopen(desk: Desk, actor: str, ticket_id: str, form: Form) -> None:
    answering.reopen(desk.archive, actor, ticket_id, form.get("words", ""))


_ACTS: Final[Mapping[str, Act]] = MappingProxyType(
    {
        "take": _take,
        "note": _note,
        "route": _route,
        "identify": _identify,
        "ask": _ask,
        "answer": _answer,
        "close": _close,
        "reopen": _reopen,
    }
)


def _received(text: str) -> datetime | None:
    """The day that staff says it came; nothing for today."""
    if not text or text == today().isoformat():
        return None
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
    except ValueError:
        raise RequestError("write the day like 2026-11-23", "received") from None
