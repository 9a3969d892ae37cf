"""``/api/v1/me/tokens``, ``/api/v1/me/links`` and ``/api/v1/links/passes``.

JSON in and out; errors are Problem Details. Tokens and links are made and revoked by people who
are signed in, never by a token: one that leaked makes no others.

References
----------
RFC 9457 (Problem Details for HTTP APIs).
"""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from flask import Response, jsonify, request
from werkzeug.exceptions import HTTPException

from archive.access import Grant
from archive.errors import ArchiveError, NotAllowed, NotFound, Unauthenticated
from archive.tokens import Token, list_tokens, revoke_token
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.accounts.people import Person
from community.accounts.principals import principal_of
from community.accounts.requiring import require_person
from community.api.blueprint import ROOT, Described, usual_writes_per_minute
from community.api.problems import problem_details
from community.guarding import comes_from_us
from community.sharing import api_schemas as schemas
from community.sharing.counting import Uses, uses
from community.sharing.entrance import Origin, address_of, max_openings_per_minute
from community.sharing.guests import Guests
from community.sharing.link_pages import ends_in
from community.sharing.links import STUDY, Link, Wish, list_links, make_link, revoke_link
from community.sharing.passes import KEPT_FOR, open_pass
from community.sharing.tokens import make_token, usual_days

max_body_bytes: Final = 16 * 1024

_STATUSES: tuple[tuple[type[ArchiveError], HTTPStatus], ...] = (
    (TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (ArchiveError, HTTPStatus.UNPROCESSABLE_ENTITY),
)


def create_blueprint(guests: Guests, origin: Origin) -> Described:
    """Make the blueprint."""
    blueprint = Described("sharing_api", __name__, url_prefix=ROOT)
    blueprint.description = "Tokens and links of people"
    _protect(blueprint)
    _add_tokens(blueprint, guests)
    _add_links(blueprint, guests, origin)
    _add_passes(blueprint, guests)
    return blueprint


def _add_tokens(blueprint: Described, guests: Guests) -> None:
    archive = guests.archive

    @blueprint.get("/me/tokens")
    @blueprint.gives(schemas.TokenSchema(many=True))
    def tokens() -> Response:
        """List your tokens."""
        return jsonify([_token(one) for one in list_tokens(archive, _person().id)])

    @blueprint.post("/me/tokens")
    @blueprint.reads(schemas.TokenWishSchema)
    @blueprint.gives(schemas.MadeTokenSchema, HTTPStatus.CREATED)
    def make_one() -> Response:
        """Make a token; its secret is told this once."""
        asking, wanted = principal_of(_person()), _wanted("name", "grants", "days")
        days = wanted.get("days", usual_days)
        if not isinstance(days, int) or isinstance(days, bool):
            raise ArchiveError('"days" is a whole number')
        grants = _grants(wanted.get("grants"))
        number, secret = make_token(archive, asking, _text(wanted, "name"), grants, days)
        made = next(one for one in list_tokens(archive, _person().id) if one.id == number)
        return _made({**_token(made), "secret": secret}, f"{ROOT}/me/tokens/{number}")

    @blueprint.delete("/me/tokens/<int(max=2147483647):number>")
    @blueprint.gives(status=HTTPStatus.NO_CONTENT)
    def revoke_one(number: int) -> Response:
        """Revoke a token."""
        return _gone(revoke_token(archive, number, _person().id), "token")


def _add_links(blueprint: Described, guests: Guests, origin: Origin) -> None:
    archive = guests.archive

    @blueprint.get("/me/links")
    @blueprint.gives(schemas.LinkSchema(many=True))
    def links() -> Response:
        """List your links."""
        found = list_links(archive, _person().id)
        known = uses(archive, [one.id for one in found])
        return jsonify([_link(one, known.get(one.id, Uses())) for one in found])

    @blueprint.post("/me/links")
    @blueprint.reads(schemas.LinkWishSchema)
    @blueprint.gives(schemas.MadeLinkSchema, HTTPStatus.CREATED)
    def make_one_link() -> Response:
        """Make a link; its secret is told this once."""
        asking, wanted = (
            principal_of(_person()),
            _wanted("kind", "target", "name", "days", "password"),
        )
        wish = Wish(
            _text(wanted, "kind") or STUDY,
            _text(wanted, "target"),
            _text(wanted, "name"),
            ends_in(str(wanted.get("days", ""))),
            _text(wanted, "password") or None,
        )
        made, secret = make_link(archive, asking, wish, guests.owns_case)
        told = {"secret": secret, "address": address_of(origin(), made, secret)}
        return _made({**_link(made, Uses()), **told}, f"{ROOT}/me/links/{made.id}")

    @blueprint.delete("/me/links/<link_id>")
    @blueprint.gives(status=HTTPStatus.NO_CONTENT)
    def revoke_one_link(link_id: str) -> Response:
        """Revoke a link."""
        return _gone(revoke_link(archive, link_id, _person().id), "link")


def _add_passes(blueprint: Described, guests: Guests) -> None:
    limiter = Limiter(max_openings_per_minute)

    @blueprint.post("/links/passes")
    @blueprint.reads(schemas.PassWishSchema)
    @blueprint.gives(schemas.PassSchema, HTTPStatus.CREATED)
    def make_pass() -> Response:
        """Get a pass for a link and its password."""
        wanted = _wanted("secret", "password")
        limiter.take(request.remote_addr or "")
        _, made = open_pass(
            guests.archive, _text(wanted, "secret"), _text(wanted, "password") or None
        )
        answer = jsonify(token=made, expires_in=int(KEPT_FOR.total_seconds()))
        answer.status_code = HTTPStatus.CREATED
        return answer


def _protect(blueprint: Described) -> None:
    limiter = Limiter(usual_writes_per_minute)

    @blueprint.before_request
    def check_writer() -> None:
        request.max_content_length = max_body_bytes
        is_read = request.method in ("GET", "HEAD", "OPTIONS")
        if not is_read and not comes_from_us(request.headers, request.host):
            raise NotAllowed("pages of other sites may not write here")
        if not is_read:
            limiter.take(request.remote_addr or "")

    @blueprint.errorhandler(ArchiveError)
    def refuse(error: ArchiveError) -> Response:
        status = next(number for kind, number in _STATUSES if isinstance(error, kind))
        answer = problem_details(status, str(error))
        if status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            answer.headers["Retry-After"] = "60"
        return answer

    @blueprint.errorhandler(HTTPException)
    def refuse_request(error: HTTPException) -> Response:
        return problem_details(HTTPStatus(error.code or 500), error.description or "")

    @blueprint.after_request
    def keep_private(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def _person() -> Person:
    if request.headers.get("Authorization"):
        raise NotAllowed("sign in for this; a token or a link makes no others")
    return require_person()


def _wanted(*names: str) -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or body.keys() - set(names):
        raise ArchiveError(f"send a JSON object with: {', '.join(names)}")
    return body


def _text(wanted: dict[str, Any], name: str) -> str:
    found = wanted.get(name) or ""
    if not isinstance(found, str):
        raise ArchiveError(f'"{name}" is a text')
    return found


def _grants(found: object) -> list[Grant]:
    if not isinstance(found, list) or not all(
        isinstance(one, dict)
        and one.keys() == {"collection", "scope"}
        and all(isinstance(value, str) for value in one.values())
        for one in found
    ):
        raise ArchiveError('"grants" is a list of {"collection": …, "scope": …}')
    return [(one["collection"], one["scope"]) for one in found]


def _token(one: Token) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "grants": [{"collection": name, "scope": scope} for name, scope in sorted(one.grants)],
        "created": _moment(one.created_at),
        "expires": _moment(one.expires_at),
        "revoked": _moment(one.revoked_at),
    }


def _link(one: Link, known: Uses) -> dict[str, Any]:
    return {
        "id": one.id,
        "kind": one.kind,
        "target": one.target,
        "name": one.name,
        "works": one.works(datetime.now(UTC)),
        "has_password": one.password_hash is not None,
        "created": _moment(one.created_at),
        "expires": _moment(one.expires_at),
        "revoked": _moment(one.revoked_at),
        "uses": {"pages": known.pages, "programs": known.programs, "last": _moment(known.last)},
    }


def _moment(when: datetime | None) -> str | None:
    return None if when is None else when.isoformat(timespec="seconds")


def _made(body: dict[str, Any], where: str) -> Response:
    answer = jsonify(body)
    answer.status_code = HTTPStatus.CREATED
    answer.headers["Location"] = request.script_root + where
    return answer


def _gone(done: bool, what: str) -> Response:
    if not done:
        raise NotFound(f"there is no such {what} of yours, or it was revoked before")
    return Response(status=HTTPStatus.NO_CONTENT)
