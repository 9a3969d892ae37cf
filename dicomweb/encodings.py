"""Content-Encoding of text answers: which one a client takes, and bytes pressed as they pass.

Pixels are never pressed again: it costs more time than sending them does.

References
----------
RFC 9110 section 12.5.3 (Accept-Encoding), RFC 8878 (zstd).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

import zstandard
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

IDENTITY = "identity"
GZIP = "gzip"
ZSTD = "zstd"
PREFERRED = (ZSTD, GZIP)
"""What we speak, the cheapest to make and to read first."""

_GZIP_BITS = 16 + zlib.MAX_WBITS
_GZIP_LEVEL = 3
_ZSTD_LEVEL = 3
_PIECE_BYTES = 128 * 1024


@lru_cache(maxsize=256)
def choose_encoding(accept_encoding: str, preferred: tuple[str, ...] = PREFERRED) -> str:
    """Return the encoding to answer in; `IDENTITY` when the client names none of ours.

    Parameters
    ----------
    preferred
        What we could answer in, the best first.
    """
    accepted = parse_accept_header(accept_encoding[:512], Accept)
    qualities = {name: accepted.quality(name) for name in preferred}
    best = max(preferred, key=lambda name: qualities[name])
    return best if qualities[best] > 0 else IDENTITY


def encode(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Press pieces as they pass; small ones are gathered first."""
    gathered = _gather(pieces)
    if encoding == IDENTITY:
        return gathered
    if encoding == GZIP:
        gzip = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_BITS)
        return _run(gathered, gzip.compress, gzip.flush)
    zstd = zstandard.ZstdCompressor(_ZSTD_LEVEL).compressobj()
    return _run(gathered, zstd.compress, zstd.flush)


def _run(
    pieces: Iterable[bytes], work: Callable[[bytes], bytes], flush: Callable[[], bytes]
) -> Iterator[bytes]:
    for piece in pieces:
        if made := work(piece):
            yield made
    if made := flush():
        yield made


def _gather(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
