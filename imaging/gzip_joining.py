"""One gzip file of texts that were deflated apart from one another, without inflating them.

A text is pressed once, into a *segment*: deflated blocks that end at a whole byte and of which
none is the last. Segments and short plain texts then follow one another in one stream, whose
checksum is reckoned from theirs. The file has a single member, since browsers stop after the
first. Bytes only: nothing here knows what the texts are.

References
----------
RFC 1951 section 3.2.4 (blocks that are stored), RFC 1952 (the file, its checksum and size).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from functools import lru_cache

HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
"""Of every file: deflated, no name, no time, unknown system."""

max_stored_bytes = 0xFFFF

_LEVEL = 6
_RAW = -zlib.MAX_WBITS
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
"""The polynomial 1: the highest bit is that of x to the power of 0."""


class Segment:
    """A text on its way to being a segment.

    Attributes
    ----------
    crc32, plain_size
        Of the text so far.
    size
        Of what was given back so far.
    """

    def __init__(self) -> None:
        self._deflating = zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW)
        self.crc32 = 0
        self.plain_size = 0
        self.size = 0

    def compress(self, text: bytes) -> bytes:
        """Press more of the text."""
        self.crc32 = zlib.crc32(text, self.crc32)
        self.plain_size += len(text)
        return self._counted(self._deflating.compress(text))

    def flush(self) -> bytes:
        """End the segment at a whole byte."""
        return self._counted(self._deflating.flush(zlib.Z_FULL_FLUSH))

    def _counted(self, made: bytes) -> bytes:
        self.size += len(made)
        return made


class Joint:
    """What stands around the segments of one file: say in order what the file consists of.

    Examples
    --------
    >>> import gzip
    >>> segment = Segment()
    >>> pressed = segment.compress(b"word " * 9) + segment.flush()
    >>> joint = Joint()
    >>> file = joint.begin(b"<") + pressed
    >>> joint.add(segment.crc32, segment.plain_size)
    >>> gzip.decompress(file + joint.end(b">"))
    b'<word word word word word word word word word >'
    """

    def __init__(self) -> None:
        self._crc32 = 0
        self._size = 0

    def begin(self, text: bytes) -> bytes:
        """The file's head, and a short text."""
        return HEAD + self.between(text)

    def between(self, text: bytes) -> bytes:
        """A short text."""
        self.add(zlib.crc32(text), len(text))
        return _stored(text, is_last=False)

    def add(self, crc32: int, plain_size: int) -> None:
        """Reckon with a segment, which follows."""
        self._crc32 = _shifted(self._crc32, plain_size) ^ crc32
        self._size += plain_size

    def end(self, text: bytes) -> bytes:
        """A short text, and the file's tail."""
        self.add(zlib.crc32(text), len(text))
        return _stored(text, is_last=True) + struct.pack("<LL", self._crc32, self._size % (1 << 32))


def _stored(text: bytes, *, is_last: bool) -> bytes:
    if len(text) > max_stored_bytes:
        raise ValueError("a text of this length is no short one")
    return struct.pack("<BHH", is_last, len(text), len(text) ^ 0xFFFF) + text


def _shifted(crc32: int, count: int) -> int:
    """The checksum as it is after so many bytes of zero, but for what they add of their own."""
    return _product(_power(count), crc32) if crc32 else 0


@lru_cache(maxsize=4096)
def _power(count: int) -> int:
    """The polynomial x to the power of 8 times `count`, modulo that of the checksum."""
    power, bit = _ONE, 3
    while count:
        if count & 1:
            power = _product(_squares()[bit % 32], power)
        count >>= 1
        bit += 1
    return power


@lru_cache(maxsize=1)
def _squares() -> Sequence[int]:
    """x to the power of 1, 2, 4 and so on; the next after 32 of them is the first again."""
    squares = [_ONE >> 1]
    for _ in range(31):
        squares.append(_product(squares[-1], squares[-1]))
    return squares


def _product(left: int, right: int) -> int:
    product, bit = 0, _ONE
    while bit:
        if left & bit:
            product ^= right
        right = (right >> 1) ^ _POLYNOMIAL if right & 1 else right >> 1
        bit >>= 1
    return product
