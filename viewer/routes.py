"""The door at `/viewer/`: a file of the release, its configuration, or the page that starts it.

Reads no request body and knows no user: what may be seen is decided by the DICOMweb roots that
the viewer asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from viewer.config import app_config
from viewer.files import StaticFile, read_table
from viewer.install import PREFIX
from viewer.policy import HARDENING, ISOLATION, content_security_policy

_INDEX = "index.html"
_CONFIG = "app-config.js"
_ONE_YEAR_S = 365 * 24 * 3600
_NOT_INSTALLED = (
    "The viewer is not installed on this server. Install it with "
    "`python -m ops viewer install`; this page then works without a restart.\n"
)


@dataclass(frozen=True)
class _Site:
    """An installed release, read when the first request after its installation comes."""

    dist: Path

    @property
    def installed(self) -> bool:
        return (self.dist / _INDEX).is_file()

    @cached_property
    def files(self) -> Mapping[str, StaticFile]:
        return read_table(self.dist)

    @cached_property
    def policy(self) -> str:
        return content_security_policy((self.dist / _INDEX).read_bytes())


def create_blueprint(dist: Path, collections: Callable[[], Sequence[tuple[str, str]]]) -> Blueprint:
    """Return the blueprint that serves the viewer.

    Parameters
    ----------
    dist : Path
        The installed release (`ViewerSettings.dist`); it may appear later.
    collections : callable
        Lists the DICOMweb roots to offer, each a name and a root path; the first is the default.
        Asked anew each time, for collections are made while the server runs.
    """
    blueprint = Blueprint("viewer", __name__, url_prefix=PREFIX.rstrip("/"))
    site = _Site(dist)

    @blueprint.get("/")
    @blueprint.get("/<path:name>")
    def serve(name: str = _INDEX) -> Response:
        if not site.installed:
            return Response(
                _NOT_INSTALLED, HTTPStatus.SERVICE_UNAVAILABLE, content_type="text/plain"
            )
        if name == _CONFIG:
            return _script(app_config(collections(), PREFIX, request.script_root).encode())
        return _file(site, name)

    @blueprint.after_request
    def guard(response: Response) -> Response:
        response.headers.update({**ISOLATION, **HARDENING})
        if site.installed:
            response.headers["Content-Security-Policy"] = site.policy
        return response

    return blueprint


def _script(text: bytes) -> Response:
    response = Response(text, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(hashlib.sha256(text).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _file(site: _Site, name: str) -> Response:
    row = site.files.get(name)
    if row is None:
        # The routes of the single page (`viewer`, `segmentation`, …) have no dot in their last
        # part; a file that is missing must not be answered with a page.
        if "." in name.rpartition("/")[2]:
            return Response("No such file.\n", HTTPStatus.NOT_FOUND, content_type="text/plain")
        row = site.files[_INDEX]
    return _send(row)


def _send(row: StaticFile) -> Response:
    encoding, path = _representation(row)
    response = send_file(path, mimetype=row.media_type, conditional=True, etag=True)
    response.headers["Content-Type"] = row.media_type
    if encoding:
        response.headers["Content-Encoding"] = encoding
    if row.encoded:
        response.vary.add("Accept-Encoding")
    if row.immutable:
        response.headers["Cache-Control"] = f"public, max-age={_ONE_YEAR_S}, immutable"
    else:
        response.headers["Cache-Control"] = "no-cache"
    return response


def _representation(row: StaticFile) -> tuple[str | None, Path]:
    """Return the best encoding that the client takes, and the file that holds it."""
    accepted = request.accept_encodings
    for encoding, path in row.encoded.items():
        if accepted and accepted.quality(encoding) > 0:
            return encoding, path
    return None, row.path
