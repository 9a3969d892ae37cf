"""Prose without what identifies: known texts of this patient, and numbers, dates, addresses.

Only the cleaning of one text lives here; which texts are cleaned is `engine`'s matter.

References
----------
PS3.15 sections E.3.4 and E.3.5.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from imaging.deidentify.identity import Identity, fold

REMOVED: Final = "[REMOVED]"
MAX_TEXT: Final = 4 * 1024 * 1024
"""Characters of one text that are cleaned; a longer one is removed as a whole."""

_MAX_ALTERNATIVES: Final = 2_000

# What identifies somebody whoever it is. Bounded repeats only: the text is hostile.
_GENERAL: Final = re.compile(
    r"""
      [\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}              # e-mail
    | (?:https?|ftp|file)://[^\s<>"']{1,512}                        # URL
    | \b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?)?\b          # date, and time
    | \b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b
    | \b(?:19|20)\d{6}\b
    | \b\d{1,2}[ -]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}[ -,]{0,2}\d{2,4}\b
    | \b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?[ ]\d{1,2},?[ ]\d{2,4}\b
    | \b\d{3}-\d{2}-\d{4}\b                                         # social security number
    | (?<!\w)\+?\(?\d{2,4}\)?[ .-]\d{3,4}[ .-]\d{3,6}\b             # telephone
    | (?<![\d.])\d{6,}(?![\d.])                                     # long numbers
    | (?-i:\b(?:(?:Dr|Mr|Mrs|Ms|Prof)\b\.?|(?:DR|MRS|PROF)\.)[ ]+)[^\W\d_][\w'-]{1,40}  # titles
    | \b\d+(?:\.\d+){4,}\b                                          # UIDs
    """,
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text and how many places of it were taken out."""

    text: str
    removed: int


def clean_text(text: str, identity: Identity) -> Cleaned:
    """Take out what identifies.

    Parameters
    ----------
    identity
        Of the patient, and of others that the header names.
    """
    if len(text) > MAX_TEXT:
        return Cleaned(REMOVED, 1)
    marked = bytearray(len(text))
    for start, end in _places(text, identity):
        marked[start:end] = b"\1" * (end - start)
    return _without(text, marked)


def _places(text: str, identity: Identity) -> list[tuple[int, int]]:
    folded, origins = _folded(text)
    places = []
    for pattern in _patterns(identity):
        places += [
            (origins[match.start()], origins[match.end() - 1] + 1)
            for match in pattern.finditer(folded)
            if match.end() > match.start()
        ]
    places += [match.span() for match in _GENERAL.finditer(text)]
    return places


def _folded(text: str) -> tuple[str, list[int]]:
    """The text folded, and of which of its characters each one came."""
    letters: list[str] = []
    origins: list[int] = []
    for index, character in enumerate(text):
        for letter in fold(character) if not character.isascii() else character.lower():
            if not unicodedata.combining(letter):
                letters.append(letter)
                origins.append(index)
    return "".join(letters), origins


@lru_cache(maxsize=64)
def _patterns(identity: Identity) -> tuple[re.Pattern[str], ...]:
    """All identifiers in a few patterns, the longest first."""
    texts = sorted(identity.texts(), key=lambda text: (-len(text), text))
    return tuple(
        re.compile("|".join(_bounded(text) for text in texts[at : at + _MAX_ALTERNATIVES]))
        for at in range(0, len(texts), _MAX_ALTERNATIVES)
    )


def _bounded(text: str) -> str:
    """An identifier as a word of its own; scripts without spaces know no words."""
    body = r"[\s^]+".join(map(re.escape, text.split()))
    alone = len(text) == 1
    before = r"(?<![^\W_])" if alone or (text[:1].isascii() and text[:1].isalnum()) else ""
    after = r"(?![^\W_])" if alone or (text[-1:].isascii() and text[-1:].isalnum()) else ""
    return f"{before}{body}{after}"


def _without(text: str, marked: bytearray) -> Cleaned:
    pieces, removed, at = [], 0, 0
    for match in re.finditer(rb"\x01+", bytes(marked)):
        pieces += [text[at : match.start()], REMOVED]
        removed, at = removed + 1, match.end()
    return Cleaned("".join([*pieces, text[at:]]), removed)
