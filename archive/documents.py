"""How DICOM JSON documents and maps lie in the index: JSON, compressed, one spelling for all.

A document is written once, at ingest, and read by every search and every
metadata request, so what is read most often is what needs least work:
`document_bytes` gives the JSON as it is sent.
"""

from __future__ import annotations

import threading
from typing import Any, cast

import orjson
import zstandard

_LEVEL = 3


class _Tools(threading.local):
    """Of one thread: making them takes longer than using them, and threads may not share them."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_tools = _Tools()


def pack_document(model: dict[str, Any]) -> bytes:
    """A JSON object as it lies in a column."""
    return _tools.compressor.compress(orjson.dumps(model))


def document_bytes(blob: bytes) -> bytes:
    """The JSON text of what `pack_document` made."""
    return _tools.decompressor.decompress(blob)


def unpack_document(blob: bytes) -> dict[str, Any]:
    """The object that `pack_document` was given."""
    return cast(dict[str, Any], orjson.loads(document_bytes(blob)))
