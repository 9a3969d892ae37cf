"""The table of files that may be served, read once from the installed release.

A request names a row of this table or nothing: no path of a request ever reaches the disk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from viewer.compress import SUFFIX_OF_ENCODING

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonc": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webapp": "application/manifest+json",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
}
_FALLBACK = "application/octet-stream"

# A name with the hash of its content never changes what it means: 16 to 20 hex digits.
_HASHED = re.compile(r"(?:^|\.)[0-9a-f]{16,20}\.")


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file and its compressed siblings, best encoding first."""

    path: Path
    media_type: str
    immutable: bool
    encoded: Mapping[str, Path]


def read_table(dist: Path) -> Mapping[str, StaticFile]:
    """Return every servable file below `dist` by its path relative to it."""
    suffixes = tuple(SUFFIX_OF_ENCODING.values())
    paths = [path for path in sorted(dist.rglob("*")) if path.is_file()]
    return MappingProxyType(
        {
            path.relative_to(dist).as_posix(): _row(path)
            for path in paths
            if path.suffix not in suffixes
        }
    )


def _row(path: Path) -> StaticFile:
    siblings = {
        encoding: path.with_name(path.name + suffix)
        for encoding, suffix in SUFFIX_OF_ENCODING.items()
    }
    return StaticFile(
        path=path,
        media_type=MEDIA_TYPES.get(path.suffix, _FALLBACK),
        immutable=_HASHED.search(path.name) is not None,
        encoded={name: sibling for name, sibling in siblings.items() if sibling.is_file()},
    )
