"""The words of a text for marking them: as `words` says, and many times as fast.

A page of hits has some ten thousand words, nearly all of which come again and again. So a text is
cut into tokens at once and each is looked up; and as the same cases answer many questions, what was
found in a text is kept for a while. Texts in scripts without spaces, and with marks that stand by
themselves, take the slow way. May live here: where words stand. May not: what a word is (`words`).
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from community.finding.words import APOSTROPHES, fold, is_noise, is_plain, max_word_chars, stem
from community.finding.words import words_of as slow_words_of
from community.look.keeping import Kept

max_known_tokens: Final = 50_000
"""Of one language; then all are forgotten."""
max_kept_tokens: Final = 500_000
"""Of texts; one takes some 24 bytes."""

Form = tuple[str, ...]

_ASCII = re.compile(r"[A-Za-z0-9]+")
_LETTERS = re.compile(r"[^\W_]+")
# A letter that only hangs on: Crohn's, l'artère.
_CLITIC = re.compile(rf"(?<=[{APOSTROPHES}])[^\W_](?![^\W_])|(?<![^\W_])[^\W_](?=[{APOSTROPHES}])")


class Scan:
    """The tokens of a text, those that say nothing among them; each is known by its number."""

    def __init__(self, text: str, language: str) -> None:
        tokens, self._begins, self._ends = _tokens(text) if is_plain(text) else _slow_tokens(text)
        self._words = list(map(_tokens_in(language).__getitem__, tokens))
        self._cut = [cut for _, cut in self._words]

    def __len__(self) -> int:
        return len(self._cut)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Where the first of these tokens begins, and the last one ends."""
        return self._begins[first], self._ends[last]

    def words(self, cut: str) -> Iterator[int]:
        """Numbers of the words that have a stem."""
        at = -1
        for _ in range(self._cut.count(cut)):
            at = self._cut.index(cut, at + 1)
            yield at

    def words_that(self, is_wanted: Callable[[str, str], bool]) -> Iterator[int]:
        """Numbers of the words that, folded and cut, answer a question; asked once for each."""
        wanted = {word for word in set(self._words) if word[1] and is_wanted(*word)}
        return (at for at, word in enumerate(self._words) if word in wanted) if wanted else iter(())

    def runs(self, length: int) -> Iterator[tuple[int, int, Form, str]]:
        """Words that follow one another: first and last number, stems, and the last one folded."""
        said = [at for at, cut in enumerate(self._cut) if cut]
        for begin in range(len(said) - length + 1):
            numbers = said[begin : begin + length]
            last = numbers[-1]
            yield numbers[0], last, tuple(self._cut[at] for at in numbers), self._words[last][0]


_kept = Kept[Scan](max_kept_tokens, len)


def scan(text: str, language: str) -> Scan:
    """The tokens of a text, which may be known from before."""
    return _kept.get((text, language), lambda: Scan(text, language))


class _Tokens(dict[str, tuple[str, str]]):
    """Tokens of a language, folded and cut; two times nothing for those that say nothing."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    def __missing__(self, token: str) -> tuple[str, str]:
        if len(self) >= max_known_tokens:
            self.clear()
        folded = fold(token[:max_word_chars])
        self[token] = made = (
            ("", "") if is_noise(folded) else (folded, stem(folded, self._language))
        )
        return made


@lru_cache(maxsize=100)
def _tokens_in(language: str) -> _Tokens:
    return _Tokens(language)


Tokens = tuple[Sequence[str], "array[int]", "array[int]"]
"""With where each begins and ends."""


def _tokens(text: str) -> Tokens:
    if any(sign in text for sign in APOSTROPHES):
        text = _CLITIC.sub(" ", text)
    tokens = (_ASCII if text.isascii() else _LETTERS).findall(text)
    begins, ends, at = array("I"), array("I"), 0
    for token in tokens:
        # Between two tokens there is no letter, so the next place where it stands is its own.
        begin = text.find(token, at)
        at = begin + len(token)
        begins.append(begin)
        ends.append(at)
    return tokens, begins, ends


def _slow_tokens(text: str) -> Tokens:
    words = list(slow_words_of(text))
    begins = array("I", (word.start for word in words))
    ends = array("I", (word.end for word in words))
    return [word.folded for word in words], begins, ends
