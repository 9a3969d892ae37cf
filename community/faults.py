"""Pages for an address that nobody serves, a method that is not taken, and a fault of ours.

Only for who reads: a program that does not ask for HTML gets what it got before.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from community.guarding import POLICY, problem

STATUSES = (
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)


def add_pages(blueprint: Blueprint) -> None:
    """Have the whole app answer readers with a page where it would answer in a line."""

    def answer(error: HTTPException) -> Response:
        plain = error.get_response()
        if not reads_pages():
            return plain
        page = problem(HTTPStatus(plain.status_code))
        if allowed := plain.headers.get("Allow"):
            page.headers["Allow"] = allowed
        page.headers.update(POLICY)
        page.headers["Cache-Control"] = "no-store"
        return page

    for status in STATUSES:
        blueprint.app_errorhandler(status)(answer)


def reads_pages() -> bool:
    """Whether the sender names HTML as something that it takes."""
    return any(media_type == "text/html" for media_type, _ in request.accept_mimetypes)
