"""Who asks, found out once for a request: what several parts of one answer need to know.

Nothing is kept from one request to the next: a token that was revoked is gone at once. Only reads
by a token or a link are remembered, since nothing in such a request changes who sends it; who
signs in or out by a form is somebody else afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Request

from archive.access import Principal

_KEPT: Final = "dicomtube.principal"
_READS: Final = ("GET", "HEAD")


def asked_once(request: Request, find: Callable[[], Principal | None]) -> Principal | None:
    """Return who sends a request; `find` raises for a bad token, each time."""
    environ = request.environ
    if _KEPT in environ:
        kept: Principal | None = environ[_KEPT]
        return kept
    found = find()
    if environ["REQUEST_METHOD"] in _READS and "HTTP_AUTHORIZATION" in environ:
        environ[_KEPT] = found
    return found
