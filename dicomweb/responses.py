"""How an answer is put on the wire: validators, ranges, caching, security headers, streams.

What the bytes are is decided in `representations` and the views; nothing here knows DICOM.

References
----------
RFC 9110 (conditional requests, ranges), RFC 9111 (caching), PS3.18 section 8.4.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import orjson
from flask import Request, Response
from werkzeug.http import parse_if_range_header, parse_range_header, unquote_etag

from dicomweb.errors import error_response
from dicomweb.proxies import peer_of
from dicomweb.streams import Streams

REVALIDATE = "private, no-cache"
"""For what may change under its URL: keep it, and ask each time whether it is still the same."""

KEEP = "private, max-age=3600"
"""For the bytes of a stored instance: its UID names them, until it is erased or replaced."""

NOSNIFF = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
"""On every answer: stored bytes are other people's, and are never run as a page of ours."""


def json_response(value: object, content_type: str = "application/json") -> Response:
    """Answer with a value as JSON."""
    return Response(orjson.dumps(value), content_type=content_type)


@dataclass(slots=True)
class Payload:
    """One body, said without being made yet.

    Attributes
    ----------
    content_type
        Of the answer.
    length
        In bytes; None when it is not known beforehand, which also means: no ranges.
    pieces
        Called at most once; gives the body from byte `first` on, `count` bytes of it. Only a
        payload with `ranged` is asked for anything but the whole.
    etag
        Without its quotes. The same tag means the same bytes, so it names the representation.
    long
        Whether it may hold a server's thread for as long as its reader likes.
    public
        Whether anybody may read it; None where that is still to be asked.
    """

    content_type: str
    pieces: Callable[[int, int | None], Iterable[bytes]]
    length: int | None = None
    etag: str | None = None
    cache_control: str = REVALIDATE
    ranged: bool = False
    long: bool = False
    public: bool | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(
    request: Request, payload: Payload, streams: Streams, *, public: bool = False
) -> Response:
    """Answer with a payload: whole, a range of it, or 304.

    Parameters
    ----------
    public
        Whether anybody may read it, and caches between us may keep it for all.
    """
    headers = {
        "Cache-Control": _for_all(payload.cache_control) if public else payload.cache_control,
        "Vary": "Accept, Authorization, Cookie",
        "Accept-Ranges": "bytes" if payload.ranged else "none",
        **payload.headers,
    }
    if payload.etag is not None:
        headers["ETag"] = f'"{payload.etag}"'
        if is_unchanged(request, payload.etag):
            headers.pop("Accept-Ranges")
            return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    first, count, status = 0, None, HTTPStatus.OK
    length = payload.length
    if payload.ranged and length is not None and "Range" in request.headers:
        wanted = _wanted_range(request, payload.etag, length)
        if wanted == _UNSATISFIABLE:
            return _range_not_satisfiable(length)
        if wanted is not None:
            first, count, status = wanted[0], wanted[1] - wanted[0], HTTPStatus.PARTIAL_CONTENT
            headers["Content-Range"] = f"bytes {first}-{wanted[1] - 1}/{length}"
            length = count
    if length is not None:
        headers["Content-Length"] = str(length)
    # An iterator, as the length of an empty sequence would be told as that of the answer.
    pieces: Iterable[bytes] = iter(())
    if request.method == "HEAD":
        if length is None:
            # It shows only now whether what is still to be made can be made.
            _end(begun(payload.pieces(first, count)))
    else:
        pieces = begun(payload.pieces(first, count))
        if payload.long:
            pieces = streams.hold(
                pieces, peer_of(request.environ), length_is_known=length is not None
            )
    return Response(
        pieces, status, headers, content_type=payload.content_type, direct_passthrough=True
    )


def _for_all(cache_control: str) -> str:
    # A cache between us asks each time: what is withdrawn is withdrawn for all at once.
    return cache_control.replace("private", "public", 1) + ", s-maxage=0"


def _end(pieces: Iterable[bytes]) -> None:
    if isinstance(pieces, Generator):
        pieces.close()


def begun(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Take the first piece now, so that what cannot be read is an error and not a cut answer."""
    if isinstance(pieces, tuple | list):
        return tuple(pieces)  # the server would join the pieces of a list
    iterator = iter(pieces)
    first = next(iterator, None)
    return () if first is None else _resumed(first, iterator)


def _resumed(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def is_unchanged(request: Request, etag: str) -> bool:
    """Whether the client holds this very representation already."""
    return "If-None-Match" in request.headers and request.if_none_match.contains_weak(etag)


_UNSATISFIABLE = (0, 0)


def _wanted_range(request: Request, etag: str | None, length: int) -> tuple[int, int] | None:
    """The one range that is asked for, as first byte and the one after the last.

    None stands for the whole: no range, several (which we need not serve), another unit, or an
    If-Range that names another version.
    """
    condition = parse_if_range_header(request.headers.get("If-Range"))
    if condition.date is not None:
        return None
    if condition.etag is not None and condition.etag != unquote_etag(f'"{etag}"')[0]:
        return None
    header = request.headers.get("Range")
    if header == "bytes=-0":  # werkzeug takes it for malformed; it is well formed, and empty
        return _UNSATISFIABLE
    asked = parse_range_header(header)
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    return asked.range_for_length(length) or _UNSATISFIABLE


def _range_not_satisfiable(length: int) -> Response:
    return error_response(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        f"the resource has {length} bytes",
        headers={"Content-Range": f"bytes */{length}"},
    )
