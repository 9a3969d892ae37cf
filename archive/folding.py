"""Names of persons as they are compared: case, accents and padding taken away.

Pure text in, text out. Stored names and names in a question pass through the same functions,
so that what is equal to a reader is equal to the index. Kana voice marks and the vowel signs of
other scripts carry meaning and stay; only the combining marks of Latin, Greek and Cyrillic
(U+0300 to U+036F) are taken off.

References
----------
PS3.4 Section C.2.2.2.1 (names may be matched without regard to case and accents), PS3.5 Section
6.2.1 (component groups).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import jellyfish

MAX_TOKENS = 24
"""Tokens of one attribute that fuzzy matching keeps."""

# Letters that Unicode does not decompose, as people without the key type them.
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
# A folded component must not look like the structure around it.
_STRUCTURE = str.maketrans({"^": " ", "=": " ", "\\": " "})
_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Text without case and accents, compatible forms (full width, ligatures) made one."""
    once = _folded(text)
    # Folding a few rare letters lets others compose; a second pass reaches the fixed point.
    return _folded(once)


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold()).casefold()
    plain = _MARKS.sub("", decomposed).translate(_UNDECOMPOSED)
    return unicodedata.normalize("NFC", plain)


def fold_group(group: str) -> str:
    """One component group: components folded, their padding and trailing ``^`` dropped."""
    components = [
        " ".join(fold(component).translate(_STRUCTURE).split()) for component in group.split("^")
    ]
    return "^".join(components).rstrip("^")


def fold_name(name: str) -> list[str]:
    """Everything that a name may be found by: each component group, then all of them together.

    Examples
    --------
    >>> fold_name("Müller^Jörg^^")
    ['muller^jorg']
    >>> fold_name("Yamada^Tarou=山田^太郎")
    ['yamada^tarou', '山田^太郎', 'yamada^tarou=山田^太郎']
    """
    groups = [fold_group(group) for group in name.split("=")]
    present = [group for group in groups if group]
    if len(groups) > 1 and present:
        whole = "=".join(groups).rstrip("=")
        return list(dict.fromkeys([*present, whole]))
    return present


def tokens(names: Iterable[str]) -> list[str]:
    """The distinct words of folded names, in the order of the alphabet."""
    words = {word for name in names for word in _WORD.findall(name)}
    return sorted(words)[:MAX_TOKENS]


def phonetic(token: str) -> str:
    """How a word sounds, empty where the code knows no letter of it (other scripts).

    Metaphone keeps more of a name than Soundex and is defined for every Latin word.
    """
    letters = "".join(c for c in token if "a" <= c <= "z")
    return str(jellyfish.metaphone(letters)).replace(" ", "") if letters else ""


def fuzzy_text(names: Iterable[str]) -> str:
    """Tokens and codes of an attribute in one text that substrings can be sought in.

    ``~`` stands before a token, so that a prefix is a substring; a code stands between ``=`` and
    ``;``, so that only a whole code is one.
    """
    words = tokens(names)
    codes = sorted({code for code in map(phonetic, words) if code})
    return "".join([*(f"~{word}" for word in words), *(f"={code};" for code in codes)])
