"""Texts of people as they are kept: within bounds, and without signs that nobody sees."""

from __future__ import annotations

from typing import Final

from community.cases.errors import CaseError

max_title_chars: Final = 200
max_section_chars: Final = 20_000
max_caption_chars: Final = 500
max_alt_chars: Final = 1_000
max_label_chars: Final = 80
max_note_chars: Final = 200

_JOINERS: Final = "\u200c\u200d"
"""Without a shape of their own, and needed to write Persian, Hindi and others."""


def line(text: str, max_chars: int, field: str, what: str) -> str:
    """A text of one line.

    Parameters
    ----------
    field, what
        Where it was filled in, and what it is called in a refusal.

    Raises
    ------
    CaseError
        It is too long.
    """
    return _bounded(" ".join(_visible(text, "").split()), max_chars, field, what)


def prose(text: str, max_chars: int, field: str, what: str) -> str:
    """A text of several lines; as `line`."""
    ended = text.replace("\r\n", "\n").replace("\r", "\n")
    return _bounded(_visible(ended, "\n\t").strip(), max_chars, field, what)


def _visible(text: str, kept: str) -> str:
    also = kept + _JOINERS
    return "".join(one if one.isprintable() or one in also else " " for one in text)


def _bounded(text: str, max_chars: int, field: str, what: str) -> str:
    if len(text) > max_chars:
        words = f"the {what} may have {max_chars} characters; this one has {len(text)}"
        raise CaseError(words, field)
    return text
