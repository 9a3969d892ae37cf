"""How often one address may write on the pages of a room."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request

from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.guarding import problem

max_writes_per_minute: Final = 30
"""Of one address, in one room."""


def limit_writes(blueprint: Blueprint) -> None:
    """Let an address wait that writes too often."""
    limiter = Limiter(max_writes_per_minute)

    @blueprint.before_request
    def count() -> Response | None:
        if request.method != "POST":
            return None
        try:
            limiter.take(request.remote_addr or "")
        except TooOften as error:
            answer = problem(HTTPStatus.TOO_MANY_REQUESTS, str(error))
            answer.headers["Retry-After"] = "60"
            return answer
        return None
