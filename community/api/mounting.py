"""The API put on an app, before anything registers endpoints with it."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from flask import Flask, Response, request

from archive.access import Principal
from archive.archive import Archive
from community.api.asking import EXTENSION, Desk
from community.api.blueprint import ROOT, protect
from community.api.bodies import StrictJSON
from community.api.document import Api
from community.api.problems import problem_details

_NOT_ROUTED = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


def mount(
    app: Flask,
    archive: Archive,
    viewer_of: Callable[[], Principal | None],
    origin: Callable[[], str],
) -> Api:
    """Return the API of an app; its `register_blueprint` adds endpoints.

    Parameters
    ----------
    viewer_of
        Says who sends the request at hand.
    origin
        The address by which the sender reached us, with our prefix.
    """
    app.extensions[EXTENSION] = Desk(archive, viewer_of, origin)
    app.json = StrictJSON(app)

    @app.after_request
    def tell(response: Response) -> Response:
        """Answer programs in their own way where no endpoint is, or not for this method."""
        if request.routing_exception is None or not request.path.startswith(f"{ROOT}/"):
            return response
        status = HTTPStatus(response.status_code)
        if status not in _NOT_ROUTED or response.mimetype != "text/html":
            return response
        answer = problem_details(status, f"nothing is served here: see {ROOT}/openapi.json")
        if allow := response.headers.get("Allow"):
            answer.headers["Allow"] = allow
        return protect(answer)

    return Api(app)
