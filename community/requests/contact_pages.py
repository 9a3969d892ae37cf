"""``/contact`` and ``/contact/request``: asking without an account, and following what was asked.

Nothing has to be proven to ask: no account, no script, no puzzle. What keeps machines out is a
field that nobody sees, how often one network may write, and how many requests an address may have
in a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from archive.archive import Archive
from community.accounts.errors import sentence
from community.accounts.signed_in import person_of
from community.guarding import guard
from community.look import languages
from community.requests import asking, kinds, texts
from community.requests.errors import RequestError
from community.requests.links import PARAMETER, PATH, Opened, follow_link
from community.requests.reading import events_of
from community.requests.tickets import Wish
from community.site.model import Site

max_writes_per_minute: Final = 20
_TRAP: Final = "website"
"""A field that people do not see; programs fill in whatever there is."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the pages of requests are given at the top.

    Attributes
    ----------
    has_mail
        Whether this server sends mail at all.
    """

    archive: Archive
    site: Site
    has_mail: bool

    @property
    def origin(self) -> str:
        """The public address of this server, for mails."""
        return self.archive.settings.public_url


def create_blueprint(desk: Desk) -> Blueprint:
    """Make the blueprint."""
    blueprint = Blueprint("contact", __name__, template_folder="../templates")
    guard(blueprint, writes_per_minute=max_writes_per_minute)
    _add_form(blueprint, desk)
    _add_request(blueprint, desk)
    return blueprint


def _add_form(blueprint: Blueprint, desk: Desk) -> None:
    @blueprint.get("/contact")
    def form() -> ResponseReturnValue:
        return _form(desk)

    @blueprint.post("/contact")
    def send() -> ResponseReturnValue:
        if request.form.get(_TRAP):
            return _form(desk, RequestError("leave the field 'Website' empty", _TRAP), trapped=True)
        wish = _wish()
        try:
            made, link = asking.ask(desk.archive, wish, desk.origin, has_mail=desk.has_mail)
        except RequestError as error:
            return _form(desk, error)
        if wish.person:
            to = url_for("my_requests.one", ticket_id=made.id, sent=1)
        elif link:
            to = f"{request.script_root}{link}&sent=1"
        else:
            to = url_for(".sent", reference=made.reference)
        return redirect(to, HTTPStatus.SEE_OTHER)

    @blueprint.get("/contact/sent")
    def sent() -> ResponseReturnValue:
        shown = request.args.get("reference", "")
        return render_template(
            "requests/sent.html", reference=shown if shown.isalnum() and len(shown) <= 16 else ""
        )


def _form(desk: Desk, problem: RequestError | None = None, *, trapped: bool = False) -> Response:
    given = request.form if request.method == "POST" else request.args
    body = render_template(
        "requests/contact.html",
        kinds=kinds.KINDS,
        given={name: given.get(name, "") for name in ("kind", "words", "email")},
        about=given.get("about", "")[: texts.max_page_chars],
        limits=texts,
        operator=desk.site.operator,
        has_mail=desk.has_mail,
        problem=problem and (f"f-{problem.field}" if problem.field else "", sentence(problem)),
        field=problem.field if problem else "",
        trap=_TRAP,
        trapped=trapped,
    )
    return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)


def _wish() -> Wish:
    """What the form says."""
    form, person, tag = request.form, person_of(request), languages.current()
    return Wish(
        form.get("kind", ""),
        form.get("words", ""),
        person.id if person else None,
        "" if person else form.get("email", ""),
        about=form.get("about", ""),
        source=kinds.ACCOUNT if person else kinds.FORM,
        identity_by=kinds.ACCOUNT if person else "",
        locale=languages.SOURCE if tag in languages.PSEUDO else tag,
    )


def _add_request(blueprint: Blueprint, desk: Desk) -> None:
    def page(opened: Opened, secret: str, problem: RequestError | None = None) -> Response:
        body = render_template(
            "requests/one.html",
            ticket=opened.ticket,
            events=events_of(desk.archive, opened.ticket.id, staff=False),
            tables=kinds,
            today=today(),
            secret=secret,
            parameter=PARAMETER,
            action=url_for(".change"),
            may_confirm=opened.was_mailed and opened.ticket.confirmed_at is None,
            limits=texts,
            problem=problem and sentence(problem),
            sent="sent" in request.args,
        )
        return Response(body, HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK)

    @blueprint.get(PATH)
    def one() -> ResponseReturnValue:
        secret = request.args.get(PARAMETER, "")
        return page(follow_link(desk.archive, secret), secret)

    @blueprint.post(PATH)
    def change() -> ResponseReturnValue:
        form, secret = request.form, request.form.get(PARAMETER, "")
        opened = follow_link(desk.archive, secret)
        try:
            act(desk, opened.ticket.id, form.get("act", ""), form.get("words", ""), opened)
        except RequestError as error:
            return page(opened, secret, error)
        to = f"{url_for('.one')}?{urlencode({PARAMETER: secret})}"
        return redirect(to, HTTPStatus.SEE_OTHER)


def today() -> date:
    """The day by which requests are due or overdue: UTC's."""
    return datetime.now(UTC).date()


def act(desk: Desk, ticket_id: str, what: str, words: str, opened: Opened | None = None) -> None:
    """Do what who asked wants with their request.

    Parameters
    ----------
    opened
        How they came to it, if not by their account. Whoever does anything by a link that was
        mailed has that address.
    """
    if opened is not None and opened.was_mailed:
        asking.confirm(desk.archive, ticket_id)
    elif what == "confirm":
        raise RequestError("open the link in the mail that we sent to this address")
    if what == "reply":
        asking.reply(desk.archive, ticket_id, words)
    elif what == "withdraw":
        asking.withdraw(desk.archive, ticket_id)
    elif what != "confirm":
        raise RequestError("choose what to do with this request")
