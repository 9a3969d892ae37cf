"""What an error is on HTTP: one table from errors to statuses, and how an answer is spelled.

Nothing else may turn an exception into a status. An error's own message is shown only when its
row says that it was worded for the reader; anything without a row is our own bug: a 500 whose
answer says no more than the request's id.

References
----------
PS3.18 section 8.5 (status codes), RFC 9110 section 15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
from flask import Response

from archive import errors as archive_errors
from dicomweb.multipart import MultipartError
from imaging import errors as imaging_errors
from telemetry.logs import get_logger, request_id

log = get_logger(__name__)


class Refusal(Exception):  # noqa: N818 - reads as the answer that it is
    """The door itself says no.

    Parameters
    ----------
    status, message
        What to answer; the message is shown.
    available
        What the resource can give instead, for 406.
    headers
        Further headers of the answer.
    """

    def __init__(
        self,
        status: HTTPStatus,
        message: str,
        *,
        available: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.available = tuple(available)
        self.headers = dict(headers or {})

    @classmethod
    def bad_request(cls, message: str) -> Refusal:
        """400: the request cannot be read."""
        return cls(HTTPStatus.BAD_REQUEST, message)

    @classmethod
    def not_found(cls, message: str) -> Refusal:
        """404: there is no such thing."""
        return cls(HTTPStatus.NOT_FOUND, message)

    @classmethod
    def not_acceptable(cls, message: str, available: Sequence[str]) -> Refusal:
        """406: nothing that the client accepts can be given; say what can."""
        return cls(HTTPStatus.NOT_ACCEPTABLE, message, available=available)

    @classmethod
    def too_large(cls, max_bytes: int) -> Refusal:
        """413: more than we take."""
        message = f"the request is longer than the limit of {max_bytes} bytes"
        return cls(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

    @classmethod
    def stalled(cls, max_stall_s: float) -> Refusal:
        """408: the sender fell silent."""
        message = f"nothing was received for {max_stall_s:.0f} seconds"
        return cls(HTTPStatus.REQUEST_TIMEOUT, message, headers={"Connection": "close"})

    @classmethod
    def cut_off(cls) -> Refusal:
        """400: the connection broke in the middle of a body."""
        return cls.bad_request("the request's body broke off")

    @classmethod
    def busy(cls, message: str) -> Refusal:
        """503: later, please."""
        return cls(HTTPStatus.SERVICE_UNAVAILABLE, message, headers=_LATER)


_LATER = {"Retry-After": "5"}

_STATUSES: dict[type[Exception], HTTPStatus] = {
    archive_errors.NotFound: HTTPStatus.NOT_FOUND,
    archive_errors.Gone: HTTPStatus.GONE,
    archive_errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    archive_errors.NotAllowed: HTTPStatus.FORBIDDEN,
    archive_errors.BadSearch: HTTPStatus.BAD_REQUEST,
    archive_errors.TooBroad: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    archive_errors.InUse: HTTPStatus.CONFLICT,
    archive_errors.TooMany: HTTPStatus.SERVICE_UNAVAILABLE,
    archive_errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    MultipartError: HTTPStatus.BAD_REQUEST,
    # The stored bytes are as they were received, and can always be had with transfer-syntax=*;
    # what cannot be had is the representation that was asked for.
    imaging_errors.ImagingError: HTTPStatus.NOT_ACCEPTABLE,
    imaging_errors.CodecsBusy: HTTPStatus.SERVICE_UNAVAILABLE,
}

_HEADERS: dict[type[Exception], Mapping[str, str]] = {
    archive_errors.Unauthenticated: {"WWW-Authenticate": 'Bearer realm="DicomTube"'},
    archive_errors.StoreUnavailable: _LATER,
    archive_errors.TooMany: {"Retry-After": "600"},
    imaging_errors.CodecsBusy: _LATER,
}

_INSTEAD: dict[type[Exception], tuple[str, ...]] = {
    imaging_errors.ImagingError: ("the same as stored: transfer-syntax=*",),
}


def answer_error(error: Exception) -> Response:
    """Return the answer to a request that ended in `error`."""
    if isinstance(error, Refusal):
        return error_response(
            error.status, str(error), available=error.available, headers=error.headers
        )
    for kind in type(error).__mro__:
        if (status := _STATUSES.get(kind)) is not None:
            available = _INSTEAD.get(kind, ())
            if isinstance(error, archive_errors.ObjectMissing):
                log.exception("an object that the index names is missing")
            return error_response(
                status, str(error), available=available, headers=_HEADERS.get(kind)
            )
    log.exception("a request failed by our own fault")
    return error_response(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "the server failed; its log tells more under this request_id",
    )


def error_response(
    status: HTTPStatus,
    message: str,
    *,
    available: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Spell an error as JSON: ``{error, message, request_id, available?}``."""
    body: dict[str, object] = {
        "error": status.name.lower().replace("_", "-"),
        "message": message,
        "request_id": request_id.get(),
    }
    if available:
        body["available"] = list(available)
    response = Response(orjson.dumps(body), status, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    response.headers.update(headers or {})
    return response
