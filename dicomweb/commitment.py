"""Storage commitment: who sent instances asks that we answer for them.

The body is read here and understood in `commitment_modules`; what is held, and what is remembered
of a request, is `archive.commitment`'s business.

References
----------
PS3.18 chapter 13 (Storage Commitment Service).
"""

from __future__ import annotations

from http import HTTPStatus

import orjson
from flask import Response

from archive.commitment import Commitment, find_commitment, request_commitment
from archive.safekeeping import Reference
from dicomweb.calls import Call
from dicomweb.capabilities import MODULE_TYPES
from dicomweb.commitment_modules import RequestMalformed, read_request, write_response
from dicomweb.encodings import IDENTITY
from dicomweb.errors import Refusal
from dicomweb.media_types import MediaType, parse_media_type
from dicomweb.multipart import Limits, MultipartParser, PartBegin, PartData
from dicomweb.negotiation import DICOM_JSON, DICOM_XML, JSON, Representation, Resource
from dicomweb.representations import document
from imaging.errors import ImagingError
from imaging.native_xml_reading import from_xml

max_body_bytes = 8 * 1024 * 1024

max_containers = 16
"""JSON objects and arrays for each instance that a request may name: emptiness costs memory."""

CHECK_AGAIN_S = 30
"""When a result that is not there yet may be: the worker looks so often."""

_SPELLINGS = {DICOM_JSON: DICOM_JSON, JSON: DICOM_JSON, DICOM_XML: DICOM_XML}


def request(call: Call, transaction: str) -> Response:
    """Ask that instances be kept, and answer what is known now (13.4)."""
    chosen = call.choose(Resource.COMMITMENT)
    references = _read(call)
    made = request_commitment(
        call.archive, call.principal, call.collection, transaction, references
    )
    return _answer(call, transaction, made, chosen)


def result(call: Call, transaction: str) -> Response:
    """Tell what came of a request (13.5)."""
    chosen = call.choose(Resource.COMMITMENT)
    found = find_commitment(call.archive, call.principal, call.collection, transaction)
    return _answer(call, transaction, found, chosen)


def _answer(
    call: Call, transaction: str, commitment: Commitment, chosen: Representation
) -> Response:
    if commitment.reasons is None:
        response = Response(status=HTTPStatus.ACCEPTED, headers={"Retry-After": str(CHECK_AGAIN_S)})
    else:
        model = write_response(commitment.references, commitment.reasons)
        response = document([model] if chosen.multipart else model, chosen)
    response.headers["Content-Location"] = f"{call.root}/commitment-requests/{transaction}"
    response.headers["Cache-Control"] = "no-store"
    return response


def _read(call: Call) -> tuple[Reference, ...]:
    content_type = parse_media_type(call.request.headers.get("Content-Type", ""))
    root = _root_type(content_type)
    coding = call.request.headers.get("Content-Encoding", "").strip().lower()
    if content_type is None or root not in _SPELLINGS or coding not in ("", IDENTITY):
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "a request for storage commitment is DICOM JSON or native XML, without a "
            "Content-Encoding",
            available=MODULE_TYPES,
        )
    body = _body(call)
    if content_type.is_multipart:
        body = _only_part(body, content_type.parameters.get("boundary", ""))
    limit = call.archive.settings.limits.max_references
    if body.count(b"{") + body.count(b"[") > max_containers * (limit + 1):
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request may name {limit} instances")
    try:
        model = orjson.loads(body) if _SPELLINGS[root] == DICOM_JSON else from_xml(body)
        return read_request(model, limit)
    except (ImagingError, RequestMalformed) as exc:
        raise Refusal.bad_request(str(exc)) from exc
    except orjson.JSONDecodeError as exc:
        raise Refusal.bad_request("the request is no JSON") from exc


def _root_type(content_type: MediaType | None) -> str:
    if content_type is None or not content_type.is_multipart:
        return content_type.name if content_type else ""
    root = parse_media_type(content_type.parameters.get("type", ""))
    return root.name if root else ""


def _body(call: Call) -> bytes:
    read = bytearray()
    with call.open_body() as body:
        for chunk in body.chunks():
            read += chunk
            if len(read) > max_body_bytes:
                raise Refusal.too_large(max_body_bytes)
    return bytes(read)


def _only_part(body: bytes, boundary: str) -> bytes:
    if not boundary:
        raise Refusal.bad_request("the Content-Type names no boundary")
    parser = MultipartParser(boundary, Limits(max_parts=2))
    parser.feed(body)
    parser.close()
    parts: list[bytearray] = []
    for event in parser.events():
        if isinstance(event, PartBegin):
            parts.append(bytearray())
        elif isinstance(event, PartData):
            parts[-1] += event.data
    if len(parts) != 1:
        raise Refusal.bad_request("a request for storage commitment is one part")
    return bytes(parts[0])
