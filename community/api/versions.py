"""Changing only what one has seen: versions as ETags, and If-Match.

An ETag here is the version of a thing, whoever reads it; it says nothing of what is hidden.

References
----------
RFC 9110 sections 8.8.3 (ETag) and 13.1.1 (If-Match), RFC 6585 section 3 (428).
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from flask import request

from community.api.fields import max_integer
from community.api.problems import Problem

_ONE_TAG: Final = re.compile(r'"[^"]*"')


def tagged(version: int | str) -> dict[str, str]:
    """The header that an answer with this version has."""
    return {"ETag": f'"{version}"'}


def given_tag(*, required: bool = True) -> str | None:
    """The ETag that the sender has seen; None for whichever is current.

    Raises
    ------
    Problem
        428 where there is none and one is needed, 400 for what is no single strong tag.
    """
    if not (sent := request.headers.get("If-Match", "").strip()):
        if required:
            raise Problem(
                HTTPStatus.PRECONDITION_REQUIRED,
                "send If-Match with the ETag of what you saw, so that nobody's change is lost",
            )
        return None
    if sent == "*":
        return None
    if not _ONE_TAG.fullmatch(sent):
        raise Problem(HTTPStatus.BAD_REQUEST, "If-Match is one ETag of ours, in quotes")
    return sent[1:-1]


def given_version(*, required: bool = True) -> int | None:
    """As `given_tag`, of a thing whose versions are numbers."""
    tag = given_tag(required=required)
    if tag is None:
        return None
    if not (tag.isascii() and tag.isdigit() and len(tag) <= 10 and int(tag) <= max_integer):
        raise changed_meanwhile()
    return int(tag)


def changed_meanwhile() -> Problem:
    """412: it is not any more what the sender saw."""
    return Problem(
        HTTPStatus.PRECONDITION_FAILED,
        "this was changed meanwhile; look at it again and repeat your change",
    )
