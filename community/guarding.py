"""What holds for every page of people: headers of safety, writes from our own pages only, errors.

A page that is about studies on their way is never kept by anybody: no-store.

References
----------
Fetch Metadata Request Headers (W3C), RFC 6454 (Origin), RFC 9111 section 5.2.2.5 (no-store).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, redirect, render_template, request
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as BaseResponse

from archive.access import Principal
from archive.errors import ArchiveError, Gone, NotAllowed, NotFound, Unauthenticated
from community.accounts import csrf
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.look.words import N_

ViewerOf = Callable[[], Principal | None]
"""Who sent the request that is being answered; raises `Unauthenticated` for a bad token."""

POLICY = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser hides the origin of its own forms, too.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
"""Of a page that only tells."""

PRIVATE_POLICY = {
    **POLICY,
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of a page that only some may see, with forms and our script."""

_STATUSES: tuple[tuple[type[ArchiveError], HTTPStatus], ...] = (
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (NotAllowed, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Gone, HTTPStatus.GONE),
    (TooOften, HTTPStatus.TOO_MANY_REQUESTS),
    (ArchiveError, HTTPStatus.BAD_REQUEST),
)

# What a page of each status is called, and the picture on it.
_TITLES = {
    HTTPStatus.UNAUTHORIZED: (N_("Sign in to see this page"), "closed"),
    HTTPStatus.FORBIDDEN: (N_("This is not open to you"), "closed"),
    HTTPStatus.NOT_FOUND: (N_("There is nothing here"), "lost"),
    HTTPStatus.GONE: (N_("This was removed"), "lost"),
    HTTPStatus.METHOD_NOT_ALLOWED: (N_("This cannot be done here"), "lost"),
    HTTPStatus.TOO_MANY_REQUESTS: (N_("Please wait a minute"), "closed"),
    HTTPStatus.INTERNAL_SERVER_ERROR: (N_("Something broke on our side"), "broken"),
}
_OTHER = (N_("That did not work"), "broken")


_LOGIN = "/login"
max_form_bytes = 1024 * 1024
"""Of a form on an ordinary page."""
usual_writes_per_minute = 240
"""From one address to the pages of one blueprint."""


def comes_from_us(headers: Headers, host: str) -> bool:
    """Whether a write was sent by one of our own pages, or by a program that is no browser.

    Parameters
    ----------
    host
        As the sender called this server.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("Origin")
    return origin is None or origin.partition("://")[2].lower() == host.lower()


def guard(
    blueprint: Blueprint,
    rooms: Mapping[str, int] = MappingProxyType({}),
    writes_per_minute: int = usual_writes_per_minute,
) -> None:
    """Give a blueprint of private pages its headers, its check of writers and its error pages.

    Parameters
    ----------
    rooms
        How many bytes may be sent to an endpoint that takes more than `max_form_bytes`.
    writes_per_minute
        From one address.
    """
    limiter = Limiter(writes_per_minute)

    @blueprint.before_request
    def check_writer() -> Response | None:
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        if not comes_from_us(request.headers, request.host):
            return problem(HTTPStatus.FORBIDDEN, "pages of other sites may not write here")
        request.max_content_length = rooms.get(request.endpoint or "", max_form_bytes)
        csrf.check(request)
        # Last, so that what others have a browser send does not count against its person.
        limiter.take(request.remote_addr or "")
        return None

    @blueprint.errorhandler(ArchiveError)
    def refuse(error: ArchiveError) -> BaseResponse:
        if isinstance(error, Unauthenticated) and _may_sign_in():
            return redirect(f"{request.script_root}{_LOGIN}?{urlencode({'next': _here()})}")
        status = next(number for kind, number in _STATUSES if isinstance(error, kind))
        answer = problem(status, str(error))
        if status == HTTPStatus.UNAUTHORIZED:
            answer.headers["WWW-Authenticate"] = "Bearer"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            answer.headers["Retry-After"] = "60"
        return answer

    @blueprint.after_request
    def protect(response: Response) -> Response:
        response.headers.update(PRIVATE_POLICY)
        return response


def _may_sign_in() -> bool:
    """Whether whoever asked for a page can be sent to sign in and back."""
    is_page = request.method in ("GET", "HEAD") and "Authorization" not in request.headers
    return is_page and "accounts" in current_app.blueprints


def _here() -> str:
    return request.full_path.removesuffix("?")


def problem(status: HTTPStatus, reason: str = "") -> Response:
    """A page that says why there is no other.

    Parameters
    ----------
    reason
        Without a capital letter and a full stop; a page without one gives general advice.
    """
    title, picture = _TITLES.get(status, _OTHER)
    page = render_template(
        "problem.html", status=status, reason=reason, title=title, picture=picture
    )
    return Response(page, status)
