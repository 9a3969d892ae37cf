"""What the second pass looks for in texts, and how it compares: by rules of its own.

Which texts are looked at is `verify`, bytes are `needles`. No code of the cleaning is used here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from imaging.deidentify.needles import Needles, min_bytes_in_pixels, needles_of
from imaging.deidentify.spellings import Identity, Kind
from imaging.deidentify.tables import load

_WORDS: Final = re.compile(r"[\W_]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
_RUNS: Final = re.compile(r"[A-Za-z0-9]+")
_OTHER_COMMON: Final = frozenset(
    {"anonymized", "removed", "confidentiality", "annex", "dicomtube", "clean", "safe"}
)
_MIN_DATE: Final = 6
_max_quiet_texts: Final = 50_000
_max_quiet_length: Final = 256


class Sought:
    """What is searched for, sorted by how."""

    def __init__(self, identity: Identity, uids: frozenset[str]) -> None:
        self.uids = uids
        self.raw_uids = frozenset(uid.encode("ascii", "replace") for uid in uids)
        self._single: dict[str, str] = {}
        self._rows: dict[str, list[tuple[str, str]]] = {}
        self._unspaced: list[tuple[str, str]] = []
        self._quiet: dict[bool, set[str]] = {False: set(), True: set()}
        self._dates = tuple(
            text for text in identity.texts(Kind.DATE) if len(text) >= _MIN_DATE and " " not in text
        )
        raw = [(str(Kind.DATE), text) for text in self._dates]
        for kind in (Kind.NAME, Kind.PLACE, Kind.NUMBER):
            for text in identity.texts(kind):
                words = _normal(text).split()
                self._add(str(kind), text, words)
                if not _are_common(words):
                    raw.append((str(kind), text))
        self._common = frozenset(word for word in self._single if _is_common(word))
        self.needles = Needles(needles_of(raw))
        self.long_needles = self.needles.of_at_least(min_bytes_in_pixels)

    def _add(self, kind: str, text: str, words: list[str]) -> None:
        if not words:
            return
        if len(words) == 1 and not text.isascii() and len(text) > 1:
            self._unspaced.append((kind, words[0]))
        if len(words) == 1:
            self._single.setdefault(words[0], kind)
        else:
            self._rows.setdefault(words[0], []).append((kind, f" {' '.join(words)} "))
            if not words[0].isascii():
                self._unspaced.append((kind, "".join(words)))
            if all(len(word) > 1 for word in words):
                self._single.setdefault("".join(words), kind)

    def kinds_in(self, text: str, *, free: bool = True) -> Iterator[str]:
        """What kinds of identifier are words of a text.

        Parameters
        ----------
        free
            Whether anybody may have written it; else common words say nothing.
        """
        folded = _fold(text)
        for spelled in _spelled(text):
            words = set(spelled.split())
            for word in words & self._single.keys():
                if free or word not in self._common:
                    yield self._single[word]
            for word in words & self._rows.keys():
                yield from (kind for kind, row in self._rows[word] if row in f" {spelled} ")
        if not folded.isascii():
            yield from (kind for kind, one in self._unspaced if one in folded)

    def has_date(self, text: str) -> bool:
        """Whether one of the dates stands in a text, digits not going on around it."""
        folded = _fold(text)
        return any(
            one in folded and re.search(rf"(?<![\d.]){re.escape(one)}(?![\d]|\.\d)", folded)
            for one in self._dates
        )

    def is_quiet(self, texts: set[str], *, free: bool) -> bool:
        """Whether nothing is in any of some texts that `kinds_in` or `has_date` would find.

        All are looked at as one, so that a file in which nothing is takes little time. Where this
        says no, there may be something, and the texts have to be looked at one by one.
        """
        quiet = self._quiet[free]
        new = texts - quiet
        plain = {text for text in new if text.isascii()}
        is_quiet = all(self._is_quiet("\n".join(some), free) for some in (plain, new - plain))
        if is_quiet and len(quiet) < _max_quiet_texts:
            quiet.update(text for text in new if len(text) <= _max_quiet_length)
        return is_quiet

    def _is_quiet(self, text: str, free: bool) -> bool:
        """The same of one text; no word, row of words or date goes on over the end of a line."""
        words, folded = _words_in(text), _fold(text)
        met = words & self._single.keys()
        if met and (free or not met <= self._common):
            return False
        if any(one in folded for one in self._dates):
            return False
        if not folded.isascii() and any(one in folded for _, one in self._unspaced):
            return False
        rows = [row for word in words & self._rows.keys() for _, row in self._rows[word]]
        return not rows or not any(row in f" {one} " for one in _spelled(text) for row in rows)


def _words_in(text: str) -> set[str]:
    """The words of both spellings of a text."""
    if not text.isascii():
        return {word for one in _spelled(text) for word in one.split()}
    words: set[str] = set()
    for run in set(_RUNS.findall(text)):
        words.add(run.lower())
        if not (run.isalpha() and (run.islower() or run.isupper() or run[1:].islower())):
            words.update(_CAMEL.sub(" ", run).lower().split())
    return words


def _spelled(text: str) -> set[str]:
    """A text in folded words, and with `camelCase` taken apart."""
    return {_normal(text), _normal(_CAMEL.sub(" ", text))}


@lru_cache(maxsize=16)
def sought_of(identity: Identity, uids: frozenset[str]) -> Sought:
    """Made once for all files of a study."""
    return Sought(identity, uids)


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if unicodedata.category(letter) not in ("Mn", "Cf")
    )


def _normal(text: str) -> str:
    return _WORDS.sub(" ", _fold(text)).strip()


def _are_common(words: list[str]) -> bool:
    return all(map(_is_common, words))


def _is_common(word: str) -> bool:
    return len(word) == 1 or word in _common_words() or word in _OTHER_COMMON


@cache
def _common_words() -> frozenset[str]:
    """The words that the standard is written in: facts, and no code of the cleaning."""
    return frozenset(load("words")["words"])
