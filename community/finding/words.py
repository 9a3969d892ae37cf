"""Texts as the words that are searched: one way to take them apart, for both databases.

A text and a question go through the same steps, so that they meet: words are cut out, folded
(case, accents, width), left out if they say nothing, and cut to their stem in the language that
the text is in. What no language writes with spaces (Chinese, Japanese, Thai) becomes pairs of
characters. May live here: words. May not: SQL.

References
----------
UAX #15 (Unicode Normalization Forms), https://snowballstem.org/algorithms/
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from snowballstemmer.basestemmer import BaseStemmer


# Scripts without spaces between words: Thai to Khmer, kana, Han and Hangul.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7af\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003134f"
)
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
# What stands on or beside a letter and is no letter by itself.
_MARKS = "".join(
    c
    for c in map(chr, range(0x0300, 0x10000))
    if unicodedata.category(c).startswith("M") and not _IS_UNSPACED.match(c)
)
_WORD = re.compile(rf"[{_UNSPACED}]+|(?:[^\W_{_UNSPACED}]+[{_MARKS}]*)+")
_APOSTROPHES = frozenset("'\u2019\u02bc")

max_word_chars: Final = 64
"""Longer runs of letters are no words; their beginning is kept."""

ALGORITHMS: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek",
    "en": "english", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian",
    "fi": "finnish", "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian",
    "hy": "armenian", "id": "indonesian", "it": "italian", "lt": "lithuanian", "ne": "nepali",
    "nl": "dutch", "no": "norwegian", "nb": "norwegian", "nn": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
"""How words of a language are cut; those of others are only folded."""

# Words that say nothing in the languages that most cases are in, folded.
_SAY_NOTHING = (
    "a an and are as at be by for from has in is it its of on or that the this to was were which "
    "with der die das den dem ein eine einer eines einem einen und oder mit bei von zu zur zum ist "
    "sind im am auf aus le la les du des de un une et ou avec sans dans est au aux el los las y "
    "con en por una del que se lo gli di da per nel een het van og och av med"
)
_NOISE: Final = frozenset(_SAY_NOTHING.split())


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands in a text.

    Attributes
    ----------
    folded
        As it is compared.
    start, end
        Its characters in the text.
    """

    folded: str
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """The words of a text in their order, without those that say nothing."""
    for found in _WORD.finditer(text):
        start, end = found.span()
        if _IS_UNSPACED.match(text[start]):
            yield from _pairs(text, start, end)
        elif not _is_clitic(text, start, end):
            folded = fold(text[start : min(end, start + max_word_chars)])
            if folded and folded not in _NOISE:
                yield Word(folded, start, end)


def fold(text: str) -> str:
    """A text without the differences that readers overlook: case, accents, width of letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    if apart.isascii():
        return apart
    return unicodedata.normalize("NFC", "".join(c for c in apart if not unicodedata.combining(c)))


def stems(text: str, language: str) -> list[str]:
    """The words of a text of a language, cut to what their forms have in common."""
    return [stem(word.folded, language) for word in words_of(text)]


@lru_cache(maxsize=100_000)
def stem(folded: str, language: str) -> str:
    """A folded word cut to what its forms have in common, in a language."""
    algorithm = ALGORITHMS.get(language)
    if algorithm is None or not folded.isalpha() or _IS_UNSPACED.match(folded):
        return folded
    if algorithm == "english":
        folded = _american(folded)
    cut = fold(_stemmer(algorithm).stemWord(folded))
    # "metastasis" and "metastases", "stenosis" and "stenoses" are one word here, too.
    if algorithm == "english" and cut.endswith("si"):
        cut = cut[:-1]
    return cut or folded


def _american(word: str) -> str:
    """One spelling for oedema and edema, haemorrhage and hemorrhage, tumour and tumor."""
    word = word.replace("ae", "e").replace("oe", "e")
    return re.sub(r"our(s?)$", r"or\1", word) if len(word) > 4 else word


def _is_clitic(text: str, start: int, end: int) -> bool:
    """Whether a letter only hangs on by an apostrophe: Crohn's, l'artère."""
    if end - start != 1:
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    return (before in _APOSTROPHES and before != "") or (after in _APOSTROPHES and after != "")


def _pairs(text: str, start: int, end: int) -> Iterator[Word]:
    if end - start == 1:
        yield Word(fold(text[start:end]), start, end)
    for at in range(start, end - 1):
        yield Word(fold(text[at : at + 2]), at, at + 2)


_own = threading.local()


def _stemmer(algorithm: str) -> BaseStemmer:
    """A stemmer of this thread's own: it keeps the word that it is at in itself."""
    known: dict[str, BaseStemmer] = _own.__dict__.setdefault("all", {})
    if algorithm not in known:
        import snowballstemmer  # some megabytes, for who writes or searches words

        known[algorithm] = snowballstemmer.stemmer(algorithm)
    return known[algorithm]
