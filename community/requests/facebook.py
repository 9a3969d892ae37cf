"""Facebook's request that somebody's data be deleted: who it is about, if Facebook signed it. Pure.

References
----------
Meta for Developers, "Data Deletion Request Callback"; RFC 4648 section 5 (base64url), RFC 2104
(HMAC).
"""

from __future__ import annotations

import hmac
import json
import re
from base64 import urlsafe_b64decode
from datetime import UTC, datetime
from typing import Any, Final

from community.accounts.errors import SignInError

max_request_chars: Final = 8 * 1024
max_age_s: Final = 7 * 24 * 3600
max_ahead_s: Final = 300
_ALGORITHM: Final = "HMAC-SHA256"
_CODE_CHARS: Final = 20
_SUBJECT: Final = re.compile(r"[0-9]{1,64}")


def subject_of(signed_request: str, secret: str, now: datetime | None = None) -> str:
    """Return Facebook's name for who wants to be forgotten.

    Raises
    ------
    SignInError
        It is not signed with our secret, or not of these days.
    """
    signature, _, payload = signed_request.partition(".")
    if not 0 < len(signed_request) <= max_request_chars or not payload:
        raise _not_theirs()
    expected = hmac.digest(secret.encode(), payload.encode(), "sha256")
    said = _said(payload)
    if not hmac.compare_digest(_decoded(signature), expected):
        raise _not_theirs()
    if str(said.get("algorithm", "")).upper() != _ALGORITHM:
        raise _not_theirs()
    issued, moment = said.get("issued_at"), (now or datetime.now(UTC)).timestamp()
    if not isinstance(issued, (int, float)) or not -max_ahead_s < moment - issued < max_age_s:
        raise SignInError("this request is too old")
    subject = said.get("user_id")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise SignInError("this request names nobody")
    return subject


def code_of(signed_request: str, secret: str) -> str:
    """By what somebody may ask how far it is: the same for the same request, guessed by nobody."""
    made = hmac.digest(secret.encode(), f"code {signed_request}".encode(), "sha256")
    return made.hex()[:_CODE_CHARS]


def _said(payload: str) -> dict[str, Any]:
    try:
        said = json.loads(_decoded(payload))
    except (ValueError, RecursionError):
        raise _not_theirs() from None
    return said if isinstance(said, dict) else {}


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise _not_theirs() from None


def _not_theirs() -> SignInError:
    return SignInError("this is not signed by Facebook for us")
