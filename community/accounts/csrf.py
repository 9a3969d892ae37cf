"""A token in every form, so that only our own pages can send it in a signed-in person's name.

It is derived from the secret that the browser's cookie holds, and so ends with it. It stands beside
the rule that writes come from our own origin (`community.guarding`), not in its place.
"""

from __future__ import annotations

from flask import Request

from community.accounts.errors import AccountError
from community.accounts.secret import derived, is_same
from community.accounts.signed_in import signed_in

FIELD = "csrf"
HEADER = "X-CSRF-Token"
_PURPOSE = "forms"


def token(request: Request) -> str:
    """What the forms of this browser carry; empty when nobody is signed in."""
    found = signed_in(request)
    return "" if found is None else token_of(found.secret)


def token_of(secret: str) -> str:
    """The token of whoever holds this secret."""
    return derived(secret, _PURPOSE)


def check(request: Request) -> None:
    """Refuse a form that was not made for the person who is signed in.

    Nobody signed in, or a bearer token instead: there is nothing that another site could use.

    Raises
    ------
    AccountError
        The field is missing or wrong.
    """
    if request.headers.get("Authorization"):
        return
    found = signed_in(request)
    if found is not None:
        check_field(request, found.secret)


def check_field(request: Request, secret: str) -> None:
    """Refuse a form whose field was not derived from this secret."""
    given = request.form.get(FIELD) or request.headers.get(HEADER)
    if not is_same(given, token_of(secret)):
        raise AccountError("this form is out of date; load the page again and send it anew")


def has_header(request: Request) -> bool:
    """Whether what a program sends is not only carried by a browser's session.

    There is nothing to misuse where nobody is signed in, or a bearer token is sent instead.
    """
    if request.headers.get("Authorization"):
        return True
    found = signed_in(request)
    return found is None or is_same(request.headers.get(HEADER), token_of(found.secret))
