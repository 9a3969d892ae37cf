"""Readers without an account: a random cookie, made when they answer, of which we keep the hash.

Whoever only looks around gets none. It tells nothing but which answers came from this browser.
"""

from __future__ import annotations

import re
from typing import Final

from flask import Request
from werkzeug.wrappers import Response

from community.accounts.secret import digest, new_secret
from community.accounts.signed_in import set_private_cookie

COOKIE: Final = "__Host-dt_reader"
max_age_s: Final = 180 * 24 * 3600
"""How long a browser is known again after its last answer."""

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def answered_as(request: Request) -> str | None:
    """The key of the browser that asks; None of one that never answered."""
    secret = request.cookies.get(COOKIE, "")
    return key_of(secret) if _SECRET.fullmatch(secret) else None


def secret_of(request: Request) -> str:
    """The secret of the browser that asks: the one that it has, or a new one."""
    secret = request.cookies.get(COOKIE, "")
    return secret if _SECRET.fullmatch(secret) else new_secret()


def key_of(secret: str) -> str:
    """What a table keeps of a secret, spelled as `Reader.answered_as`."""
    return digest(secret).hex()


def remember(response: Response, secret: str) -> None:
    """Let the browser be known again."""
    set_private_cookie(response, COOKIE, secret, max_age_s)
