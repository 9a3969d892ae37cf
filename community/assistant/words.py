"""What must not stand in a text that leaves: addresses, numbers of ours, names of its author.

Dates, names and numbers of patients are found by the screen of cases, which is handed in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

Screen = Callable[[str], bool]
"""Whether something in a text may identify somebody."""

_PICTURE: Final = re.compile(r"!\[[^\]\n]*\]\([^)\s]*(?:\s[^)\n]*)?\)")
_LINK: Final = re.compile(r"\[([^\]\n]*)\]\([^)\s]*(?:\s[^)\n]*)?\)")
_REFERENCE: Final = re.compile(r"(?m)^[ ]{0,3}\[[^\]\n]+\]:[^\n]*$")
_ADDRESS: Final = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,15}://|www\.|mailto:|doi:)\S+")
_TAG: Final = re.compile(r"<[^<>]{0,2000}>")

_NEVER: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?i)://|\bwww\.",
        r"\S@\S",
        # A handle, with which people are mentioned
        r"(?<!\w)@\w",
        # UIDs, and addresses of networks
        r"\b\d+(?:\.\d+){3,}\b",
        # Ids of rows, keys, hashes and tokens
        r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-",
        r"(?i)\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{16,}\b",
        r"\bdt[lp]?_[A-Za-z0-9_-]{8,}",
        r"\d{6,}",
    )
)
_MIN_PART: Final = 3


def without_addresses(text: str) -> str:
    """A text without links, pictures and markup: what a link is called stays."""
    for pattern, instead in (
        (_PICTURE, ""),
        (_LINK, r"\1"),
        (_REFERENCE, ""),
        (_TAG, ""),
        (_ADDRESS, ""),
    ):
        text = pattern.sub(instead, text)
    return text.strip()


def must_stay(text: str, own_names: Iterable[str], screen: Screen) -> bool:
    """Whether a text may not leave."""
    return (
        any(pattern.search(text) for pattern in _NEVER)
        or any(_names(text, name) for name in own_names)
        or screen(text)
    )


def _names(text: str, name: str) -> bool:
    """Whether a text has a name in it, whole, or one of its parts as it is capitalised."""
    whole = " ".join(name.split())
    if not whole:
        return False
    if _stands_in(text, whole, re.IGNORECASE):
        return True
    parts = [part for part in whole.split() if len(part) >= _MIN_PART and not part.islower()]
    return any(_stands_in(text, part, re.NOFLAG) for part in parts)


def _stands_in(text: str, name: str, flags: re.RegexFlag) -> bool:
    spelled = r"\s+".join(map(re.escape, name.split()))
    return re.search(rf"(?<!\w){spelled}(?!\w)", text, flags) is not None
