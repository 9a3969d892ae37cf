"""The words of a text for marking them: as `words` says, and many times as fast.

A page of hits has some ten thousand words, nearly all of which come again and again. No word has a
space in it, so a text is cut at its spaces, and the words of each chunk are looked up. May live
here: where words stand. May not: what a word is (`words`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final, Generic, TypeVar, cast

from community.finding.words import stem, words_of

max_known: Final = 50_000
"""Chunks of one language, or of one question; then all are forgotten."""
max_known_chars: Final = 40
"""Of a chunk: in scripts without spaces a whole text may be one."""

SPACE: Final = " "
T = TypeVar("T")

KnownWord = tuple[str, str, int, int]
"""A word folded, and cut to its stem; where it begins and ends."""


class Known(Generic[T]):
    """What is known of chunks; of a new one, it is made.

    Parameters
    ----------
    make
        Makes it of a chunk.
    """

    def __init__(self, make: Callable[[str], T]) -> None:
        self._make = make
        self._known: dict[str, T] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, chunks: Sequence[str]) -> list[T]:
        """What is known of each chunk."""
        found = list(map(self._known.get, chunks))
        if None in found:
            return [self._new(chunks[at]) if one is None else one for at, one in enumerate(found)]
        return cast("list[T]", found)

    def _new(self, chunk: str) -> T:
        made = self._make(chunk)
        if len(chunk) <= max_known_chars:
            if len(self._known) >= max_known:
                self._known.clear()
            self._known[chunk] = made
        return made


@lru_cache(maxsize=100)
def words_in(language: str) -> Known[tuple[KnownWord, ...]]:
    """The words of chunks of a language."""

    def make(chunk: str) -> tuple[KnownWord, ...]:
        return tuple(
            (word.folded, stem(word.folded, language), word.start, word.end)
            for word in words_of(chunk)
        )

    return Known(make)


def placed(chunks: Sequence[str], found: Sequence[Sequence[T]]) -> list[tuple[int, T]]:
    """What was found in each chunk of a text, with the place where the chunk begins."""
    made: list[tuple[int, T]] = []
    begin = last = 0
    for at in [at for at, several in enumerate(found) if several]:
        begin += sum(map(len, chunks[last:at])) + at - last
        last = at
        made += [(begin, one) for one in found[at]]
    return made
