"""Texts as other formats can hold them: on one line, and without signs that XML cannot write."""

from __future__ import annotations

import re

_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """A text without what XML 1.0 cannot write."""
    return _UNWRITABLE.sub("", text)


def one_line(text: str) -> str:
    """A text on one line, without signs that nobody sees."""
    spaced = " ".join(text.split())
    return "".join(sign for sign in spaced if sign.isprintable())
