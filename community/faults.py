"""Pages for an address that nobody serves, a method that is not taken, and a fault of ours.

Only for who reads, and only where the answer would be the framework's own line of HTML: a door that
says what is wrong in its own way, and a program that does not ask for HTML, keep what they have.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Blueprint, Response, request

from community.guarding import POLICY, problem

_NOT_ROUTED = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


def add_pages(blueprint: Blueprint) -> None:
    """Have the whole app answer readers with a page where it would answer in a line."""

    @blueprint.after_app_request
    def tell(response: Response) -> Response:
        if not (_is_bare(response) and reads_pages()):
            return response
        page = problem(HTTPStatus(response.status_code))
        page.headers.update(POLICY)
        page.headers["Cache-Control"] = "no-store"
        for kept in ("Allow", "X-Request-Id"):
            if value := response.headers.get(kept):
                page.headers[kept] = value
        return page


def reads_pages() -> bool:
    """Whether the sender names HTML as something that it takes."""
    return any(media_type == "text/html" for media_type, _ in request.accept_mimetypes)


def _is_bare(response: Response) -> bool:
    """Whether no view of ours wrote this answer."""
    if response.mimetype != "text/html":
        return False
    is_lost = request.routing_exception is not None and response.status_code in _NOT_ROUTED
    return is_lost or response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
