"""What multipart answers say of themselves: their boundary, and of each part the syntax and place.

References
----------
PS3.18 8.6.1.2 (multipart payloads), 8.7.3.5.2 (transfer syntax parameters), 10.4.3.3.5 (places of
bulk data); RFC 2046 5.1.1.
"""

from __future__ import annotations

from typing import Final

from pydicom.uid import ExplicitVRLittleEndian

from conformance.asking import only
from conformance.checks.retrieving import DICOM, NATIVE, OCTETS
from conformance.files import read_file
from conformance.known import Known
from conformance.registry import check
from conformance.verdicts import Failed, NotOffered, Undecided, expect
from conformance.wire.server import Server

_VERY_LONG: Final = "00720081"
"""Selector OV Value (0072,0081) of the instance with a value of every kind."""


@check("wado.boundary", "WADO-RELATED-BOUNDARY", after=["wado.retrieve[study]"])
def a_boundary_stands_in_no_part(server: Server, known: Known) -> None:
    """The boundary of an answer stands before each part and after the last, and in none"""
    made = known.instance("ct-1-1")
    answer = server.get(f"/studies/{made.study_uid}", accept=NATIVE).expect_status(200)
    boundary = answer.media_type().parameter("boundary") or ""
    count = (b"\r\n" + answer.body).count(b"\r\n--" + boundary.encode("ascii", "replace"))
    stored = [m for m in known.corpus.study(made.study) if m.name in known.stored]
    expect(
        count == len(stored) + 1,
        f"{answer.asked} has its boundary {count} times, expected {len(stored) + 1}",
    )


@check("wado.part-syntax", "WADO-PART-SYNTAX", after=["wado.retrieve[instance]"])
def a_part_says_its_syntax(server: Server, known: Known) -> None:
    """A part of application/dicom in another transfer syntax than the default says so"""
    made = known.instance("gray8-RLELossless")
    answer = server.get(made.path, accept=f"{DICOM}; transfer-syntax={made.transfer_syntax}")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    for part in answer.expect_status(200).parts():
        said = part.media_type().parameter("transfer-syntax") or ExplicitVRLittleEndian
        found = read_file(part.body, answer.asked).transfer_syntax
        expect(said == found, f"a part in {found} says transfer-syntax={said}, or nothing")


@check("bulk.location", "BULK-LOCATION", after=["bulk.all[instance]"])
def a_part_says_its_place(server: Server, known: Known) -> None:
    """A part of several bulk data says by Content-Location what the metadata call it"""
    made = known.instance("values")
    answer = server.get(f"{made.path}/metadata").expect_status(200)
    metadata = only(answer, answer.data_sets())
    uri = metadata.get(_VERY_LONG, {}).get("BulkDataURI")
    if uri is None:
        raise Undecided(f"({_VERY_LONG}) comes inline or not at all, so it has no address")
    answer = server.get(f"{made.path}/bulkdata", accept=OCTETS).expect_status(200)
    wanted = bytes(made.data_set[int(_VERY_LONG, 16)].value)
    places = [part.header("Content-Location") for part in answer.parts() if part.body == wanted]
    if None in places or not places:
        raise Failed(f"{answer.asked} has parts without Content-Location")
    found = {server.resolve(str(place), answer) for place in places}
    named = server.resolve(uri, server.address(f"{made.path}/metadata"))
    expect(named in found, f"the metadata say {named}, the parts {sorted(found)}")
