"""What people write in requests, as it is kept: bounded, and without what cannot be shown. Pure."""

from __future__ import annotations

import re
from typing import Final

from community.requests.errors import RequestError

max_words_chars: Final = 5_000
max_address_chars: Final = 254
max_reach_chars: Final = 300
max_page_chars: Final = 500

# Not who may have an address, which nobody can tell, but what is safe in the header of a mail.
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,253}")


def checked_words(text: str) -> str:
    """A text of several lines.

    Raises
    ------
    RequestError
        It is too long.
    """
    kept = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(sign for sign in kept if sign.isprintable() or sign in "\n\t").strip()
    return _short(kept, max_words_chars, "words")


def checked_address(text: str) -> str:
    """An e-mail address, or nothing.

    Raises
    ------
    RequestError
        It is none.
    """
    kept = text.strip()
    if not kept:
        return ""
    is_one = len(kept) <= max_address_chars and kept.isprintable() and _ADDRESS.fullmatch(kept)
    if not is_one or "." not in kept.rpartition("@")[2]:
        raise RequestError("this is no e-mail address; write it like name@example.org", "email")
    return kept


def checked_reach(text: str) -> str:
    """Another way to reach somebody, on one line."""
    return _short(_line(text), max_reach_chars, "reach")


def checked_page(text: str) -> str:
    """The address of a page, on one line; it is shown, and never opened by us."""
    return _short(_line(text), max_page_chars, "about")


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _short(text: str, max_chars: int, field: str) -> str:
    if len(text) > max_chars:
        raise RequestError(f"write at most {max_chars} characters; these are {len(text)}", field)
    return text
