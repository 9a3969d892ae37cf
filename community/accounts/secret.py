"""Secrets that are handed out once and kept as a hash.

256 random bits need no slow hash: there is nothing to guess. So looking one up is one indexed read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import Final

max_secret_chars: Final = 128


def new_secret() -> str:
    """256 random bits as text that a cookie and a URL can carry."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What a table keeps of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def derived(secret: str, purpose: str) -> str:
    """Another secret, which tells nothing of the first: for one purpose only."""
    code = hmac.digest(secret.encode("utf-8", "replace"), purpose.encode(), "sha256")
    return urlsafe_b64encode(code).rstrip(b"=").decode()


def is_same(given: str | None, expected: str) -> bool:
    """Compare without telling by the time it takes how much was right."""
    return given is not None and hmac.compare_digest(
        given.encode("utf-8", "replace"), expected.encode()
    )
