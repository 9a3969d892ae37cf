"""A file's bytes searched for texts in every encoding they may have, fast whatever the bytes are.

For the second pass: none of the cleaning's code is used here, and none of this there.

Every needle covers a whole word of four bytes, wherever in a word it begins. So the words of the
data are looked up in a table of the words that needles have, a gigabyte a second; only where one
is met are bytes compared.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

ENCODINGS: Final = (
    "utf-8", "utf-16-le", "utf-16-be", "latin-1", "iso8859-2", "iso8859-3", "iso8859-4",
    "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-9", "iso8859-15", "tis-620",
    "shift_jis", "euc_jp", "iso2022_jp", "iso2022_jp_2", "euc_kr", "gb2312", "gb18030",
)  # fmt: skip
"""Those of Specific Character Set (PS3.3 section C.12.1.1.2), and UTF-16, which documents have."""

min_bytes: Final = 7
"""Of a needle, zeros not counted; a shorter one is met in binary values by chance."""

min_bytes_in_pixels: Final = 12
"""The same for native pixels: dark noise is digits, and a lighter one letters."""

_UID: Final = re.compile(rb"(?<![0-9.])[0-2]\.[0-9.]{6,62}(?![0-9.])")
_MIN_DIFFERENT: Final = 4
_ESCAPED: Final = 0x1B
_FOLD: Final = np.arange(256, dtype=np.uint8)
_FOLD[ord("A") : ord("Z") + 1] += 32
_FOLD_BYTES: Final = _FOLD.tobytes()
_MAX_TABLE_BITS: Final = 18
_SPARSE: Final = 32
_MULTIPLIER: Final = np.uint32(2654435761)
_DIGITS: Final = frozenset(b"0123456789.")
_WORD: Final = 4
# With these bits capitals are small letters; other bytes fall together too.
_ALL_SMALL: Final = np.uint32(0x20202020)
_AT_BITS: Final = 32
_LENGTH_BITS: Final = 30


class Needles:
    """Texts as bytes, ready to be searched for.

    Parameters
    ----------
    kinds
        What each needle is; from `needles_of`.
    """

    def __init__(self, kinds: Mapping[bytes, str]) -> None:
        self._kinds = kinds
        self.longest = max(map(len, kinds), default=0)
        self._words = _words_of(kinds)
        # Sparse, and as small as that allows: it is looked into for every word of the data.
        self._bits = min(_MAX_TABLE_BITS, (_SPARSE * len(self._words) + 1).bit_length())
        self._table = np.zeros(1 << self._bits, dtype=bool)
        words = (self._words >> np.uint64(_AT_BITS)).astype(np.uint32)
        self._table[self._hashes(words | _ALL_SMALL)] = True

    def of_at_least(self, least: int) -> Needles:
        """Those that have so many bytes, zeros not counted."""
        return Needles(
            {one: kind for one, kind in self._kinds.items() if len(one) - one.count(0) >= least}
        )

    def kinds_in(self, data: bytes) -> set[str]:
        """What kinds of text are in some bytes."""
        return set(self._found(data)) if self._kinds and len(data) >= min_bytes else set()

    def _found(self, data: bytes) -> Iterator[str]:
        words = np.frombuffer(data, "<u4", len(data) // _WORD)
        met = np.flatnonzero(self._table.take(self._hashes(words | _ALL_SMALL)))
        small = np.frombuffer(words[met].tobytes().translate(_FOLD_BYTES), "<u4")
        known = small.astype(np.uint64) << np.uint64(_AT_BITS)
        first = np.searchsorted(self._words, known)
        last = np.searchsorted(self._words, known + np.uint64((1 << _AT_BITS) - 1), "right")
        for index in np.flatnonzero(first < last):
            for word in self._words[first[index] : last[index]]:
                at, length = divmod(int(word) & ((1 << _AT_BITS) - 1), 1 << _LENGTH_BITS)
                yield from self._at(data, int(met[index]) * _WORD - at, length)

    def _hashes(self, words: NDArray[np.uint32]) -> NDArray[np.uint32]:
        return (words * _MULTIPLIER) >> np.uint32(32 - self._bits)

    def _at(self, data: bytes, start: int, length: int) -> Iterator[str]:
        if start < 0 or start + length > len(data):
            return
        kind = self._kinds.get(data[start : start + length].translate(_FOLD_BYTES))
        if kind is not None and _stands_alone(data, start, start + length):
            yield kind


def needles_of(texts: Iterable[tuple[str, str]], least: int = min_bytes) -> dict[bytes, str]:
    """Texts in all encodings, each with what it is.

    Parameters
    ----------
    least
        Bytes of a needle, zeros not counted; shorter ones are left out.
    """
    kinds: dict[bytes, str] = {}
    for kind, text in texts:
        for needle in _plain(text, least) if text.isascii() else _foreign(text, least):
            kinds.setdefault(needle, kind)
    return kinds


def uids_in(data: bytes) -> Iterator[bytes]:
    """What is spelled as a UID in some bytes, as far as it goes."""
    row = np.frombuffer(data, np.uint8)
    dots = np.flatnonzero(row[1:-1] == ord(".")) + 1
    before, after = row[dots - 1], row[dots + 1]
    begins = (before >= ord("0")) & (before <= ord("2")) & (after >= ord("0")) & (after <= ord("9"))
    for at in dots[begins]:
        if found := _UID.match(data, int(at) - 1):
            yield found[0]


def _words_of(needles: Collection[bytes]) -> NDArray[np.uint64]:
    """The words that needles may cover: each with its place in the needle and its length, sorted.

    Of words that fall on places 0 to 3 of a needle, one is met wherever the needle lies.
    """
    heads = b"".join([needle[: 2 * _WORD - 1] for needle in needles])
    rows = np.frombuffer(heads, np.uint8).reshape(-1, 2 * _WORD - 1)
    lengths = np.fromiter(map(len, needles), np.uint64, len(needles))
    found = []
    for at in range(_WORD):
        words = np.ascontiguousarray(rows[:, at : at + _WORD]).view("<u4")[:, 0]
        place = np.uint64(at << _LENGTH_BITS)
        found.append(words.astype(np.uint64) << np.uint64(_AT_BITS) | place | lengths)
    return np.unique(np.concatenate(found))


def _plain(text: str, least: int) -> Iterable[bytes]:
    """An ASCII text: all encodings but those of 16 bits have ASCII for ASCII."""
    if len(text) - text.count("\0") < least:
        return ()
    needle = text.lower().encode()
    if not _is_rare(needle):
        return ()
    wide = b"\0".join([needle[at : at + 1] for at in range(len(needle))])
    return needle, wide + b"\0", b"\0" + wide


def _foreign(text: str, least: int) -> Iterator[bytes]:
    """A text in every encoding and case that it can have, its ASCII letters small."""
    spellings = {text, text.upper(), text.title()}
    for needle in {needle for spelled in spellings for needle in _in_all_encodings(spelled)}:
        if len(needle) - needle.count(0) >= least and _is_rare(needle):
            yield needle


def _in_all_encodings(text: str) -> Iterator[bytes]:
    for encoding in ENCODINGS:
        try:
            raw = text.encode(encoding)
        except UnicodeError:
            continue
        yield _without_escapes(raw).translate(_FOLD_BYTES)


def _without_escapes(raw: bytes) -> bytes:
    """What stands between escape sequences; files repeat and order these as they like."""
    if _ESCAPED not in raw:
        return raw
    return max((part[2:] for part in raw.split(b"\x1b")), key=len)


def _is_rare(needle: bytes) -> bool:
    """Whether a smooth picture does not hold it: neither flat, nor a ramp, nor two shades."""
    letters = needle.replace(b"\0", b"")
    if len(set(letters)) < _MIN_DIFFERENT:
        return False
    if letters[1] - letters[0] != letters[2] - letters[1]:
        return True
    return len({after - before for before, after in pairwise(letters)}) > 1


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    """Whether digits are no part of a longer number: UIDs made by a hash hold all short ones."""
    if data[start] in _DIGITS and start and data[start - 1] in _DIGITS:
        return False
    return not (data[end - 1] in _DIGITS and end < len(data) and data[end] in _DIGITS)
