"""Prose without what identifies: known texts of this patient, and numbers, dates, addresses.

Only the cleaning of one text lives here; which texts are cleaned, and how strictly, is `values`'
matter.

References
----------
PS3.15 sections E.3.4 and E.3.5.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from imaging.deidentify.identity import Identity
from imaging.deidentify.lexicon import lexicon_of
from imaging.deidentify.patterns import places_of
from imaging.deidentify.spelling import fold, visible, words
from imaging.deidentify.vocabulary import is_common

REMOVED: Final = "[REMOVED]"
MAX_TEXT: Final = 256 * 1024
"""Characters of one text that are cleaned; a longer one is removed as a whole. Real reports have
some thousands, and cleaning takes about a second for this many of the worst."""

_MAX_KEPT_LENGTH: Final = 256
_MAX_KEPT_TEXTS: Final = 1000
_MAX_DIGITS: Final = 5
_MARKED: Final = re.compile(rb"\x01+")
_SPACE: Final = re.compile(r"[ \t,;_^.()/-]{1,3}")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text and how many places of it were taken out."""

    text: str
    removed: int


def clean_text(
    text: str, identity: Identity, *, only_known: bool = False, general: bool = True
) -> Cleaned:
    """Take out what identifies.

    Parameters
    ----------
    identity
        Of the patient, and of others that the header names.
    only_known
        Take out every word, too, that is none of the vocabulary, and every long number.
    general
        Take out dates, telephones and other things of nobody known.
    """
    kept, key = _kept_of(identity), (text, only_known, general)
    made = kept.get(key)
    if made is None:
        made = _cleaned(text, identity, only_known, general)
        if len(text) <= _MAX_KEPT_LENGTH and len(kept) < _MAX_KEPT_TEXTS:
            kept[key] = made
    return made


@lru_cache(maxsize=64)
def _kept_of(identity: Identity) -> dict[tuple[str, bool, bool], Cleaned]:
    """What came of short texts: many files of a study have the same."""
    return {}


def _cleaned(text: str, identity: Identity, only_known: bool, general: bool) -> Cleaned:
    if len(text) > MAX_TEXT:
        return Cleaned(REMOVED, 1)
    if not text.strip():
        return Cleaned(text, 0)
    text = visible(text)
    known = lexicon_of(identity).places(text)
    if known is None:
        return Cleaned(REMOVED, 1)
    marked = bytearray(len(text))
    for start, end in known:
        marked[start:end] = b"\1" * (end - start)
    if general:
        for start, end in places_of(text):
            marked[start:end] = b"\1" * (end - start)
    if only_known:
        for start, end in _foreign(text):
            marked[start:end] = b"\1" * (end - start)
    return _without(text, marked)


def has_identity(text: str, identity: Identity) -> bool:
    """Whether a text has anything of the people of an identity; of one too long to tell, it has."""
    places = None if len(text) > MAX_TEXT else lexicon_of(identity).places(visible(text))
    return places is None or bool(places)


def _foreign(text: str) -> Iterator[tuple[int, int]]:
    """Words that are none of the vocabulary."""
    for start, end in words(text):
        word = text[start:end]
        if word.isdigit():
            if end - start > _MAX_DIGITS:
                yield start, end
        elif (end - start > 1 or not word.isascii()) and not is_common(fold(word)):
            # A letter alone, as in T2 and L5, names nobody.
            yield start, end


def _without(text: str, marked: bytearray) -> Cleaned:
    if 1 not in marked:
        return Cleaned(text, 0)
    for match in _SPACE.finditer(text):
        start, end = match.span()
        if start and end < len(text) and marked[start - 1] == 1 == marked[end]:
            # Words that go together leave one mark.
            marked[start:end] = b"\1" * (end - start)
    pieces, removed, at = [], 0, 0
    for found in _MARKED.finditer(marked):
        pieces += [text[at : found.start()], REMOVED]
        removed, at = removed + 1, found.end()
    return Cleaned("".join([*pieces, text[at:]]), removed)
