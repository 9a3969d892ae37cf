"""What a browser chose, as its cookie tells, and what follows from it for a request.

The signal of privacy that some browsers send (Sec-GPC) is a refusal. It is outweighed only by a
choice that the same browser made afterwards, while it was sending it.

References
----------
Global Privacy Control (W3C), section 3.2 (the field Sec-GPC).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Request
from werkzeug.wrappers import Response

from community.consent.table import ANALYTICS, cookie_table
from community.ids import is_id, new_id

COOKIE: Final = "dt_consent"
SIGNAL: Final = "Sec-GPC"
lasts_s: Final = 182 * 24 * 3600
"""A refusal is remembered for as long as an agreement."""

_YES, _NO = ANALYTICS, "none"
_WITH_SIGNAL, _WITHOUT = "signal", "plain"


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen.

    Attributes
    ----------
    browser
        A random number, by which the proof of a choice is found.
    version
        Of the table of cookies that the choice was about.
    knew_signal
        The browser sent the signal of privacy when it chose.
    """

    browser: str
    analytics: bool
    version: str
    knew_signal: bool

    def spelled(self) -> str:
        """As the cookie holds it."""
        what = _YES if self.analytics else _NO
        when = _WITH_SIGNAL if self.knew_signal else _WITHOUT
        return f"{self.version}.{what}.{when}.{self.browser}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for a request.

    Attributes
    ----------
    is_asked
        Whether there is anything to agree to on this site.
    """

    is_asked: bool
    choice: Choice | None
    has_signal: bool

    @property
    def may_count(self) -> bool:
        """Whether the reader agreed to be counted."""
        if not self.is_asked or self.choice is None or not self.choice.analytics:
            return False
        return self.choice.knew_signal or not self.has_signal

    @property
    def must_ask(self) -> bool:
        """Whether the banner is to be shown: nobody is asked who has said no already."""
        return self.is_asked and self.choice is None and not self.has_signal


def standing_of(request: Request, *, is_asked: bool) -> Standing:
    """What holds for a request."""
    choice = read_choice(request.cookies.get(COOKIE, ""))
    if choice is not None and choice.version != cookie_table().version:
        choice = None
    return Standing(is_asked, choice, request.headers.get(SIGNAL) == "1")


def read_choice(text: str) -> Choice | None:
    """A choice from its spelling; None if it is none of ours."""
    version, _, rest = text.partition(".")
    what, _, rest = rest.partition(".")
    when, _, browser = rest.partition(".")
    known = what in (_YES, _NO) and when in (_WITH_SIGNAL, _WITHOUT) and is_id(browser)
    return Choice(browser, what == _YES, version, when == _WITH_SIGNAL) if known else None


def new_choice(request: Request, *, analytics: bool) -> Choice:
    """A choice made now, by the browser that asks."""
    earlier = read_choice(request.cookies.get(COOKIE, ""))
    return Choice(
        earlier.browser if earlier else new_id(),
        analytics,
        cookie_table().version,
        request.headers.get(SIGNAL) == "1",
    )


def keep_choice(response: Response, request: Request, choice: Choice) -> None:
    """Have the browser remember it."""
    response.set_cookie(
        COOKIE,
        choice.spelled(),
        max_age=lasts_s,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure,
    )


def drop_counting(response: Response, request: Request) -> None:
    """Delete what counting left in the browser, for this host and those above it."""
    names = [name for name in request.cookies if _counts(name)]
    host = request.host.partition(":")[0].lower()
    labels = host.split(".")
    above = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    for name in names:
        response.delete_cookie(name, path="/")
        for domain in above:
            response.delete_cookie(name, path="/", domain=domain)


def has_counting(request: Request) -> bool:
    """Whether the browser holds a cookie of the statistics."""
    return any(map(_counts, request.cookies))


def _counts(name: str) -> bool:
    row = cookie_table().find(name)
    return row is not None and row.category == ANALYTICS
