"""Storing instances whose metadata and bulk data come in parts of their own.

References
----------
PS3.18 10.5.1.4 (payload), Table 10.5.2-1 (compressed pixel data), F.2 (JSON); PS3.19 A.1 (XML).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from pydicom.uid import JPEGBaseline8Bit

from conformance.checks.retrieving import ANY_SYNTAX, the_file
from conformance.checks.storing import BOUNDARY, expect_there, fresh, is_there
from conformance.corpus.making import Made
from conformance.corpus.pixels import encoded
from conformance.files import frames_in
from conformance.known import Known
from conformance.registry import Needs, check
from conformance.verdicts import Failed, NotOffered, expect
from conformance.wire.answer import Answer
from conformance.wire.multipart import write_multipart
from conformance.wire.server import Server

max_mean_difference: Final = 6.0
"""Grey levels by which JPEG's loss may change a pixel, on average."""


def described(made: Made, uri: str | None) -> list[dict[str, Any]]:
    """An instance as DICOM JSON, its pixel data at `uri` or inline."""
    whole: dict[str, Any] = made.data_set.to_json_dict()
    if uri is not None:
        whole["7FE00010"] = {"vr": "OB", "BulkDataURI": uri}
    return [whole]


def _json_parts(made: Made, uri: str | None, *bulk: tuple[str, str, bytes]) -> bytes:
    head = (("Content-Type", "application/dicom+json"),)
    parts: list[tuple[Sequence[tuple[str, str]], bytes]] = [
        (head, json.dumps(described(made, uri)).encode())
    ]
    for content_type, location, data in bulk:
        fields = (("Content-Type", content_type), ("Content-Location", location))
        parts.append((fields, data))
    return write_multipart(parts, BOUNDARY)


_JSON_TYPE: Final = f'multipart/related; type="application/dicom+json"; boundary={BOUNDARY}'


def _post_json(server: Server, body: bytes) -> Answer:
    answer = server.post("/studies", body, _JSON_TYPE)
    if answer.status == 415:
        raise Failed("storing metadata in DICOM JSON is answered 415")
    return answer


@check("stow.json", "STOW-JSON", needs=Needs.WRITING, after=["stow.one"])
def json_with_bulk_data(server: Server, known: Known) -> None:
    """Metadata in JSON with pixel data in a part of their own are stored"""
    made, uri = fresh(known, "json"), "bulk/pixels"
    octets = ("application/octet-stream", uri, made.pixels[0])
    _post_json(server, _json_parts(made, uri, octets)).expect_status(200)
    expect_there(server, made)


@check("stow.json-inline", "STOW-JSON-INLINE", needs=Needs.WRITING, after=["stow.json"])
def json_with_inline_binary(server: Server, known: Known) -> None:
    """Metadata in JSON with pixel data inline are stored"""
    made = fresh(known, "json-inline")
    _post_json(server, _json_parts(made, None)).expect_status(200)
    expect_there(server, made)


@check("stow.json-compressed", "STOW-JSON-COMPRESSED", needs=Needs.WRITING, after=["stow.json"])
def json_with_a_jpeg(server: Server, known: Known) -> None:
    """Metadata in JSON with pixel data in image/jpeg are stored, and are that picture"""
    made, uri = fresh(known, "json-compressed"), "bulk/picture"
    picture = encoded("gray8", str(JPEGBaseline8Bit)).frames[0].rstrip(b"\0")
    answer = _post_json(server, _json_parts(made, uri, ("image/jpeg", uri, picture)))
    if answer.status in (400, 409):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    answer.expect_status(200)
    file = the_file(server.get(made.path, accept=ANY_SYNTAX))
    frame = b"".join(frames_in(file, 1))
    if file.transfer_syntax == JPEGBaseline8Bit:
        expect(frame.rstrip(b"\0") == picture, "its frame is another picture")
    elif not file.transfer_syntax.is_encapsulated:
        levels = np.frombuffer(frame, np.uint8).astype(int)
        wanted = np.frombuffer(made.pixels[0], np.uint8).astype(int)
        expect(levels.size == wanted.size, f"its frame has {levels.size} pixels")
        difference = float(np.abs(levels - wanted).mean())
        expect(difference < max_mean_difference, f"its pixels differ by {difference:.0f} levels")


@check("stow.json-missing", "STOW-JSON-MISSING-BULK", needs=Needs.WRITING, after=["stow.json"])
def json_without_its_bulk_data(server: Server, known: Known) -> None:
    """Metadata whose bulk data do not come fail"""
    made = fresh(known, "json-missing")
    _post_json(server, _json_parts(made, "bulk/nowhere")).expect_status(400, 409)
    expect(not is_there(server, made), "it was stored nevertheless")


@check("stow.json-bad", "STOW-JSON-BAD", needs=Needs.WRITING, after=["stow.json"])
def json_that_is_none(server: Server, known: Known) -> None:
    """Metadata that are no JSON are answered 400"""
    head = (("Content-Type", "application/dicom+json"),)
    _post_json(server, write_multipart([(head, b"[{")], BOUNDARY)).expect_status(400)


@check("stow.xml", "STOW-XML", needs=Needs.WRITING, after=["stow.one"])
def xml_with_bulk_data(server: Server, known: Known) -> None:
    """Metadata in XML with pixel data in a part of their own are stored"""
    made, uri = fresh(known, "xml"), "bulk/pixels"
    document = _xml_of(made, uri)
    parts: list[tuple[Sequence[tuple[str, str]], bytes]] = [
        ((("Content-Type", "application/dicom+xml"),), document),
        (
            (("Content-Type", "application/octet-stream"), ("Content-Location", uri)),
            made.pixels[0],
        ),
    ]
    content_type = f'multipart/related; type="application/dicom+xml"; boundary={BOUNDARY}'
    server.post("/studies", write_multipart(parts, BOUNDARY), content_type).expect_status(200)
    expect_there(server, made)


def _xml_of(made: Made, uri: str) -> bytes:
    """The instance as a Native DICOM Model (PS3.19 A.1)."""
    rows = []
    for element in made.data_set:
        tag = f"{int(element.tag):08X}"
        if tag == "7FE00010":
            inside = f"<BulkData uri={quoteattr(uri)}/>"
        elif element.VR == "PN":
            family, _, given = str(element.value).partition("^")
            inside = (
                '<PersonName number="1"><Alphabetic>'
                f"<FamilyName>{escape(family)}</FamilyName><GivenName>{escape(given)}</GivenName>"
                "</Alphabetic></PersonName>"
            )
        else:
            values = element.value if element.VM > 1 else [element.value]
            inside = "".join(
                f'<Value number="{n}">{escape(str(one))}</Value>' for n, one in enumerate(values, 1)
            )
        attributes = f'tag="{tag}" vr="{element.VR}" keyword="{element.keyword}"'
        rows.append(f"<DicomAttribute {attributes}>{inside}</DicomAttribute>")
    text = "".join(rows)
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    space = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
    return f'{head}<NativeDicomModel xmlns="{space}">{text}</NativeDicomModel>'.encode()
