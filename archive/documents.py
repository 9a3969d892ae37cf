"""How DICOM JSON documents and maps lie in the index: JSON, compressed, one spelling for all.

A document is written once, at ingest, and read by every search and every
metadata request, so what is read most often is what needs least work:
`document_bytes` gives the JSON as it is sent.
"""

from __future__ import annotations

from typing import Any, cast

import orjson
import zstandard

_LEVEL = 3


def pack_document(model: dict[str, Any]) -> bytes:
    """A JSON object as it lies in a column."""
    return zstandard.compress(orjson.dumps(model), _LEVEL)


def document_bytes(blob: bytes) -> bytes:
    """The JSON text of what `pack_document` made."""
    return zstandard.decompress(blob)


def unpack_document(blob: bytes) -> dict[str, Any]:
    """The object that `pack_document` was given."""
    return cast(dict[str, Any], orjson.loads(zstandard.decompress(blob)))
