"""Handles: by which name a person is known to others. Pure.

A handle is neutral until a person chooses one, and two that look alike cannot both be taken.
"""

from __future__ import annotations

import re
import secrets
from typing import Final

from community.accounts.errors import AccountError

max_handle_chars: Final = 30
_FORM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{1,28})[A-Za-z0-9]")
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "-": None, "_": None})
_NEUTRAL_LETTERS = "bcdfghjkmnpqrstvwxyz23479"

RESERVED: Final = frozenset(
    (
        "about", "accessibility", "account", "accounts", "admin", "administrator",
        "anonymous", "api", "auth", "avatar", "avatars", "cases",
        "community", "contact", "cookies", "deleted", "deleteduser", "dicom",
        "dicomtube", "dicomweb", "everybody", "help", "home", "legal",
        "login", "logout", "me", "mod", "moderation", "moderator",
        "moderators", "nobody", "official", "operator", "operators", "owner",
        "privacy", "review", "root", "security", "settings", "staff",
        "static", "support", "system", "team", "terms", "uploads",
        "user", "users", "viewer", "wado", "webmaster", "welcome",
    )
)  # fmt: skip


def folded(handle: str) -> str:
    """What handles that look alike have in common."""
    return handle.lower().translate(_ALIKE)


_RESERVED_FOLDED = frozenset(folded(word) for word in RESERVED)


def checked_handle(text: str) -> str:
    """Return the handle, if it may be one.

    Raises
    ------
    AccountError
        It may not; the message says why.
    """
    handle = text.strip()
    if not _FORM.fullmatch(handle):
        raise AccountError(
            "a handle has 3 to 30 letters (a to z), digits, '-' and '_', and begins and ends with "
            "a letter or digit"
        )
    if folded(handle) in _RESERVED_FOLDED or not folded(handle):
        raise AccountError("this handle is kept for the site itself; choose another one")
    return handle


def neutral_handle() -> str:
    """A handle that tells nothing of whoever gets it."""
    return "reader-" + "".join(secrets.choice(_NEUTRAL_LETTERS) for _ in range(7))
