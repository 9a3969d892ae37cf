"""The blueprint of endpoints: what is checked before each, and how each answers.

An endpoint names what it takes and gives by schemas, returns values, and raises errors:

>>> api = ApiBlueprint("cases", "Teaching cases")
>>> @api.get("/cases")
... @api.takes(PageQuery, "query")
... @api.gives(CasePage)
... def several(query): ...

References
----------
OpenAPI Specification 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from flask import Response, request
from marshmallow import Schema
from werkzeug.exceptions import RequestEntityTooLarge

from archive.errors import NotAllowed
from community.accounts import csrf
from community.accounts.limiting import Limiter
from community.api import idempotency
from community.api.bodies import StrictParser
from community.api.problems import Statuses, answer_error
from community.guarding import comes_from_us

if TYPE_CHECKING:
    # The library has no types: to the type checker it is Flask's class with our methods.
    from flask import Blueprint as _Blueprint

    class _Base(_Blueprint):
        _prepare_doc_cbks: list[Callable[..., dict[str, Any]]]

else:
    from flask_smorest import Blueprint as _Base

ROOT: Final = "/api/v1"
max_body_bytes: Final = 1024 * 1024
"""Of a request, where an endpoint has no room of its own."""
usual_writes_per_minute: Final = 120
"""Of one address."""

_SAFE = ("GET", "HEAD", "OPTIONS")

P = ParamSpec("P")
R = TypeVar("R")


class Described(_Base):
    """Endpoints that the document names, which answer for themselves in everything else."""

    ARGUMENTS_PARSER = StrictParser()
    description: str

    def takes(
        self, schema: type[Schema] | Schema, location: str = "json"
    ) -> Callable[[Callable[..., R]], Callable[..., R]]:
        """Read the body (``json``) or the query (``query``) into a view's last argument but path.

        The view is given a dictionary of what the schema has, before what the path has.
        """
        status = HTTPStatus.UNPROCESSABLE_ENTITY if location == "json" else HTTPStatus.BAD_REQUEST
        found: Callable[[Callable[..., R]], Callable[..., R]] = self.arguments(  # type: ignore[attr-defined]
            schema, location=location, error_status_code=int(status)
        )
        return found

    def gives(
        self,
        schema: type[Schema] | Schema | dict[str, str] | None = None,
        status: int = HTTPStatus.OK,
        *,
        description: str | None = None,
        media_type: str | None = None,
    ) -> Callable[[Callable[P, Any]], Callable[P, Response]]:
        """Spell what a view returns: a value, ``(value, headers)``, or a whole response.

        A schema in OpenAPI's own words (a dictionary) is for whole responses only.
        """
        found: Callable[[Callable[P, Any]], Callable[P, Response]] = self.response(  # type: ignore[attr-defined]
            int(status), schema, description=description, content_type=media_type
        )
        return found

    def gives_nothing(self, view: Callable[P, None]) -> Callable[P, Response]:
        """Answer 204 when a view is done."""

        @wraps(view)
        def done(*args: P.args, **kwargs: P.kwargs) -> Response:
            view(*args, **kwargs)
            return Response(status=HTTPStatus.NO_CONTENT)

        return self.gives(status=HTTPStatus.NO_CONTENT)(done)

    def refuses(self, *statuses: HTTPStatus) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Have the document name further statuses that an endpoint answers with."""

        def decorate(view: Callable[P, R]) -> Callable[P, R]:
            for status in statuses:
                view = self.alt_response(int(status), response=status.name)(view)  # type: ignore[attr-defined]
            return view

        return decorate

    def says(self, **words: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Add to what the document says of an endpoint, in OpenAPI's own words."""
        found: Callable[[Callable[P, R]], Callable[P, R]] = self.doc(**words)  # type: ignore[attr-defined]
        return found

    def reads(self, schema: type[Schema]) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Have the document say what body an endpoint takes that reads it by itself."""
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        return self.says(requestBody=body)


class ApiBlueprint(Described):
    """Endpoints about one thing.

    Parameters
    ----------
    name
        Of the blueprint, and of the group in the document.
    description
        Of the group, for those who read the document.
    statuses
        What errors of this part are on HTTP, beyond `problems.STATUSES`.
    rooms
        How many bytes an endpoint takes, by its name, where that is not `max_body_bytes`.
    writes_per_minute
        From one address.
    """

    def __init__(
        self,
        name: str,
        description: str,
        *,
        statuses: Statuses = MappingProxyType({}),
        rooms: Mapping[str, int] = MappingProxyType({}),
        writes_per_minute: int = usual_writes_per_minute,
    ) -> None:
        super().__init__(name, __name__, url_prefix=ROOT)
        self.description = description
        limiter = Limiter(writes_per_minute)

        def check() -> Response | None:
            endpoint = (request.endpoint or "").removeprefix(f"{name}.")
            room = request.max_content_length = rooms.get(endpoint, max_body_bytes)
            if (request.content_length or 0) > room:
                # Also where no body is read: nobody is to wait for one to come.
                raise RequestEntityTooLarge
            if request.method in _SAFE:
                return None
            check_writer()
            limiter.take(request.remote_addr or "")
            if request.method != "POST":
                return None
            if room > idempotency.max_compared_bytes:
                idempotency.require_none()
                return None
            return idempotency.begin()

        self.before_request(check)
        self.register_error_handler(Exception, lambda error: answer_error(error, statuses))
        self.after_request(protect)
        self.after_request(idempotency.end)
        self._prepare_doc_cbks.append(_tell_of_key)


def _tell_of_key(
    doc: dict[str, Any], _info: object, *, method: str, **_more: Any
) -> dict[str, Any]:
    """Have the document name the header that each POST takes."""
    if method == "post":
        doc.setdefault("parameters", []).append(
            {
                "name": idempotency.HEADER,
                "in": "header",
                "schema": {"type": "string", "maxLength": idempotency.max_key_chars},
                "description": "Sent again with the same key, a request is not done twice.",
            }
        )
    return doc


def check_writer() -> None:
    """Refuse a write that a page of another site could have sent.

    A session comes with every request of its browser, so it has to bring the token that only our
    own pages know. A bearer token is sent by nobody who does not have it.

    Raises
    ------
    NotAllowed
        The request comes from elsewhere, or its token is missing or wrong.
    """
    if not comes_from_us(request.headers, request.host):
        raise NotAllowed("pages of other sites may not write here")
    check_session()


def check_session() -> None:
    """Refuse a write in the name of a session without the token of that session.

    Raises
    ------
    NotAllowed
        It is missing or wrong.
    """
    if not csrf.has_header(request):
        raise NotAllowed(
            "send the token of this session as X-CSRF-Token; forms of our pages have it as 'csrf'"
        )


def protect(response: Response) -> Response:
    """Set what every answer has: nobody keeps it for others, and no browser guesses what it is."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.vary.update(("Cookie", "Authorization"))
    if request.method in ("GET", "HEAD") and "ETag" in response.headers:
        response.make_conditional(request)
    return response


def made(value: object, path: str) -> tuple[object, dict[str, str]]:
    """What a view returns that made something: the thing, and where it is from now on."""
    return value, {"Location": f"{request.script_root}{ROOT}{path}"}
