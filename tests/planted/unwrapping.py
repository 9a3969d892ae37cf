"""What is packed in bytes, unpacked: answers of a server, rows and files of its stores.

Only how things are packed is known here; what is looked for in them is `search`'s.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator

import zstandard

from tests.planted.plants import Plant
from tests.planted.search import found

MAX_BYTES = 16 << 20
_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08"
_PART = re.compile(rb"\r\n--[^\r\n]{1,80}\r\n(?:[^\r\n]+\r\n)*\r\n")
_INLINE = re.compile(rb'(?:"InlineBinary":\s*"|<InlineBinary>)([A-Za-z0-9+/=\s]{8,})')
_ESCAPED = re.compile(rb"\\u[0-9a-fA-F]{4}|&#|&[a-z]+;")


_TOGETHER = 4 << 20


def found_within(plants: Iterable[Plant], data: bytes) -> list[Plant]:
    """Give the plants that are in these bytes, however they are packed."""
    known, hits = list(plants), []
    for piece in unpacked(data):
        hits += found(known, piece)
    return list(dict.fromkeys(hits))


def leaks(
    plants: Iterable[Plant], places: Iterable[tuple[str, bytes]]
) -> set[tuple[str, str, str]]:
    """Give what is found in places with a name: where, and kind and place of the plant.

    Small pieces are searched together, as a search takes longer than most of them.
    """
    known = list(plants)
    hits: set[tuple[str, str, str]] = set()
    gathered: list[tuple[str, bytes]] = []

    def search() -> None:
        if found(known, b"\n\0\n".join(piece for _, piece in gathered)):
            for where, piece in gathered:
                hits.update((where, one.kind, one.place) for one in found(known, piece))
        gathered.clear()

    for where, data in places:
        for piece in unpacked(data):
            if piece[128:132] == b"DICM" or b"%PDF" in piece or len(piece) > _TOGETHER:
                hits.update((where, one.kind, one.place) for one in found(known, piece))
            else:
                gathered.append((where, piece))
        if sum(len(piece) for _, piece in gathered) > _TOGETHER:
            search()
    search()
    return hits


def unpacked(data: bytes) -> Iterator[bytes]:
    """The bytes, and what is packed in them."""
    yield data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from unpacked(archive.read(name))
        return
    # A file is known by how it begins, so parts are looked at one by one.
    yield from _PART.split(b"\r\n" + data)[1:]
    for piece in _inflated(data):
        yield piece
        yield from _spelled(piece)
    yield from _spelled(data)


def _inflated(data: bytes) -> Iterator[bytes]:
    """What was compressed, wherever in the bytes it begins; of what is torn, the beginning."""
    for at in _places(data, _ZSTD):
        try:
            with zstandard.ZstdDecompressor().stream_reader(memoryview(data)[at:]) as reader:
                yield _all_of(reader)
        except zstandard.ZstdError:
            continue
    for at in _places(data, _GZIP):
        try:
            yield zlib.decompressobj(31).decompress(memoryview(data)[at:], MAX_BYTES)
        except zlib.error:
            continue


def _all_of(reader: zstandard.ZstdDecompressionReader) -> bytes:
    pieces = []
    try:
        while piece := reader.read(4096):
            pieces.append(piece)
    except zstandard.ZstdError:
        pass
    return b"".join(pieces)


def _places(data: bytes, magic: bytes) -> Iterator[int]:
    at = data.find(magic)
    while at >= 0:
        yield at
        at = data.find(magic, at + 1)


def _spelled(data: bytes) -> Iterator[bytes]:
    """Text whose letters are escaped, and values in base 64."""
    for match in _INLINE.finditer(data):
        try:
            yield base64.b64decode(match[1])
        except ValueError:
            continue
    if _ESCAPED.search(data) is None:
        return
    text = data.decode("utf-8", "replace")
    yield html.unescape(text).encode()
    for line in (text, *text.splitlines()):
        try:
            yield json.dumps(json.loads(line), ensure_ascii=False).encode()
        except ValueError:
            continue
