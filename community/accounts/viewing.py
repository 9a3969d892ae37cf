"""Who looks: what a request's token says, or else the person who is signed in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from flask import request

from archive.access import Principal
from community.accounts.principals import principal_of
from community.accounts.signed_in import person_of


def viewer(by_token: Callable[[], Principal | None], *, is_open: bool) -> Principal | None:
    """Return who sends the request at hand.

    Parameters
    ----------
    by_token
        What the request says without its cookies; raises `Unauthenticated` for a bad token.
    is_open
        Whether everybody may do everything here: then signing in takes nothing away.
    """
    if request.headers.get("Authorization"):
        return by_token()
    person = person_of(request)
    if person is None:
        return by_token()
    found = principal_of(person)
    return replace(found, everything=True) if is_open else found
