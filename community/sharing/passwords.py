"""Passwords of links: kept as scrypt makes them, so that a stolen table tells none.

References
----------
RFC 7914 (scrypt); its costs are a row of what OWASP recommends: 32 MiB and about 0.2 s a try.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from base64 import b64decode, b64encode
from typing import Final

from archive.errors import ArchiveError

min_password_chars: Final = 8
max_password_chars: Final = 200

_COST, _BLOCK, _LANES = 1 << 15, 8, 3
_MEMORY = 64 << 20


def hashed(password: str) -> str:
    """What is kept of a password: its costs, a salt of its own, and the hash.

    Raises
    ------
    ArchiveError
        It is too short or too long.
    """
    if not min_password_chars <= len(password) <= max_password_chars:
        raise ArchiveError(
            f"a password has {min_password_chars} to {max_password_chars} characters"
        )
    salt = secrets.token_bytes(16)
    found = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    return f"scrypt${_COST}${_BLOCK}${_LANES}${_text(salt)}${_text(found)}"


def is_right(password: str, kept: str) -> bool:
    """Whether this is the password; takes as long for a wrong one."""
    _, cost, block, lanes, salt, expected = kept.split("$")
    tried = password[:max_password_chars]
    found = _scrypt(tried, b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, b64decode(expected)) and tried == password


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    # The same letters, however a keyboard composes them.
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
