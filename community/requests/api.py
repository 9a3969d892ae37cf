"""``/api/v1/me/requests``: what the person who asks has asked of who runs this server."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from marshmallow import Schema, fields, validate

from community.api.asking import require_reader, require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.fields import Moment, Text
from community.api.paging import PageQuery, from_cursor, page, page_of, to_cursor
from community.look import languages
from community.requests import asking, contact_pages, kinds
from community.requests.contact_pages import Desk
from community.requests.reading import events_of, list_own, own_ticket
from community.requests.texts import max_page_chars, max_words_chars
from community.requests.tickets import Ticket, Wish


class RequestSchema(Schema):
    """A request of one's own."""

    id = fields.String(required=True)
    reference = fields.String(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    received = Moment(attribute="opened_at", required=True)
    due = fields.Date(attribute="due_on", required=True)
    closed = Moment(attribute="closed_at", required=True, allow_none=True)
    outcome = fields.String(required=True)


class EventSchema(Schema):
    """What happened to a request."""

    kind = fields.String(required=True)
    side = fields.String(required=True)
    fact = fields.String(required=True)
    words = fields.String(required=True, allow_none=True)
    at = Moment(required=True)


class WholeRequestSchema(RequestSchema):
    """A request with all that happened to it."""

    events = fields.List(fields.Nested(EventSchema), required=True)


class WishSchema(Schema):
    """What is asked."""

    kind = fields.String(required=True, validate=validate.OneOf(list(kinds.KINDS)))
    words = Text(max_words_chars, lines=True, min_chars=1, required=True)
    about = Text(max_page_chars, load_default="")


def create_blueprint(desk: Desk) -> ApiBlueprint:
    """Make the blueprint."""
    api = ApiBlueprint(
        "requests_api",
        "Requests about one's data",
        writes_per_minute=contact_pages.max_writes_per_minute,
    )

    _add_reading(api, desk)
    _add_asking(api, desk)
    return api


def _add_reading(api: ApiBlueprint, desk: Desk) -> None:
    @api.get("/me/requests")
    @api.takes(PageQuery, "query")
    @api.gives(page_of(RequestSchema, "Requests"))
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    def several(query: dict[str, Any]) -> Any:
        """List your requests, the latest first."""
        place = from_cursor(query["cursor"], str)
        before = place[0] if place else ""
        found = list_own(desk.archive, require_reader().id, before, query["limit"])
        return page(found.items, to_cursor(found.later) if found.later else None)

    @api.get("/me/requests/<request_id>")
    @api.gives(WholeRequestSchema)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
    def one(request_id: str) -> Any:
        """Tell how one of your requests stands."""
        return _whole(desk, own_ticket(desk.archive, require_reader().id, request_id))


def _add_asking(api: ApiBlueprint, desk: Desk) -> None:
    @api.post("/me/requests")
    @api.takes(WishSchema)
    @api.gives(WholeRequestSchema, HTTPStatus.CREATED)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    def ask(wanted: dict[str, str]) -> Any:
        """Ask for something; a restricted account asks on the page /contact."""
        person = require_writer()
        wish = Wish(
            wanted["kind"],
            wanted["words"],
            person.id,
            about=wanted["about"],
            source=kinds.ACCOUNT,
            identity_by=kinds.ACCOUNT,
            locale=languages.SOURCE if person.locale in languages.PSEUDO else person.locale,
        )
        opened, _ = asking.ask(desk.archive, wish, desk.origin, has_mail=desk.has_mail)
        return made(_whole(desk, opened), f"/me/requests/{opened.id}")


def _whole(desk: Desk, found: Ticket) -> dict[str, Any]:
    names = ("id", "reference", "kind", "state", "opened_at", "due_on", "closed_at", "outcome")
    told = {name: getattr(found, name) for name in names}
    return told | {"events": events_of(desk.archive, found.id, staff=False)}
