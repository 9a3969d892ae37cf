"""A file's bytes searched for texts in every encoding they may have, fast whatever the bytes are.

For the second pass: none of the cleaning's code is used here, and none of this there.

The four bytes at every offset are looked up in a table of how needles begin, some hundred
megabytes a second; only where one may begin are bytes compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
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

_WIDTHS: Final = ("ascii", "utf-16-le", "utf-16-be")

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
_TABLE_BITS: Final = 18
_MULTIPLIER: Final = np.uint32(2654435761)
_DIGITS: Final = frozenset(b"0123456789.")


class Needles:
    """Texts as bytes, ready to be searched for.

    Parameters
    ----------
    texts
        Each with what it is.
    least
        Bytes of a needle; shorter ones are left out.
    """

    def __init__(self, texts: Iterable[tuple[str, str]], least: int = min_bytes) -> None:
        self._kinds: dict[bytes, str] = {}
        for kind, text in texts:
            for needle in _encoded(text):
                if len(needle) - needle.count(0) >= least:
                    self._kinds.setdefault(needle, kind)
        self._by_start: dict[bytes, list[bytes]] = {}
        for needle in self._kinds:
            self._by_start.setdefault(needle[:4], []).append(needle)
        self.longest = max(map(len, self._kinds), default=0)
        self._table = np.zeros(1 << _TABLE_BITS, dtype=bool)
        starts = [int.from_bytes(start, "little") for start in self._by_start]
        self._table[_hashes(np.array(starts, dtype=np.uint32))] = True

    def kinds_in(self, data: bytes) -> set[str]:
        """What kinds of text are in some bytes."""
        return set(self._found(data)) if self._kinds and len(data) >= min_bytes else set()

    def _found(self, data: bytes) -> Iterator[str]:
        folded = data.translate(_FOLD_BYTES)
        for shift in range(4):
            words = np.frombuffer(folded, "<u4", count=(len(folded) - shift) // 4, offset=shift)
            for at in np.flatnonzero(self._table[_hashes(words)]):
                offset = int(at) * 4 + shift
                for needle in self._by_start.get(folded[offset : offset + 4], ()):
                    if folded.startswith(needle, offset) and _stands_alone(folded, offset, needle):
                        yield self._kinds[needle]


def uids_in(data: bytes) -> Iterator[bytes]:
    """What is spelled as a UID in some bytes, as far as it goes."""
    row = np.frombuffer(data, np.uint8)
    dots = np.flatnonzero(row[1:-1] == ord(".")) + 1
    before, after = row[dots - 1], row[dots + 1]
    begins = (before >= ord("0")) & (before <= ord("2")) & (after >= ord("0")) & (after <= ord("9"))
    for at in dots[begins]:
        if found := _UID.match(data, int(at) - 1):
            yield found[0]


def _hashes(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (words * _MULTIPLIER) >> np.uint32(32 - _TABLE_BITS)


def _encoded(text: str) -> Iterator[bytes]:
    """A text in every encoding and case that it can have, its ASCII letters small."""
    if text.isascii():
        # All encodings but those of 16 bits have ASCII for ASCII.
        needles = {text.encode(encoding).translate(_FOLD_BYTES) for encoding in _WIDTHS}
    else:
        spellings = {text, text.upper(), text.title()}
        needles = {needle for spelled in spellings for needle in _in_all_encodings(spelled)}
    yield from filter(_is_rare, needles)


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
    letters = [byte for byte in needle if byte]
    steps = {after - before for before, after in pairwise(letters)}
    return len(set(letters)) >= _MIN_DIFFERENT and len(steps) > 1


def _stands_alone(data: bytes, at: int, needle: bytes) -> bool:
    """Whether digits are no part of a longer number: UIDs made by a hash hold all short ones."""
    end = at + len(needle)
    if needle[0] in _DIGITS and at and data[at - 1] in _DIGITS:
        return False
    return not (needle[-1] in _DIGITS and end < len(data) and data[end] in _DIGITS)
