"""Metadata of a study, a series or an instance: kept blobs where there are some, else composed.

No DICOM file is opened here. Documents come from the index as JSON whose BulkDataURIs begin with
a marker; the root that the client called is put in its place as they pass.

References
----------
PS3.18 sections 10.4.1.1.2 and 10.4.4 (metadata), annex F.2.6 (BulkDataURI).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import orjson
from flask import Response

from archive import retrieve
from archive.kept import kept_metadata
from archive.metadata_files import MARKED_URI, rooted
from dicomweb import silence
from dicomweb.calls import Call
from dicomweb.encodings import choose_encoding, encode
from dicomweb.kept_metadata import coded, kept_payload
from dicomweb.multipart import MultipartWriter, stable_boundary
from dicomweb.negotiation import Coding, Representation, Resource
from dicomweb.representations import xml_parts
from dicomweb.responses import Payload
from imaging.native_xml import to_xml
from imaging.zip_stream import File, zip_pieces


def metadata(
    call: Call, study: str, series: str | None = None, instance: str | None = None
) -> Response:
    """Metadata of what the UIDs name."""
    chosen = call.choose(Resource.METADATA)
    if instance is None and chosen.coding is Coding.JSON and not call.is_silent:
        kept = kept_metadata(call.archive, call.principal, call.collection, study, series)
        if kept:
            return call.answer(kept_payload(call, chosen.media_type, kept))
    encoding = choose_encoding(call.request.headers.get("Accept-Encoding", ""))
    return call.answer(_composed(call, chosen, encoding, study, series, instance))


def _composed(
    call: Call,
    chosen: Representation,
    encoding: str,
    study: str,
    series: str | None,
    instance: str | None,
) -> Payload:
    found = retrieve.metadata(
        call.archive, call.principal, call.collection, study, series, instance
    )
    root = call.root
    documents = _rooted(found.documents, root)
    asked = f"{root} {chosen.media_type} {encoding}"
    if call.is_silent:
        documents = (orjson.dumps(silence.wordless(orjson.loads(one))) for one in documents)
        asked += " silent"
    way = hashlib.sha256(asked.encode()).hexdigest()[:12]
    etag = f"{found.etag}-{way}"
    content_type = chosen.media_type
    if chosen.coding is Coding.ZIP:
        zipped = zip_pieces([File("metadata.json", _array(documents), press=True)])
        headers = {"Content-Disposition": 'attachment; filename="metadata.zip"'}
        return Payload(content_type, lambda *_: zipped, etag=etag, headers=headers, long=True)
    if chosen.coding is Coding.XML:
        writer = MultipartWriter(stable_boundary(etag))
        content_type = writer.content_type(chosen.media_type)
        pieces = xml_parts(writer, (to_xml(orjson.loads(one)) for one in documents))
    else:
        pieces = _array(documents)
    return Payload(
        content_type,
        lambda *_: encode(pieces, encoding),
        etag=etag,
        headers=coded(encoding),
        long=True,
    )


def _rooted(documents: Iterable[bytes], root: str) -> Iterator[bytes]:
    here = rooted(root)
    for one in documents:
        yield one.replace(MARKED_URI, here)


def _array(documents: Iterable[bytes]) -> Iterator[bytes]:
    before = b"["
    for one in documents:
        yield before
        yield one
        before = b","
    yield b"[]" if before == b"[" else b"]"
