"""How two spellings of one name are found to be the same: folded, and as Latin skeletons.

What letters are alike may live here; which names there are is `identity`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from anyascii import anyascii

# A letter run, or a run of digits: an underscore joins nothing.
_RUNS: Final = re.compile(r"[^\W\d_]+|\d+")
_NO_LETTERS: Final = re.compile(r"[\W_]+")
_DOUBLED: Final = re.compile(r"(.)\1+")

# Groups of Latin letters that stand for each other when names change scripts or keyboards: ü is
# written u and ue, Юрий is written Yuri, Iurii and Jurij. What comes first is replaced first.
_ALIKE: Final = (
    ("tsch", "ch"), ("shch", "sh"), ("sch", "sh"), ("tch", "ch"), ("kh", "h"), ("ph", "f"),
    ("th", "t"), ("ck", "k"), ("ae", "a"), ("oe", "o"), ("ue", "u"), ("oy", "o"),
    ("ou", "o"), ("ij", "i"),
    ("x", "ks"), ("y", "i"), ("j", "i"), ("w", "v"), ("iu", "u"),
)  # fmt: skip

# Invisible characters that break words for a machine and for no reader.
_INVISIBLE: Final = re.compile("[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e"
                               "\u2060-\u2064\ufeff]")  # fmt: skip
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff"
                              "\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f"
                              "\U00020000-\U0003ffff]")  # fmt: skip


def fold(text: str) -> str:
    """Text as it is compared: without case, accents and compatibility forms."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def bare(text: str) -> str:
    """The letters and digits of a text, folded."""
    return _NO_LETTERS.sub("", fold(text))


def skeleton(text: str) -> str:
    """The Latin letters of a name, those that stand for each other made the same.

    >>> skeleton("Müller"), skeleton("Mueller"), skeleton("MULLER"), skeleton("Мюллер")
    ('muler', 'muler', 'muler', 'muler')
    """
    latin = anyascii(text).lower()
    for group, letter in _ALIKE:
        latin = latin.replace(group, letter)
    latin = "".join(letter for letter in latin if letter.isalpha())
    return _DOUBLED.sub(r"\1", latin)


def visible(text: str) -> str:
    """The text composed (NFC) and without characters that nobody sees."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text))


def is_unspaced(text: str) -> bool:
    """Whether a text has letters of a script that puts no spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def words(text: str) -> Iterator[tuple[int, int]]:
    """Where the words of a text are: split at spaces, signs, digits and ``camelCase``."""
    for run in _RUNS.finditer(text):
        start, end = run.span()
        word = run[0]
        if end - start < 3 or word.islower() or word.isupper() or word[1:].islower():
            yield start, end
            continue
        for at in _turns(word):
            yield start, run.start() + at
            start = run.start() + at
        yield start, end


def _turns(word: str) -> Iterator[int]:
    """Where a capital follows a small letter."""
    for at in range(1, len(word)):
        if word[at].isupper() and word[at - 1].islower():
            yield at
