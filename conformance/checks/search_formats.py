"""What a search answers in, and what it does with requests that are none.

References
----------
PS3.18 8.7 (media types), 10.6.4 (those of searches), 10.6.3.1 (status codes).
"""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from conformance.asking import STUDY_UID, among_ours, value
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import NotOffered, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

JSON: Final = "application/dicom+json"
XML: Final = 'multipart/related; type="application/dicom+xml"'
_UNKNOWN: Final = "application/x-conformance-unknown"

_JSON_ACCEPTS: Final = [
    ("json", ("QIDO-FORMAT-JSON",), (JSON,)),
    ("any", ("QIDO-FORMAT-JSON-ANY",), ("*/*",)),
    ("any-application", ("QIDO-FORMAT-JSON-ANY",), ("application/*",)),
    ("absent", ("QIDO-FORMAT-JSON-DEFAULT",), (None,)),
    ("unknown-first", ("QIDO-FORMAT-LIST",), (f"{_UNKNOWN}, {JSON}",)),
    ("unknown-parameter", ("ACCEPT-UNKNOWN-PARAMETER",), (f'{JSON}; x="y z"',)),
    ("weights", ("QIDO-FORMAT-Q",), (f"{XML}; q=0.2, {JSON}; q=0.9",)),
    ("weight-zero", ("QIDO-FORMAT-Q",), (f"{XML}; q=0, {JSON}",)),
    ("upper-case", ("QIDO-FORMAT-JSON",), ("Application/DICOM+JSON",)),
]


def _first(known: Known) -> dict[str, str]:
    return {"StudyInstanceUID": known.place().study_uid}


@each("qido.accept", _JSON_ACCEPTS, needs=Needs.SAMPLE, after=["reach"])
def json_is_answered(server: Server, known: Known, accept: str | None) -> None:
    """Accept {} is answered in DICOM JSON"""
    answer = server.get("/studies", _first(known), accept=accept).expect_status(200)
    name = answer.media_type().name
    expect(name == JSON, f"{answer.asked} with Accept {accept!r} answered {name}")
    expect(
        len(answer.data_sets()) == 1, f"{answer.asked} answered {len(answer.data_sets())} data sets"
    )


@check("qido.accept[plain-json]", "QIDO-FORMAT-JSON-PLAIN", needs=Needs.SAMPLE, after=["reach"])
def plain_json_is_answered(server: Server, known: Known) -> None:
    """Accept application/json is answered"""
    answer = server.get("/studies", _first(known), accept="application/json")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    answer.expect_status(200).data_sets()


@check("qido.accept[406]", "QIDO-FORMAT-406", needs=Needs.SAMPLE, after=["reach"])
def an_unknown_type_is_refused(server: Server, known: Known) -> None:
    """Accept of a type that no search has is answered 406"""
    server.get("/studies", _first(known), accept=_UNKNOWN).expect_status(406)


@check("qido.accept[parameter]", "QIDO-FORMAT-PARAMETER", needs=Needs.SAMPLE, after=["reach"])
def the_query_chooses_the_type(server: Server, known: Known) -> None:
    """The query parameter accept chooses JSON over the header's XML"""
    query = {**_first(known), "accept": JSON}
    answer = server.get("/studies", query, accept=f"{XML}, {JSON}; q=0.1").expect_status(200)
    name = answer.media_type().name
    expect(name == JSON, f"{answer.asked} answered {name}, and its query accepts JSON")


def xml_data_sets(answer: Answer) -> list[ElementTree.Element]:
    """The NativeDicomModel elements of a multipart answer, one a part (PS3.19 A.1).

    Raises
    ------
    Failed
        The answer holds something else.
    """
    found = []
    for part in answer.parts():
        name = part.media_type().name
        expect(name == "application/dicom+xml", f"a part of {answer.asked} is {name}")
        try:
            # The answer of the server under test, bounded, and expat expands no external entity.
            found.append(ElementTree.fromstring(part.body))  # noqa: S314
        except ElementTree.ParseError as error:
            expect(False, f"a part of {answer.asked} is no XML: {error}")
    return found


def xml_value(model: ElementTree.Element, tag: str) -> str | None:
    """The first value of an attribute of a Native DICOM Model, without regard to namespaces."""
    for attribute in model:
        if attribute.get("tag") == tag:
            return next((one.text for one in attribute.iter() if one.tag.endswith("Value")), None)
    return None


@check("qido.accept[xml]", "QIDO-FORMAT-XML", "QIDO-FORMAT-XML-SAME", after=["qido.studies"])
def xml_is_answered(server: Server, known: Known) -> None:
    """XML is answered, a part a match, with the matches that JSON has"""
    query = among_ours(known, {"PatientID": "P-ALPHA"})
    answer = server.get("/studies", query, accept=XML).expect_status(200)
    uids = {xml_value(model, STUDY_UID) for model in xml_data_sets(answer)}
    same = server.get("/studies", query).expect_status(200).data_sets()
    wanted = {value(one, STUDY_UID) for one in same}
    expect(uids == wanted, f"XML names studies {uids}, JSON {wanted}")


# ---- requests that are none
_BAD_DATES: Final = [
    (text, ("QIDO-BAD-DATE",), ("StudyDate", text))
    for text in ("20201332", "today", "2020-01-01", "20200101-20200102-20200103")
] + [(text, ("QIDO-BAD-TIME",), ("StudyTime", text)) for text in ("256161", "noon")]


@each("qido.bad-value", _BAD_DATES, needs=Needs.SAMPLE, after=["reach"])
def a_bad_value_is_refused(server: Server, known: Known, keyword: str, text: str) -> None:
    """{} is refused where a date or a time belongs"""
    server.get("/studies", {keyword: text}).expect_status(400)


_NO_ERRORS: Final = [
    ("unknown", ("QIDO-BAD-ATTRIBUTE",), "/studies?limit=1&NoSuchAttribute=1"),
    ("uid", ("QIDO-BAD-UID",), "/studies?limit=1&StudyInstanceUID=not-a-uid"),
    ("not-utf-8", ("QIDO-BAD-ENCODING",), "/studies?limit=1&PatientID=%FF%FE"),
    ("half-escape", ("QIDO-BAD-ENCODING",), "/studies?limit=1&PatientID=%4"),
    ("nul", ("QIDO-BAD-NUL",), "/studies?limit=1&PatientID=a%00b"),
    ("long", ("QIDO-BAD-LONG",), "/studies?limit=1&PatientID=" + "x" * 6000),
    ("many", ("QIDO-BAD-LONG",), "/studies?limit=1&StudyInstanceUID=" + ",".join(["1.2.3"] * 900)),
    ("quote", ("QIDO-BAD-SQL",), "/studies?limit=1&PatientID=%27%3B--"),
]


@each(
    "qido.no-error",
    [(name, requirements, (path,)) for name, requirements, path in _NO_ERRORS],
    needs=Needs.SAMPLE,
    after=["reach"],
)
def an_odd_query_is_no_error(server: Server, known: Known, path: str) -> None:
    """An odd query is no error of the server: {}"""
    answer = server.get(path)
    expect(answer.status < 500, f"{answer.asked[:200]} answered {answer.status}")


@check("qido.method", "QIDO-BAD-METHOD", needs=Needs.WRITING, after=["reach"])
def an_unknown_method_is_refused(server: Server, known: Known) -> None:
    """PUT on a search resource is answered 405 or 501"""
    answer = server.ask("PUT", "/studies", (), [("Content-Type", JSON)], b"[]")
    answer.expect_status(405, 501)
    if answer.status == 405:
        expect(
            answer.header("Allow"), f"{answer.asked} answered 405 without Allow (RFC 9110 15.5.6)"
        )
