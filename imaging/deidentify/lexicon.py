"""Where in a text identifiers stand, however they are spelled, in time that grows with the text.

A text is taken apart into words once, and words are looked up; no pattern is made of identifiers,
so that neither many of them nor a text made to hurt takes long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from imaging.deidentify.spelling import bare, fold, is_unspaced, skeleton, words
from imaging.deidentify.spellings import Identity, Kind

MAX_DIFFERENT_WORDS: Final = 100_000
"""Of one text; one with more is no prose."""

_MIN_SKELETON: Final = 4
_MIN_INSIDE: Final = 6
_MAX_GAP: Final = 3
_MAX_WORDS: Final = 16
_MIN_LOOSE: Final = 6
_MAX_INSIDE: Final = 2_000


class _Word(NamedTuple):
    start: int
    end: int
    text: str


class Lexicon:
    """The identifiers of one identity, ready to be looked up."""

    def __init__(self, identity: Identity) -> None:
        plain: dict[str, bool] = {}
        for text in identity.texts():
            # Signs and spaces within a word of a text are followed only where the identifier has
            # such places itself, or is too long to be met by chance.
            closed = bare(text)
            loose = len(closed) >= _MIN_LOOSE or len([*words(text)]) > 1
            plain[closed] = plain.get(closed, False) or loose
        plain.pop("", None)
        self._loose = plain
        self._sorted = sorted(plain)
        names = identity.texts(Kind.NAME)
        alike = {skeleton(text) for text in names if not any(map(str.isdigit, text))}
        self._alike = frozenset(one for one in alike if len(one) >= _MIN_SKELETON)
        long = sorted(one for one in self._alike if len(one) >= _MIN_INSIDE)[:_MAX_INSIDE]
        self._alike_inside = tuple(long)
        self._inside = _grouped((one for one in plain if len(one) >= _MIN_INSIDE), _MIN_INSIDE)
        self._unspaced = _grouped((one for one in plain if is_unspaced(one)), 1)

    def places(self, text: str) -> list[tuple[int, int]] | None:
        """Where identifiers stand, as first and last offset; overlaps are possible.

        Returns
        -------
        list or None
            None for a text of too many different words to be judged.
        """
        if not self._sorted:
            return []
        folded: dict[str, str] = {}
        found = []
        for start, end in words(text):
            word = text[start:end]
            if (known := folded.get(word)) is None:
                known = folded[word] = fold(word)
                if len(folded) > MAX_DIFFERENT_WORDS:
                    return None
            found.append(_Word(start, end, known))
        interesting = {word for word in folded.values() if self._begins(word)}
        whole = {raw for raw, word in folded.items() if self._is_alike(raw, word)}
        inside = {raw: spans for raw in folded if (spans := self._spans_inside(raw))}
        return [*self._rows(found, interesting), *_each(text, found, whole, inside)]

    def __contains__(self, text: str) -> bool:
        return bare(text) in self._loose

    def _begins(self, word: str) -> bool:
        at = bisect_left(self._sorted, word)
        return at < len(self._sorted) and self._sorted[at].startswith(word)

    def _is_alike(self, raw: str, word: str) -> bool:
        if len(word) < _MIN_SKELETON - 2 or not raw.isalpha() or not self._alike:
            return False
        if raw.isascii() and len(word) < _MIN_SKELETON:
            return False
        spelled = skeleton(raw)
        if spelled in self._alike:
            return True
        unspaced = len(spelled) >= _MIN_INSIDE and is_unspaced(raw)
        return unspaced and any(one in spelled for one in self._alike_inside)

    def _rows(self, found: list[_Word], interesting: set[str]) -> Iterator[tuple[int, int]]:
        for at, word in enumerate(found):
            if word.text in interesting and (last := self._longest(found, at)) is not None:
                yield word.start, found[last].end

    def _longest(self, found: list[_Word], first: int) -> int | None:
        """The last word of the longest identifier that begins with a word."""
        joined, gaps, best = "", False, None
        for at in range(first, min(first + _MAX_WORDS, len(found))):
            gap = found[at].start - found[at - 1].end if at > first else 0
            if gap > _MAX_GAP:
                break
            gaps = gaps or gap > 0
            joined += found[at].text
            place = bisect_left(self._sorted, joined)
            if place == len(self._sorted) or not self._sorted[place].startswith(joined):
                break
            if self._sorted[place] == joined and (not gaps or self._loose[joined]):
                best = at
        return best

    def _spans_inside(self, raw: str) -> list[tuple[int, int]]:
        """Long identifiers within one word, and any in scripts without spaces."""
        spans: list[tuple[int, int]] = []
        if self._unspaced and is_unspaced(raw):
            spans += _starting(raw, self._unspaced, 1)
        if len(raw) > _MIN_INSIDE and raw.isascii():
            spans += _starting(raw.lower(), self._inside, _MIN_INSIDE)
        return spans


def _starting(
    word: str, identifiers: dict[str, tuple[str, ...]], length: int
) -> Iterator[tuple[int, int]]:
    for at in range(len(word) - length + 1):
        for one in identifiers.get(word[at : at + length], ()):
            if word.startswith(one, at):
                yield at, at + len(one)
                break


def _each(
    text: str, found: list[_Word], whole: set[str], inside: dict[str, list[tuple[int, int]]]
) -> Iterator[tuple[int, int]]:
    if not whole and not inside:
        return
    for start, end, _ in found:
        raw = text[start:end]
        if raw in whole:
            yield start, end
        for first, last in inside.get(raw, ()):
            yield start + first, start + last


def _grouped(identifiers: Iterable[str], length: int) -> dict[str, tuple[str, ...]]:
    """By their first letters, the longest first."""
    groups: dict[str, list[str]] = {}
    for one in identifiers:
        groups.setdefault(one[:length], []).append(one)
    return {key: tuple(sorted(group, key=len, reverse=True)) for key, group in groups.items()}


@lru_cache(maxsize=64)
def lexicon_of(identity: Identity) -> Lexicon:
    """The lexicon of an identity, made once."""
    return Lexicon(identity)
