"""Who is signed in in the browser that asks: its cookie, and the session behind it.

The cookie's name begins with `__Host-`, so no other host and no plain connection can set it;
browsers treat loopback as secure, so it is the same cookie on a developer's machine.

References
----------
RFC 6265bis sections 4.1.3.2 (`__Host-`) and 5.6.7.1 (Lax), W3C Secure Contexts section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from flask import Request, current_app, g
from werkzeug.wrappers import Response

from archive.archive import Archive
from community.accounts import sessions
from community.accounts.people import Person
from community.accounts.sessions import Session

COOKIE: Final = "__Host-dt_session"
ARCHIVE_KEY: Final = "dicomtube.archive"
"""Where the app keeps the archive that people's accounts lie beside."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person, and the session in which they ask.

    Attributes
    ----------
    secret
        What their cookie holds; other secrets are derived from it.
    """

    person: Person
    session: Session
    secret: str


def person_of(request: Request) -> Person | None:
    """Who is signed in; None is nobody. Looked up once a request, and only if there is a cookie."""
    found = signed_in(request)
    return None if found is None else found.person


def signed_in(request: Request) -> SignedIn | None:
    """As `person_of`, with the session."""
    if "signed_in" not in g:
        g.signed_in = _look_up(request.cookies.get(COOKIE, ""))
    return cast("SignedIn | None", g.signed_in)


def set_session(response: Response, secret: str) -> None:
    """Give the browser its session."""
    set_private_cookie(response, COOKIE, secret, sessions.max_age_s)


def forget_session(response: Response) -> None:
    """Take the session from the browser."""
    drop_private_cookie(response, COOKIE)


def set_private_cookie(response: Response, name: str, value: str, max_age_s: int) -> None:
    """Set a cookie that only we and only over a secure connection get, and no script reads."""
    response.set_cookie(
        name, value, max_age=max_age_s, path="/", secure=True, httponly=True, samesite="Lax"
    )


def drop_private_cookie(response: Response, name: str) -> None:
    """Delete what `set_private_cookie` set."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="Lax")


def _look_up(secret: str) -> SignedIn | None:
    if not secret:
        return None
    found = sessions.find(cast("Archive", current_app.extensions[ARCHIVE_KEY]), secret)
    return None if found is None else SignedIn(*found, secret)
