"""What holds for every answer of the process: encrypted where we say so, read as what it is, kept
by no edge.

A WSGI layer inside `proxies`, around all doors. A view that says something of its own keeps its
word; what none said is the careful thing. Edges, which answer for us far away, keep files that
are ours and the same for all, and nothing else: no page, no image, no list, whatever else a cache
in between may do.

References
----------
RFC 6797 (Strict-Transport-Security), RFC 9213 (CDN-Cache-Control), RFC 9111 section 5.2.2.5
(no-store), RFC 9110 section 15.4.9 (308), Fetch section 3.6 (X-Content-Type-Options).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from archive.settings import Settings
from dicomweb.proxies import ORIGIN, Application, Environ

Headers = list[tuple[str, str]]

_UNLESS_SAID: Final = {
    name.lower(): (name, text)
    for name, text in (
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    )
}
_EDGE: Final = "CDN-Cache-Control"
_READS: Final = ("GET", "HEAD")
_PLAIN_ONLY: Final = b"This server is reached by https only.\n"


class Hardened:
    """The layer around a WSGI application.

    Parameters
    ----------
    hsts_s
        For how long browsers shall come by https only, where the public address is https.
    """

    def __init__(self, application: Application, settings: Settings, hsts_s: int) -> None:
        self._application = application
        public = urlsplit(settings.public_url)
        self._public_host = public.netloc.lower()
        self._wants_https = public.scheme == "https"
        self._hsts = f"max-age={hsts_s}"

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Serve a request, and send on whoever came in the clear."""
        is_secure = environ.get("wsgi.url_scheme") == "https"

        def start(status: str, headers: Headers, *more: Any) -> Any:
            return start_response(status, self._hardened(headers, is_secure=is_secure), *more)

        if not is_secure and self._came_in_the_clear(environ):
            return _sent_on(environ, start)
        return self._application(environ, start)

    def _came_in_the_clear(self, environ: Mapping[str, Any]) -> bool:
        """Whether a proxy that we believe says that its client used our public name by http."""
        told = str(environ.get(ORIGIN, ""))
        return self._wants_https and urlsplit(told)[:2] == ("http", self._public_host)

    def _hardened(self, headers: Headers, *, is_secure: bool) -> Headers:
        said = {name.lower() for name, _ in headers}
        more = [one for name, one in _UNLESS_SAID.items() if name not in said]
        if not is_for_edges(headers):
            more.append((_EDGE, "no-store"))
        if is_secure and self._wants_https:
            more.append(("Strict-Transport-Security", self._hsts))
        return [*headers, *more]


def is_for_edges(headers: Headers) -> bool:
    """Whether an answer is a file of ours that is the same for all, and may be kept by edges."""
    words = " ".join([text for name, text in headers if name.lower() == "cache-control"])
    return _is_for_edges(words)


@lru_cache(maxsize=256)
def _is_for_edges(cache_control: str) -> bool:
    rules = {one.strip().lower() for one in cache_control.split(",")}
    return "public" in rules and not rules & {"s-maxage=0", "no-store", "no-cache"}


def _sent_on(environ: Mapping[str, Any], start: Any) -> Iterable[bytes]:
    """Have a reader come again by https; what a writer sent in the clear is not taken."""
    if environ.get("REQUEST_METHOD") not in _READS:
        head = [("Content-Type", "text/plain"), ("Content-Length", str(len(_PLAIN_ONLY)))]
        start(f"{HTTPStatus.FORBIDDEN.value} {HTTPStatus.FORBIDDEN.phrase}", head)
        return [_PLAIN_ONLY]
    # As the server gave them to us: each byte a sign.
    path = str(environ.get("SCRIPT_NAME", "")) + str(environ.get("PATH_INFO", ""))
    query = str(environ.get("QUERY_STRING", ""))
    where = f"https://{environ['HTTP_HOST']}{quote(path.encode('latin-1'))}"
    status = HTTPStatus.PERMANENT_REDIRECT
    location = f"{where}?{query}" if query else where
    start(f"{status.value} {status.phrase}", [("Location", location), ("Content-Length", "0")])
    return []
