"""Decorators of views that need somebody: signed in, or with a role.

A page sends whoever is not signed in to sign in and back; what else than a page was asked for is
refused in words that the blueprint's error handlers spell.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlencode

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from archive.errors import NotAllowed, Unauthenticated
from community.accounts.people import Person
from community.accounts.signed_in import person_of

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]

_API = "/api/"


def signed_in(view: View[P]) -> View[P]:
    """Let only people who are signed in reach a view."""
    return _guarded(view, lambda _: None)


def role(wanted: str) -> Callable[[View[P]], View[P]]:
    """Let only people who have this role, or one above it, reach a view."""

    def check(person: Person) -> None:
        if not person.is_at_least(wanted):
            raise NotAllowed(f"this is for people with the role '{wanted}'")

    return lambda view: _guarded(view, check)


def require_person() -> Person:
    """Return who is signed in.

    Raises
    ------
    Unauthenticated
        Nobody is.
    """
    person = person_of(request)
    if person is None:
        raise Unauthenticated("sign in first")
    return person


def _guarded(view: View[P], check: Callable[[Person], None]) -> View[P]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if person_of(request) is None and _is_page():
            return redirect(url_for("accounts.login") + "?" + urlencode({"next": _here()}))
        check(require_person())
        return view(*args, **kwargs)

    return guarded


def _is_page() -> bool:
    return request.method in ("GET", "HEAD") and not request.path.startswith(_API)


def _here() -> str:
    """Path and query of this page, below our prefix."""
    return request.full_path.removesuffix("?")
