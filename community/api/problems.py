"""Errors as Problem Details, with the number of the request: one table from errors to statuses.

References
----------
RFC 9457 (Problem Details for HTTP APIs), RFC 6585 (428, 429), RFC 9110 section 15.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from flask import Response, jsonify
from werkzeug.exceptions import HTTPException

from archive import errors
from community.accounts.errors import TooOften
from telemetry.logs import get_logger, request_id

log = get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

Statuses = Mapping[type[errors.ArchiveError], HTTPStatus]
"""What errors of a kind are; the nearest kind counts."""

STATUSES: Final[Statuses] = {
    TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.NotAllowed: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.Gone: HTTPStatus.GONE,
    errors.InUse: HTTPStatus.CONFLICT,
    errors.BadSearch: HTTPStatus.BAD_REQUEST,
    errors.TooBroad: HTTPStatus.BAD_REQUEST,
    errors.TooMany: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ArchiveError: HTTPStatus.UNPROCESSABLE_ENTITY,
}

_HEADERS: Final[Mapping[HTTPStatus, Mapping[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
    HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": "60"},
    HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": "5"},
}

_OUR_FAULT: Final = "the server failed; its log tells more under this request_id"


class Problem(Exception):  # noqa: N818 - it is the answer that it is called after
    """An endpoint says no in the words of HTTP, where no error of the archive says it.

    Parameters
    ----------
    errors
        What is wrong where in the request, as `pointed` words it.
    """

    def __init__(
        self, status: HTTPStatus, detail: str, errors: Sequence[Mapping[str, str]] = ()
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.errors = tuple(errors)


def problem_details(
    status: HTTPStatus, detail: str, wrong: Sequence[Mapping[str, str]] = ()
) -> Response:
    """Spell an error as RFC 9457 says.

    Parameters
    ----------
    wrong
        Which members of the request are wrong, and why.
    """
    said: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status,
        "detail": detail,
    }
    if wrong:
        said["errors"] = list(wrong)
    if number := request_id.get():
        said["request_id"] = number
    answer = jsonify(said)
    answer.status_code = status
    answer.content_type = MEDIA_TYPE
    answer.headers.update(_HEADERS.get(status, {}))
    return answer


def answer_error(error: Exception, more: Statuses | None = None) -> Response:
    """Return the answer to a request that ended in `error`.

    Parameters
    ----------
    more
        Rows of the blueprint that answers, which go before those of all.
    """
    if isinstance(error, Problem):
        return problem_details(error.status, str(error), error.errors)
    if isinstance(error, HTTPException):
        return _of_framework(error)
    if isinstance(error, errors.ArchiveError):
        if isinstance(error, errors.ObjectMissing):
            log.exception("an object that the index names is missing")
        field = getattr(error, "field", "")
        wrong = [pointed([field], str(error))] if field else []
        return problem_details(_status_of(error, more or {}), str(error), wrong)
    log.exception("a request failed by our own fault")
    return problem_details(HTTPStatus.INTERNAL_SERVER_ERROR, _OUR_FAULT)


def pointed(path: Sequence[object], detail: str) -> dict[str, str]:
    """What is wrong at one place of a body, named by a JSON Pointer (RFC 6901)."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in path)
    return {"pointer": "".join(f"/{step}" for step in steps), "detail": detail}


def _status_of(error: errors.ArchiveError, more: Statuses) -> HTTPStatus:
    for kind in type(error).__mro__:
        for rows in (more, STATUSES):
            if kind in rows:
                return rows[kind]
    return HTTPStatus.UNPROCESSABLE_ENTITY


def _of_framework(error: HTTPException) -> Response:
    if error.response is not None and isinstance(error.response, Response):
        return error.response
    answer = problem_details(HTTPStatus(error.code or 500), _worded(error))
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            answer.headers[name] = value
    return answer


def _worded(error: HTTPException) -> str:
    words = error.description or ""
    return f"{words[:1].lower()}{words[1:]}".rstrip(".")
