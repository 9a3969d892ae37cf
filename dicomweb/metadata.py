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
from dicomweb import silence
from dicomweb.calls import Call
from dicomweb.encodings import IDENTITY, PREFERRED, choose_encoding, decode, encode
from dicomweb.multipart import MultipartWriter, stable_boundary
from dicomweb.negotiation import Coding, Representation, Resource
from dicomweb.representations import xml_parts
from dicomweb.responses import Payload
from imaging.native_xml import to_xml
from imaging.zip_stream import File, zip_pieces

_MARKER = b'"BulkDataURI":"@/'


def metadata(
    call: Call, study: str, series: str | None = None, instance: str | None = None
) -> Response:
    """Metadata of what the UIDs name."""
    chosen = call.choose(Resource.METADATA)
    encoding = choose_encoding(call.request.headers.get("Accept-Encoding", ""))
    is_whole = instance is None and chosen.coding is Coding.JSON and not call.is_silent
    if series is not None and is_whole:
        kept = _kept(call, chosen, encoding, study, series)
        if kept is not None:
            return call.answer(kept)
    return call.answer(_composed(call, chosen, encoding, study, series, instance))


def _kept(
    call: Call, chosen: Representation, encoding: str, study: str, series: str
) -> Payload | None:
    """What the worker made ready, when it was made for the root that was called."""
    kept = retrieve.kept_series_metadata(
        call.archive, call.principal, call.collection, study, series
    )
    if kept is None or kept.root_url != call.root:
        return None
    objects = call.archive.objects
    key = kept.encodings.get(encoding)
    if key is not None:
        return Payload(
            chosen.media_type,
            lambda *_: objects.stream(key),
            length=objects.size(key),
            etag=f"{kept.etag}-{encoding}",
            headers=_headers(encoding),
            long=True,
        )
    known = next((name for name in PREFERRED if name in kept.encodings), None)
    if known is None:
        return None
    blob = kept.encodings[known]
    return Payload(
        chosen.media_type,
        lambda *_: encode(decode(objects.stream(blob), known), encoding),
        etag=f"{kept.etag}-{encoding}",
        headers=_headers(encoding),
        long=True,
    )


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
        headers=_headers(encoding),
        long=True,
    )


def _headers(encoding: str) -> dict[str, str]:
    headers = {"Vary": "Accept, Accept-Encoding, Authorization, Cookie"}
    return headers if encoding == IDENTITY else {**headers, "Content-Encoding": encoding}


def _rooted(documents: Iterable[bytes], root: str) -> Iterator[bytes]:
    rooted = b'"BulkDataURI":"' + root.encode("ascii") + b"/"
    for one in documents:
        yield one.replace(_MARKER, rooted)


def _array(documents: Iterable[bytes]) -> Iterator[bytes]:
    before = b"["
    for one in documents:
        yield before
        yield one
        before = b","
    yield b"[]" if before == b"[" else b"]"
