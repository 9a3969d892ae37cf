"""Compressed siblings beside the files, made once so that no request waits for them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import zstandard

# Encodings that browsers accept, best first; the suffix names the sibling.
SUFFIX_OF_ENCODING = {"zstd": ".zst", "gzip": ".gz"}

_COMPRESSIBLE = frozenset(
    {".js", ".css", ".html", ".json", ".jsonc", ".svg", ".wasm", ".xml", ".txt", ".webapp"}
)
min_bytes = 1024


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, compresslevel=6, mtime=0)


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=12).compress(data)


_MAKERS: dict[str, Callable[[bytes], bytes]] = {"gzip": _gzip, "zstd": _zstd}


def write_siblings(dist: Path) -> int:
    """Write the siblings of every file that shrinks; return the number of files treated."""
    files = [path for path in sorted(dist.rglob("*")) if _is_worth_it(path)]
    with ThreadPoolExecutor(max_workers=4) as pool:  # both compressors let go of the GIL
        list(pool.map(_write, files))
    return len(files)


def _is_worth_it(path: Path) -> bool:
    return path.suffix in _COMPRESSIBLE and path.is_file() and path.stat().st_size >= min_bytes


def _write(path: Path) -> None:
    data = path.read_bytes()
    for encoding, suffix in SUFFIX_OF_ENCODING.items():
        smaller = _MAKERS[encoding](data)
        if len(smaller) < len(data):
            path.with_name(path.name + suffix).write_bytes(smaller)
