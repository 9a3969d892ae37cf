"""Files under ``/static/``: ours and those of npm packages, read once, compressed, named by digest.

A request names a row of what is there or nothing: no path of a request reaches the disk unless it
is a plain name. A file that changes on the disk is read again, so that whoever draws sees it.

References
----------
RFC 9110 section 8.8.3 (ETag) and 12.5.3 (Accept-Encoding); RFC 8246 (immutable).
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final

import zstandard
from flask import Response, request

MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
JOINED: Final[Mapping[str, tuple[str, ...]]] = {
    "site.css": tuple(
        f"site/{part}.css"
        for part in (
            "tokens",
            "ground",
            "frame",
            "controls",
            "components",
            "pictures",
            "pages",
            "finding",
            "cases",
            "quizzes",
            "uploading",
            "discussion",
            "consent",
            "policies",
            "requests",
        )
    ),
    "upload-page.js": tuple(
        f"upload/{part}.js" for part in ("picking", "sending", "following", "showing", "page")
    ),
    "upload-live.js": tuple(f"upload/{part}.js" for part in ("following", "live")),
    # No module: a worker that may load nothing, not even its own parts.
    "upload-worker.js": tuple(
        f"upload/{part}.js" for part in ("elements", "part10", "deidentify", "zip", "worker")
    ),
}
"""Files that are kept in parts and served as one."""

VENDOR: Final = "vendor/"

_NAME = re.compile(r"(?:[a-z0-9][a-z0-9_-]*/){0,2}[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)+")
_ALREADY_SMALL = frozenset({".png", ".woff2"})
_MIN_BYTES = 1024
_ONE_YEAR_S = 365 * 24 * 3600
_ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "zstd": lambda data: zstandard.ZstdCompressor(level=12).compress(data),
    "gzip": lambda data: gzip.compress(data, mtime=0),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, ready to send; `version` changes with its bytes."""

    body: bytes
    media_type: str
    version: str
    encoded: Mapping[str, bytes]


class Assets:
    """Our own folder, and the folder of packages under `VENDOR`; either may come later."""

    def __init__(self, own: Path, vendor: Path | None) -> None:
        self._own, self._vendor = own, vendor
        self._read: dict[str, tuple[tuple[float, ...], Asset]] = {}

    def find(self, name: str) -> Asset | None:
        """The file of this name, or None."""
        paths = self._paths(name)
        try:
            state = tuple(path.stat().st_mtime for path in paths)
        except OSError:
            return None
        known = self._read.get(name)
        if known is None or known[0] != state:
            if not state:
                return None
            known = self._read[name] = (state, _asset(name, paths))
        return known[1]

    def _paths(self, name: str) -> tuple[Path, ...]:
        if not _NAME.fullmatch(name) or Path(name).suffix not in MEDIA_TYPES:
            return ()
        if name.startswith(VENDOR):
            return (self._vendor / name.removeprefix(VENDOR),) if self._vendor else ()
        return tuple(self._own / part for part in JOINED.get(name, (name,)))


def _asset(name: str, paths: tuple[Path, ...]) -> Asset:
    body = b"".join(path.read_bytes() for path in paths)
    suffix = Path(name).suffix
    encoded: dict[str, bytes] = {}
    if suffix not in _ALREADY_SMALL and len(body) >= _MIN_BYTES:
        encoded = {encoding: encode(body) for encoding, encode in _ENCODERS.items()}
    return Asset(body, MEDIA_TYPES[suffix], hashlib.sha256(body).hexdigest()[:12], encoded)


def send(asset: Asset | None) -> Response:
    """The answer to a request for a file; kept for a year when it was asked for by its version."""
    if asset is None:
        return Response("No such file.\n", HTTPStatus.NOT_FOUND, content_type="text/plain")
    encoding = next((one for one in asset.encoded if _accepts(one)), None)
    body = asset.encoded[encoding] if encoding else asset.body
    response = Response(body, content_type=asset.media_type)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    if asset.encoded:
        response.vary.add("Accept-Encoding")
    is_pinned = request.args.get("v") == asset.version
    age = f"{_ONE_YEAR_S}, immutable" if is_pinned else "3600"
    response.headers["Cache-Control"] = f"public, max-age={age}"
    response.set_etag(f"{asset.version}-{encoding or 'identity'}")
    response.make_conditional(request)
    return response


def _accepts(encoding: str) -> bool:
    return bool(request.accept_encodings) and request.accept_encodings.quality(encoding) > 0
