"""What a reader chose for all pages: theme and language, each in a cookie of its own.

Neither tells who the reader is. A cookie is set only when something is chosen, and taken away when
the choice goes back to what the browser says.

References
----------
RFC 6265bis section 4.1 (Set-Cookie), section 5.4.7 (SameSite).
"""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Final

from flask import Response, request

THEME_COOKIE: Final = "dt_theme"
LOCALE_COOKIE: Final = "dt_locale"
AUTO: Final = "auto"
THEMES: Final = (AUTO, "light", "dark")

_ONE_YEAR_S = 365 * 24 * 3600
_MAX_PATH = 2000


def chosen_theme() -> str:
    """The theme of the request's reader: one of `THEMES`."""
    value = request.cookies.get(THEME_COOKIE, AUTO)
    return value if value in THEMES else AUTO


def choose(locales: Collection[str]) -> Response:
    """Answer a form that chooses: keep it, and lead back to the page that it was sent from."""
    response = Response(status=HTTPStatus.SEE_OTHER)
    response.headers["Location"] = request.script_root + local_path(request.form.get("next", ""))
    for cookie, offered in ((THEME_COOKIE, THEMES[1:]), (LOCALE_COOKIE, tuple(locales))):
        value = request.form.get(cookie.removeprefix("dt_"))
        if value in offered:
            response.set_cookie(
                cookie, value, _ONE_YEAR_S, httponly=True, samesite="Lax", secure=request.is_secure
            )
        elif value == AUTO:
            response.delete_cookie(cookie, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def local_path(text: str) -> str:
    """A path of this server with its query, or ``/`` when the text could lead anywhere else.

    Browsers take a backslash for a slash and drop tabs and line ends, so none may be in it.
    """
    is_plain = text.isascii() and text.isprintable() and "\\" not in text and " " not in text
    if is_plain and text.startswith("/") and not text.startswith("//") and len(text) < _MAX_PATH:
        return text
    return "/"
