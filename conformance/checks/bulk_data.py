"""Bulk data: every address in metadata leads to the bytes that were stored.

References
----------
PS3.18 10.4.1.1.5 (bulk data), 10.4.1.1.6 (pixel data).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conformance.checks.json_model import expect_element
from conformance.checks.metadata import Row, fetcher, metadata_of
from conformance.checks.retrieving import LEVELS, OCTETS, UNKNOWN, path_of, stored_at
from conformance.corpus.making import Made
from conformance.files import PIXEL_DATA
from conformance.known import Known
from conformance.registry import check, each
from conformance.verdicts import NotOffered, Undecided, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server


def _uri_of(server: Server, made: Made, tag: str) -> tuple[str, str]:
    """The BulkDataURI of an element, and the whole address it leads to."""
    element = metadata_of(server, made).get(tag, {})
    uri = element.get("BulkDataURI")
    if uri is None:
        raise Undecided(f"({tag}) comes inline or not at all, so there is no address to follow")
    expect(isinstance(uri, str), f"the BulkDataURI of ({tag}) is {uri!r}")
    return uri, server.resolve(uri, server.address(f"{made.path}/metadata"))


_BULK: Final[Sequence[Row]] = [
    ("OV", ("BULK-URI", "BULK-URI-RELATIVE"), ("values", "00720081")),
    ("document", ("BULK-DOCUMENT",), ("pdf", "00420011")),
]


@each("bulk.uri", _BULK, after=["metadata.complete[instance]"])
def an_address_leads_to_the_bytes(server: Server, known: Known, name: str, tag: str) -> None:
    """A BulkDataURI leads to the bytes: {}"""
    expect_element(server, known.instance(name), tag)


def _bulk(server: Server, known: Known, accept: str) -> tuple[Answer, bytes]:
    made = known.instance("values")
    _, url = _uri_of(server, made, "00720081")
    return server.get(url, accept=accept), bytes(made.data_set[0x00720081].value)


@check("bulk.multipart", "BULK-MULTIPART", after=["bulk.uri[OV]"])
def bulk_data_in_parts(server: Server, known: Known) -> None:
    """Bulk data come as multipart/related of application/octet-stream"""
    answer, wanted = _bulk(server, known, OCTETS)
    part = answer.expect_status(200).part()
    expect(part.body == wanted, f"{answer.asked} answered other bytes")


@check("bulk.single", "BULK-SINGLE", after=["bulk.uri[OV]"])
def bulk_data_as_one(server: Server, known: Known) -> None:
    """Bulk data come as a single part"""
    answer, wanted = _bulk(server, known, "application/octet-stream")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    expect(answer.expect_status(200).body == wanted, f"{answer.asked} answered other bytes")


@check("bulk.any", "BULK-ANY", after=["bulk.uri[OV]"])
def bulk_data_for_anything(server: Server, known: Known) -> None:
    """Bulk data come for */*"""
    _bulk(server, known, "*/*")[0].expect_status(200)


@check("bulk.406", "BULK-406", after=["bulk.uri[OV]"])
def bulk_data_in_an_unknown_type(server: Server, known: Known) -> None:
    """Bulk data in an unknown media type are answered 406"""
    _bulk(server, known, UNKNOWN)[0].expect_status(406)


@check("bulk.404", "BULK-404", after=["bulk.uri[OV]"])
def bulk_data_that_are_not_there(server: Server, known: Known) -> None:
    """Bulk data of an instance that is not there are answered 404 or 410"""
    made = known.instance("values")
    _, url = _uri_of(server, made, "00720081")
    if made.instance_uid not in url:
        raise Undecided("the address does not name the instance, so no other can be made of it")
    gone = url.replace(made.instance_uid, made.instance_uid + ".9")
    server.get(gone, accept=OCTETS).expect_status(404, 410)


@check("bulk.host", "BULK-URI-SAME-HOST", after=["bulk.uri[OV]"])
def bulk_data_lie_on_the_server(server: Server, known: Known) -> None:
    """A BulkDataURI leads to the server that was asked"""
    _, url = _uri_of(server, known.instance("values"), "00720081")
    host = server.target.base.split("/")[2]
    expect(url.split("/")[2] == host, f"it leads to {url.split('/')[2]}, asked was {host}")


@check("bulk.range", "BULK-RANGE", after=["bulk.single"])
def a_range_of_bulk_data(server: Server, known: Known) -> None:
    """A part of bulk data is answered by Range"""
    made = known.instance("values")
    _, url = _uri_of(server, made, "00720081")
    answer = server.get(url, accept="application/octet-stream", headers=[("Range", "bytes=10-19")])
    if answer.status in (200, 406):
        raise NotOffered(f"{answer.asked} answered {answer.status} to a Range")
    wanted = bytes(made.data_set[0x00720081].value)
    expect(answer.expect_status(206).body == wanted[10:20], f"{answer.asked} answered other bytes")
    expect(answer.header("Content-Range") == f"bytes 10-19/{len(wanted)}", "Content-Range is wrong")


@check("bulk.pixels", "BULK-PIXEL", after=["metadata.complete[instance]"])
def pixel_data_have_an_address(server: Server, known: Known) -> None:
    """The BulkDataURI of native Pixel Data leads to the pixels"""
    made = known.instance("ct-1-1")
    _, url = _uri_of(server, made, PIXEL_DATA)
    fetch = fetcher(server, server.address(f"{made.path}/metadata"))
    expect(fetch(url) == made.pixels[0], "it leads to other bytes")


@each(
    "bulk.all",
    [(n, (f"WADO-{n.upper()}-BULK",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def all_bulk_data(server: Server, known: Known, level: str) -> None:
    """All bulk data of a {} are retrieved at /bulkdata"""
    made = known.instance("values")
    answer = server.get(path_of(made, level) + "/bulkdata", accept=OCTETS)
    if answer.status in (404, 405, 501):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    bodies = [part.body for part in answer.expect_status(200).parts()]
    wanted = bytes(made.data_set[0x00720081].value)
    expect(wanted in bodies, f"{answer.asked} lacks the value of (0072,0081)")


@each(
    "pixeldata",
    [(n, (f"WADO-{n.upper()}-PIXELS",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def all_pixel_data(server: Server, known: Known, level: str) -> None:
    """The pixel data of a {} are retrieved at /pixeldata"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level) + "/pixeldata", accept=OCTETS)
    if answer.status in (404, 405, 501):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    bodies = sorted(part.body for part in answer.expect_status(200).parts())
    wanted = sorted(one.pixels[0] for one in stored_at(known, made, level).values())
    expect(bodies == wanted, f"{answer.asked} answered {len(bodies)} parts, or other bytes")


@each(
    "octets",
    [(n, (f"WADO-{n.upper()}-OCTETS",), (n,)) for n in LEVELS],
    after=["metadata.complete[instance]"],
)
def a_resource_as_its_bulk_data(server: Server, known: Known, level: str) -> None:
    """A {} is answered as its bulk data when octets are accepted"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, level), accept=OCTETS)
    bodies = {part.body for part in answer.expect_status(200).parts()}
    wanted = {one.pixels[0] for one in stored_at(known, made, level).values()}
    expect(wanted <= bodies, f"{answer.asked} lacks pixel data")
