"""Which pages are counted: those that everybody may read, and no address that opens something.

Nothing is told of drafts, settings, sign-in, moderation and what is shared by a link.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Request

from community.cases.model import PUBLIC

PAGES: Final = frozenset(
    {
        "cases.show",
        "finding.home",
        "finding.search",
        "pages.about",
        "pages.conformance",
        "policies.page",
        "policies.version",
        "consent.cookies",
        "profiles.profile",
        "tags.listing",
    }
)
"""Endpoints. A case among them is counted only when it is public."""


def is_counted(request: Request, shown: Callable[[str], Any]) -> bool:
    """Whether the page at hand may be counted.

    Parameters
    ----------
    shown
        Tells what its template was given, by name.
    """
    if request.method != "GET" or request.endpoint not in PAGES or shown("status"):
        return False
    case = getattr(shown("view"), "case", None)
    return case is None or bool(case.state == PUBLIC)
