"""Whether whoever asks has signed in a moment ago: asked before data leave, or an account goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from flask import request

from archive.errors import NotAllowed
from community.accounts.signed_in import signed_in

is_fresh_for: Final = timedelta(minutes=15)


def is_fresh(now: datetime | None = None) -> bool:
    """Whether the session at hand began by a sign-in of the last minutes."""
    found = signed_in(request)
    now = now or datetime.now(UTC)
    return found is not None and now - found.session.reauthenticated_at < is_fresh_for


def require_fresh() -> None:
    """Let pass who has signed in a moment ago.

    Raises
    ------
    NotAllowed
        They are to sign in again first.
    """
    if not is_fresh():
        raise NotAllowed("sign in again first, so that we know that it is you")
