"""``/api/v1/me/requests``: what the person who asks has asked of who runs this server."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from marshmallow import Schema, fields, validate

from community.api.asking import require_reader, require_writer
from community.api.blueprint import ApiBlueprint, made
from community.api.fields import Moment, Text
from community.look import languages
from community.requests import asking, contact_pages, kinds
from community.requests.contact_pages import Desk
from community.requests.reading import events_of, of_person, own_ticket
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

    @api.get("/me/requests")
    @api.gives(RequestSchema(many=True))
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    def several() -> Any:
        """List your requests: those that are not closed, then the latest."""
        return of_person(desk.archive, require_reader().id)

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
        return made(_whole(opened), f"/me/requests/{opened.id}")

    @api.get("/me/requests/<request_id>")
    @api.gives(WholeRequestSchema)
    @api.refuses(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
    def one(request_id: str) -> Any:
        """Tell how one of your requests stands."""
        return _whole(own_ticket(desk.archive, require_reader().id, request_id))

    def _whole(found: Ticket) -> dict[str, Any]:
        names = ("id", "reference", "kind", "state", "opened_at", "due_on", "closed_at", "outcome")
        told = {name: getattr(found, name) for name in names}
        return told | {"events": events_of(desk.archive, found.id, staff=False)}

    return api
