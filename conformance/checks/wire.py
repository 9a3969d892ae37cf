"""Odd and broken bytes: multipart messages as RFC 2046 allows them and as it does not.

References
----------
PS3.18 8.6.1.2 (multipart payloads); RFC 2046 5.1.1; RFC 9112 (HTTP/1.1).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from conformance.checks.storing import (
    DICOM_PARTS,
    expect_there,
    fresh,
    is_there,
    response_of,
    store,
    uids_in,
)
from conformance.corpus.making import Made, file_of
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import Weak, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

_PART: Final = b"Content-Type: application/dicom\r\n\r\n"
_ODD: Final = "'()+_,-./:=?0aZ"


def _body(made: Made, boundary: str = "conformance-part", head: bytes = _PART) -> bytes:
    mark = boundary.encode()
    return b"--" + mark + b"\r\n" + head + made.part10 + b"\r\n--" + mark + b"--\r\n"


Message = Callable[[Made], tuple[str, bytes]]
_UNDERSTOOD: Final[Sequence[tuple[str, str, Message]]] = (
    ("quoted", "BOUNDARY-QUOTED", lambda m: (_typed('"conformance-part"'), _body(m))),
    ("bare", "BOUNDARY-BARE", lambda m: (_typed("conformance-part"), _body(m))),
    ("odd", "BOUNDARY-ODD", lambda m: (_typed(f'"{_ODD}"'), _body(m, _ODD))),
    ("preamble", "PREAMBLE", lambda m: (DICOM_PARTS, b"read me\r\nnot\r\n" + _body(m))),
    ("epilogue", "EPILOGUE", lambda m: (DICOM_PARTS, _body(m) + b"and so on\r\n--x--\r\n")),
    (
        "space",
        "SPACE-AFTER",
        lambda m: (DICOM_PARTS, _body(m).replace(b"part\r\n", b"part \t\r\n", 1)),
    ),
    (
        "headers",
        "PART-HEADERS",
        lambda m: (DICOM_PARTS, _body(m, head=b"X-Conformance: a: b; c\r\n" + _PART)),
    ),
    (
        "case",
        "PART-CASE",
        lambda m: (DICOM_PARTS, _body(m, head=b"CONTENT-type:application/dicom\r\n\r\n")),
    ),
)


def _typed(boundary: str) -> str:
    return f'multipart/related; type="application/dicom"; boundary={boundary}'


@each(
    "wire.understood",
    [(name, (f"WIRE-{key}",), (name, message)) for name, key, message in _UNDERSTOOD],
    needs=Needs.WRITING,
    after=["stow.one"],
)
def an_odd_message_is_understood(server: Server, known: Known, name: str, message: Message) -> None:
    """A message that RFC 2046 allows is understood: {}"""
    made = fresh(known, f"wire-{name}")
    content_type, body = message(made)
    server.post("/studies", body, content_type).expect_status(200)
    expect_there(server, made)


@check("wire.no-part-type", "WIRE-TYPE-MISSING", needs=Needs.WRITING, after=["stow.one"])
def a_part_without_a_type(server: Server, known: Known) -> None:
    """A part without Content-Type is what the message's type says"""
    made = fresh(known, "wire-no-part-type")
    server.post("/studies", _body(made, head=b"\r\n"), DICOM_PARTS).expect_status(200)
    expect_there(server, made)


_BROKEN: Final[Sequence[tuple[str, str, Message, tuple[int, ...]]]] = (
    (
        "no-boundary",
        "BOUNDARY-MISSING",
        lambda m: ('multipart/related; type="application/dicom"', _body(m)),
        (400, 415),
    ),
    ("empty", "EMPTY", lambda m: (DICOM_PARTS, b""), (400, 409, 415)),
    (
        "no-parts",
        "NO-PARTS",
        lambda m: (DICOM_PARTS, b"--conformance-part--\r\n"),
        (200, 204, 400, 409),
    ),
    ("junk", "JUNK-PART", lambda m: (DICOM_PARTS, _junk(b"\x00\x01junk" * 50)), (400, 409)),
    ("empty-part", "EMPTY-PART", lambda m: (DICOM_PARTS, _junk(b"")), (400, 409)),
    ("cut-off", "CUT-OFF", lambda m: (DICOM_PARTS, _junk(m.part10[:-700])), (400, 409)),
    (
        "other-boundary",
        "NO-PARTS",
        lambda m: (DICOM_PARTS, _body(m, "another")),
        (200, 204, 400, 409),
    ),
    (
        "wrong-part-type",
        "TYPE-WRONG",
        lambda m: (DICOM_PARTS, _body(m, head=b"Content-Type: text/plain\r\n\r\n")),
        (200, 202, 400, 409, 415),
    ),
)


def _junk(data: bytes) -> bytes:
    return b"--conformance-part\r\n" + _PART + data + b"\r\n--conformance-part--\r\n"


@each(
    "wire.broken",
    [(name, (f"WIRE-{key}",), (name, msg, codes)) for name, key, msg, codes in _BROKEN],
    needs=Needs.WRITING,
    after=["stow.one"],
)
def a_broken_message_is_refused(
    server: Server, known: Known, name: str, message: Message, codes: tuple[int, ...]
) -> None:
    """A broken message is refused, and is no error of the server: {}"""
    made = fresh(known, f"wire-{name}")
    content_type, body = message(made)
    server.post("/studies", body, content_type).expect_status(*codes)


@check("wire.no-end", "WIRE-NO-END", needs=Needs.WRITING, after=["stow.one"])
def a_message_without_an_end(server: Server, known: Known) -> None:
    """A message without its last boundary is refused, or its failure is told"""
    made = fresh(known, "wire-no-end")
    body = _body(made).removesuffix(b"\r\n--conformance-part--\r\n")
    answer = server.post("/studies", body, DICOM_PARTS).expect_status(200, 202, 400, 409)
    if answer.is_success and made.instance_uid in uids_in(response_of(answer), "00081199"):
        expect_there(server, made)


@check(
    "wire.junk-neighbour", "STOW-NEIGHBOURS", "STOW-202", needs=Needs.WRITING, after=["stow.one"]
)
def junk_beside_an_instance(server: Server, known: Known) -> None:
    """A part of junk does not keep its neighbour from being stored: 202"""
    made = fresh(known, "wire-neighbour")
    junk = b"--conformance-part\r\n" + _PART + b"junk" * 100 + b"\r\n"
    answer = server.post("/studies", junk + _body(made), DICOM_PARTS)
    there = is_there(server, made)
    if not there and answer.status in (400, 409):
        raise Weak(f"it answered {answer.status}, and the good instance is not there")
    expect(there, f"it answered {answer.status}, and the good instance is not there")
    answer.expect_status(202)


@check("wire.junk-told", "STOW-RESPONSE-OTHER", needs=Needs.WRITING, after=["stow.one"])
def junk_is_told_of(server: Server, known: Known) -> None:
    """A part that is no instance is told in Other Failures Sequence"""
    answer = server.post("/studies", _junk(b"junk" * 100), DICOM_PARTS).expect_status(400, 409)
    if answer.status == 400:
        raise Weak("it answered 400 without saying which part is meant")
    items = response_of(answer).get("0008119A", {}).get("Value", [])
    expect(items, "the answer has no Other Failures Sequence (0008,119A)")


@check("wire.400", "STOW-400", needs=Needs.WRITING, after=["stow.one"])
def a_body_that_is_no_message(server: Server, known: Known) -> None:
    """A body that is no multipart message is answered 400"""
    server.post("/studies", b"no message at all", DICOM_PARTS).expect_status(400)


@check("wire.large", "WIRE-LARGE-PART", needs=Needs.WRITING, after=["stow.one"])
def an_instance_of_some_megabytes(server: Server, known: Known) -> None:
    """An instance of eight megabytes is stored"""
    made = fresh(known, "wire-large")
    made.data_set.NumberOfFrames = 5000
    made.data_set.PixelData = made.pixels[0] * 5000
    large = fresh_file(made)
    store(server, large).expect_status(200)
    expect_there(server, large)


def fresh_file(made: Made) -> Made:
    """The same instance with its file written anew after its data set was changed."""
    return replace(made, part10=file_of(made.data_set))


# ---- HTTP/1.1 itself
def _request(server: Server, lines: Sequence[str], body: bytes) -> bytes:
    parts = urlsplit(server.target.base)
    fields = [f"{name}: {value}" for name, value in server.target.headers]
    head = [f"POST {parts.path}/studies HTTP/1.1", f"Host: {parts.netloc}", *fields, *lines]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


@check("wire.chunked", "WIRE-CHUNKED", needs=Needs.WRITING, after=["stow.one"])
def a_body_in_chunks(server: Server, known: Known) -> None:
    """A body in chunks, one of them a single byte, is understood"""
    made = fresh(known, "wire-chunked")
    body = _body(made)
    chunks = [body[:1], body[1:100], body[100:]]
    data = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"
    lines = [f"Content-Type: {DICOM_PARTS}", "Transfer-Encoding: chunked", "Connection: close"]
    server.send_raw(_request(server, lines, data)).expect_status(200)
    expect_there(server, made)


@check("wire.short", "WIRE-SHORT", needs=Needs.WRITING, after=["stow.one"])
def a_body_that_breaks_off(server: Server, known: Known) -> None:
    """A body shorter than its Content-Length is not stored, and disturbs nobody else"""
    made = fresh(known, "wire-short")
    body = _body(made)
    lines = [f"Content-Type: {DICOM_PARTS}", f"Content-Length: {len(body)}"]
    server.send_and_leave(_request(server, lines, body[: len(body) // 2]))
    server.get("/studies", {"limit": "1"}).expect_status(200, 204)
    expect(not is_there(server, made), "half an instance is there")


@check("wire.continue", "WIRE-CONTINUE", needs=Needs.WRITING, after=["stow.one"])
def a_body_that_waits_for_leave(server: Server, known: Known) -> None:
    """A request with Expect: 100-continue is answered"""
    made = fresh(known, "wire-continue")
    body = _body(made)
    lines = [
        f"Content-Type: {DICOM_PARTS}",
        f"Content-Length: {len(body)}",
        "Expect: 100-continue",
        "Connection: close",
    ]
    server.send_raw(_request(server, lines, body)).expect_status(200, 417)


def _plain(server: Server, line: str, *fields: str) -> Answer:
    host = urlsplit(server.target.base).netloc
    own = [f"{name}: {value}" for name, value in server.target.headers]
    fields = (
        fields if any(f.lower().startswith("host") for f in fields) else (f"Host: {host}", *fields)
    )
    fields = tuple(f for f in fields if f != "host: -")
    text = "\r\n".join([line, *fields, *own, "Connection: close", "", ""])
    return server.send_raw(text.encode("latin-1"))


@check("http.host", "HTTP-HOST", needs=Needs.WRITING, after=["reach"])
def a_request_without_host(server: Server, known: Known) -> None:
    """A request without Host is answered 400"""
    path = urlsplit(server.target.base).path
    _plain(server, f"GET {path}/studies?limit=1 HTTP/1.1", "host: -").expect_status(400)


@check("http.header-long", "HTTP-HEADER-LONG", needs=Needs.WRITING, after=["reach"])
def a_long_header(server: Server, known: Known) -> None:
    """A header field of many thousand characters is answered or refused"""
    path = urlsplit(server.target.base).path
    line = f"GET {path}/studies?limit=1 HTTP/1.1"
    answer = _plain(server, line, "X-Conformance: " + "a" * 60_000)
    expect(answer.status < 500, f"it answered {answer.status}")


@check("http.request-line", "HTTP-REQUEST-LINE", needs=Needs.WRITING, after=["reach"])
def a_request_line_that_is_none(server: Server, known: Known) -> None:
    """A request line that is none is answered 400"""
    answer = _plain(server, "GET /a b c HTTP/1.1")
    expect(400 <= answer.status < 500, f"it answered {answer.status}")
