"""Resources of the standard that cannot be had yet, answered as what they are.

Each answers 501 with what can be had instead, so that a client can tell "not yet" from "not
there". A view leaves this module when it learns to do its work.
"""

from __future__ import annotations

from http import HTTPStatus

from flask import Response

from dicomweb.calls import Call
from dicomweb.errors import Refusal

_PICTURES = ("studies/<uid>/series/<uid>/thumbnail", "instances/<uid>/frames/<list>")


def volume(_: Call, **__: str) -> Response:
    """Rendered volumes (PS3.18 10.4.1.1.7 and 10.4.1.1.8)."""
    raise _not_yet("rendered volumes", _PICTURES)


def _not_yet(what: str, available: tuple[str, ...]) -> Refusal:
    message = f"this server does not give {what} yet"
    return Refusal(HTTPStatus.NOT_IMPLEMENTED, message, available=available)
