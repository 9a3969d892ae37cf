"""Cross-origin use from browsers: which headers let a listed origin's page read our answers.

Who is listed is a setting (`dicomweb.settings.DoorSettings.cors_origins`); nobody is by default.

References
----------
Fetch Standard (WHATWG), section 3.2 "CORS protocol".
"""

from collections.abc import Iterable

from flask import Request, Response

_READABLE = (
    "Accept-Ranges, Content-Encoding, Content-Length, Content-Location, Content-Range, ETag, "
    "Retry-After, Warning, X-Request-Id"
)
_SENDABLE = "Accept, Authorization, Content-Type, If-None-Match, If-Range, Range, X-Request-Id"
_MAX_AGE_S = "600"


def allow(request: Request, response: Response, origins: frozenset[str]) -> None:
    """Mark an answer as readable by the page that asked, when its origin is listed."""
    if not origins:
        return
    response.vary.add("Origin")
    origin = request.headers.get("Origin", "")
    if origin.lower() in origins:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = _READABLE


def is_preflight(request: Request) -> bool:
    """Whether a browser asks what a page may do, before it does it."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def answer_preflight(request: Request, methods: Iterable[str], origins: frozenset[str]) -> Response:
    """Say which methods and headers the page may use; nothing for an origin that is not listed."""
    response = Response(status=204)
    allow(request, response, origins)
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(methods))
        response.headers["Access-Control-Allow-Headers"] = _SENDABLE
        response.headers["Access-Control-Max-Age"] = _MAX_AGE_S
    return response
