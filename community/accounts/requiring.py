"""Decorators of views that need somebody: signed in, or with a role.

They raise; `community.guarding` sends whoever asked for a page to sign in and back, and others get
the refusal as their door words it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import request
from flask.typing import ResponseReturnValue

from archive.errors import NotAllowed, Unauthenticated
from community.accounts.people import Person
from community.accounts.signed_in import person_of

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


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
        check(require_person())
        return view(*args, **kwargs)

    return guarded
