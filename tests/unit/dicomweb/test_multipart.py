"""What `dicomweb.multipart` must take from any sender, and how it spells what we send."""

import email
import email.policy
import itertools
import os
import re
import time
from email.message import Message
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomweb.multipart import (
    PART_TAIL,
    End,
    Limits,
    MultipartError,
    MultipartParser,
    MultipartWriter,
    NeedData,
    PartBegin,
    PartData,
    PartEnd,
    TooManyParts,
    Truncated,
    stable_boundary,
)

Part = tuple[dict[str, str], bytes, bool]


class Reading:
    """What came out of a parser, with the data of a part joined."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.defects: list[str | None] = []
        self.ended = False
        self.error: type[Exception] | None = None

    def take(self, parser: MultipartParser) -> None:
        for event in parser.events():
            if isinstance(event, PartBegin):
                self.parts.append((event.headers, b"", False))
                self.defects.append(event.defect)
            elif isinstance(event, PartData):
                headers, data, whole = self.parts[-1]
                self.parts[-1] = (headers, data + event.data, whole)
            elif isinstance(event, PartEnd):
                self.parts[-1] = (*self.parts[-1][:2], True)
            else:
                assert isinstance(event, End)
                self.ended = True

    def facts(self) -> tuple[object, ...]:
        return self.parts, self.defects, self.ended, self.error


def read(
    message: bytes, boundary: str = "b", *, cuts: list[int] | None = None, **limits: int
) -> Reading:
    parser = MultipartParser(boundary, Limits(**limits))
    reading = Reading()
    edges = [0, *sorted(cuts or []), len(message)]
    try:
        for start, end in itertools.pairwise(edges):
            parser.feed(message[start:end])
            reading.take(parser)
        parser.close()
        reading.take(parser)
    except MultipartError as error:
        reading.error = type(error)
    return reading


def bodies(reading: Reading) -> list[bytes]:
    return [data for _, data, _ in reading.parts]


TWO = b"--b\r\nContent-Type: application/dicom\r\n\r\none\r\n--b\r\n\r\n\r\ntwo\r\n--b--\r\n"


def test_parts_come_out_with_their_headers_and_bytes() -> None:
    reading = read(TWO)
    assert reading.parts == [
        ({"content-type": "application/dicom"}, b"one", True),
        ({}, b"\r\ntwo", True),
    ]
    assert reading.ended
    assert reading.error is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        pytest.param(TWO.replace(b"\r\n", b"\n"), [b"one", b"\ntwo"], id="bare LF"),
        pytest.param(b"hello\r\nyou\r\n" + TWO, [b"one", b"\r\ntwo"], id="preamble"),
        pytest.param(b"\r\n" + TWO, [b"one", b"\r\ntwo"], id="blank line first"),
        pytest.param(TWO + b"bye\r\n--b\r\n\r\nno", [b"one", b"\r\ntwo"], id="epilogue"),
        pytest.param(TWO[:-2], [b"one", b"\r\ntwo"], id="no CRLF at the end"),
        pytest.param(TWO[:-2] + b"  ", [b"one", b"\r\ntwo"], id="padding at the end"),
        pytest.param(TWO[:-2] + b"\r", [b"one", b"\r\ntwo"], id="half a CRLF at the end"),
        pytest.param(TWO.replace(b"--b\r", b"--b \t \r"), [b"one", b"\r\ntwo"], id="padding"),
        pytest.param(b"--b\r\n\r\n--b--\r\n", [b""], id="empty part"),
        pytest.param(b"--b\r\nA: 1\r\n--b\r\n\r\nx\r\n--b--", [b"", b"x"], id="no blank line"),
        pytest.param(b"--b\r\n--b--\r\n", [b""], id="nothing but delimiters"),
        pytest.param(b"--b\r\n\r\n\r\n\r\n--b--", [b"\r\n"], id="body of one line end"),
        pytest.param(b"--b\r\n\r\nx\r\r\n--b--", [b"x\r"], id="body ending in CR"),
        pytest.param(b"--b\r\n\r\n\r\n--bc\r\n--b--", [b"\r\n--bc"], id="longer boundary"),
        pytest.param(b"--b\r\n\r\n\r\n--b-\r\n--b--", [b"\r\n--b-"], id="half a close"),
        pytest.param(b"--b\r\n\r\nx--b--\r\n--b--", [b"x--b--"], id="boundary inside a line"),
        pytest.param(b"--b--\r\n", [], id="no part"),
        pytest.param(
            b"--b\r\nContent-Length: 1\r\n\r\nlonger\r\n--b--", [b"longer"], id="length too small"
        ),
        pytest.param(b"--b\r\nContent-Length: 99\r\n\r\nx\r\n--b--", [b"x"], id="length too large"),
    ],
)
def test_odd_spellings_are_read_as_they_are_meant(message: bytes, expected: list[bytes]) -> None:
    reading = read(message)
    assert bodies(reading) == expected
    assert reading.ended
    assert reading.error is None


@pytest.mark.parametrize(
    "boundary",
    [
        "----=_Part_1_2.3",
        "a b c",
        "'()+_,-./:=?",
        "x" * 200,
        "--",
        "0" * 70,
        "b [.*+]",
        "gr\xfc\xdf",
    ],
)
def test_odd_boundaries_work(boundary: str) -> None:
    delimiter = boundary.encode("latin-1")
    message = b"--" + delimiter + b"\r\n\r\nbody\r\n--" + delimiter + b"--\r\n"
    assert bodies(read(message, boundary)) == [b"body"]


@pytest.mark.parametrize("boundary", ["", "   ", "x" * 257, "a\r\nb", "a\x00", "\u4e2d"])
def test_impossible_boundaries_are_refused(boundary: str) -> None:
    with pytest.raises(MultipartError):
        MultipartParser(boundary)


def test_white_space_after_the_boundary_parameter_is_not_part_of_it() -> None:
    assert bodies(read(b"--b\r\n\r\nx\r\n--b--", "b ")) == [b"x"]


def test_headers_are_unfolded_and_the_first_of_a_kind_is_kept() -> None:
    message = (
        b"--b\r\nContent-Type : application/dicom;\r\n  transfer-syntax=1.2\r\n"
        b"content-type: text/plain\r\nno colon here\r\nX-\xfc: \xe9\r\n\r\nx\r\n--b--"
    )
    headers = read(message).parts[0][0]
    assert headers == {
        "content-type": "application/dicom; transfer-syntax=1.2",
        "x-\xfc": "\xe9",
    }


def test_a_message_without_its_closing_delimiter_delivers_its_whole_parts_first() -> None:
    reading = read(b"--b\r\n\r\none\r\n--b\r\n\r\ntw")
    assert [(data, whole) for _, data, whole in reading.parts] == [(b"one", True), (b"tw", False)]
    assert reading.error is Truncated


def test_a_delimiter_at_the_end_that_does_not_close_completes_its_part() -> None:
    reading = read(b"--b\r\n\r\none\r\n--b")
    assert [(data, whole) for _, data, whole in reading.parts] == [(b"one", True)]
    assert reading.error is Truncated


@pytest.mark.parametrize("message", [b"", b"no boundary at all", b"\r\n--bb\r\n\r\nx\r\n--bb--"])
def test_a_message_that_never_shows_its_boundary_is_truncated(message: bytes) -> None:
    reading = read(message)
    assert reading.parts == []
    assert reading.error is Truncated


@pytest.mark.parametrize(
    "headers", [b"A: " + b"x" * 400 + b"\r\n\r\n", b"A: 1\r\n" * 100 + b"\r\n", b"x" * 400]
)
def test_headers_beyond_the_limit_spoil_their_own_part_only(headers: bytes) -> None:
    message = b"--b\r\n" + headers + b"\r\n--b\r\n\r\ngood\r\n--b--"
    for cuts in ([], list(range(len(message)))):
        reading = read(message, cuts=cuts, max_header_bytes=256, max_headers=50)
        assert [bool(defect) for defect in reading.defects] == [True, False]
        assert reading.parts[1] == ({}, b"good", True)
        assert reading.ended


def test_a_part_too_many_is_an_error_after_the_parts_that_were_allowed() -> None:
    reading = read(TWO, max_parts=1)
    assert bodies(reading) == [b"one"]
    assert reading.parts[0][2]
    assert reading.error is TooManyParts


def test_nothing_comes_after_the_end() -> None:
    parser = MultipartParser("b")
    parser.feed(TWO)
    assert isinstance(list(parser.events())[-1], End)
    parser.feed(TWO)
    assert list(parser.events()) == []
    parser.close()
    assert isinstance(parser.next_event(), NeedData)


def test_data_is_a_view_of_the_chunk_that_was_fed() -> None:
    parser = MultipartParser("b")
    parser.feed(b"--b\r\n\r\n")
    assert [type(event) for event in parser.events()] == [PartBegin]
    chunk = os.urandom(65536).replace(b"\n", b"x").replace(b"\r", b"x")
    parser.feed(chunk)
    (data,) = (event.data for event in parser.events() if isinstance(event, PartData))
    # The line end before the part's data is held in the buffer once; after that, no copies.
    assert data == chunk
    parser.feed(chunk)
    (data,) = (event.data for event in parser.events() if isinstance(event, PartData))
    assert data.obj is chunk


def test_a_look_alike_makes_the_parser_hold_back_no_more_than_a_line() -> None:
    parser = MultipartParser("b")
    parser.feed(b"--b\r\n\r\n")
    list(parser.events())
    given_out = 0
    for _ in range(100):
        parser.feed(b"\r\n--b" + b" " * 5000)
        given_out += sum(len(e.data) for e in parser.events() if isinstance(e, PartData))
    assert given_out == 100 * 5005


# Bytes that make trouble: pieces of delimiters, line ends, and ordinary data.
PIECES = st.sampled_from(
    [b"\r\n", b"\n", b"\r", b"--b", b"--", b"-", b"b", b" ", b"\t", b"A: 1", b":", b"data", b"\x00"]
)
SOUP = st.lists(PIECES, max_size=40).map(b"".join)


@given(message=SOUP, cuts=st.lists(st.integers(0, 200), max_size=60))
@settings(max_examples=600, deadline=None)
def test_the_cutting_of_a_message_does_not_change_what_is_read(
    message: bytes, cuts: list[int]
) -> None:
    cuts = [min(cut, len(message)) for cut in cuts]
    limits = {"max_header_bytes": 12, "max_headers": 2, "max_parts": 4}
    assert read(message, cuts=cuts, **limits).facts() == read(message, **limits).facts()


@given(message=SOUP)
@settings(max_examples=300, deadline=None)
def test_byte_by_byte_is_the_same_as_at_once(message: bytes) -> None:
    cuts = list(range(len(message)))
    assert read(message, cuts=cuts).facts() == read(message).facts()


def parse_with_the_standard_library(message: bytes, boundary: str) -> list[Part]:
    head = f'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="{boundary}"\r\n\r\n'
    parsed = email.message_from_bytes(head.encode() + message, policy=email.policy.compat32)
    parts = cast("list[Message]", parsed.get_payload())
    return [
        (
            {name.lower(): value for name, value in part.items()},
            cast("bytes", part.get_payload(decode=True)),
            True,
        )
        for part in parts
    ]


HEADER_VALUES = st.sampled_from(["application/dicom", "text/plain; a=b", "x", '"q"'])
BODY_TEXT = st.text(alphabet="ab-\x00 :=\xe9", max_size=30).map(lambda t: t.encode("latin-1"))
PARTS = st.lists(st.tuples(HEADER_VALUES, BODY_TEXT), min_size=1, max_size=6)


@given(parts=PARTS, cuts=st.lists(st.integers(0, 600), max_size=30))
@settings(max_examples=300, deadline=None)
def test_a_well_formed_message_reads_as_the_email_package_reads_it(
    parts: list[tuple[str, bytes]], cuts: list[int]
) -> None:
    writer = MultipartWriter()
    message = b"".join(
        piece for kind, body in parts for piece in (writer.head(kind), body, PART_TAIL)
    )
    message += writer.closing
    cuts = [min(cut, len(message)) for cut in cuts]
    reading = read(message, writer.boundary, cuts=cuts)
    assert reading.parts == parse_with_the_standard_library(message, writer.boundary)
    assert reading.ended


@given(
    bodies_sent=st.lists(st.binary(max_size=300), max_size=5),
    cuts=st.lists(st.integers(0, 3000), max_size=30),
)
@settings(deadline=None)
def test_what_is_written_is_read_bit_for_bit(bodies_sent: list[bytes], cuts: list[int]) -> None:
    writer = MultipartWriter()
    heads = [writer.head("application/octet-stream") for _ in bodies_sent]
    message = b"".join(
        piece
        for head, body in zip(heads, bodies_sent, strict=True)
        for piece in (head, body, PART_TAIL)
    )
    message += writer.closing
    sizes = [(head, len(body)) for head, body in zip(heads, bodies_sent, strict=True)]
    assert writer.content_length(sizes) == len(message)
    reading = read(message, writer.boundary, cuts=[min(cut, len(message)) for cut in cuts])
    assert bodies(reading) == bodies_sent


def look_alikes(boundary: str) -> st.SearchStrategy[bytes]:
    """Data that nearly end a part: pieces of its delimiter, line ends, delimiters that go on."""
    delimiter = b"\r\n--" + boundary.encode()
    cut = st.integers(0, len(delimiter)).map(lambda end: delimiter[:end])
    pieces = st.one_of(
        cut,
        st.sampled_from([b"\r\n", b"\n", b"\r", b"--", delimiter + b"x", delimiter + b"-x\r\n"]),
        st.binary(max_size=8),
    )
    whole = re.compile(re.escape(delimiter[1:]) + rb"(--)?[ \t]*\r?\n")
    made = st.lists(pieces, max_size=12).map(b"".join)
    return made.filter(lambda body: not whole.search(b"\n" + body + PART_TAIL))


HEADER_NAMES = st.from_regex(r"X-[A-Za-z]{1,8}", fullmatch=True)
HEADER_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20)


@given(data=st.data(), cuts=st.lists(st.integers(0, 2000), max_size=40))
@settings(max_examples=100, deadline=None)
def test_whatever_the_parts_hold_and_however_they_arrive_they_are_read_as_written(
    data: st.DataObject, cuts: list[int]
) -> None:
    writer = MultipartWriter(data.draw(st.sampled_from(["b", "x-y", "a b", "'()+_,-./:=?"])))
    headers = st.dictionaries(HEADER_NAMES, HEADER_TEXT, max_size=3)
    body = look_alikes(writer.boundary)
    parts = data.draw(st.lists(st.tuples(headers, body), min_size=1, max_size=5))
    message = b"".join(
        piece
        for names, value in parts
        for piece in (writer.head("application/dicom", names), value, PART_TAIL)
    )
    message += writer.closing
    reading = read(message, writer.boundary, cuts=[min(cut, len(message)) for cut in cuts])
    expected = [
        (
            {
                "content-type": "application/dicom",
                **{name.lower(): value for name, value in reversed(names.items())},
            },
            value,
            True,
        )
        for names, value in parts
    ]
    assert reading.parts == expected
    assert reading.ended


def test_a_part_is_spelled_as_viewers_look_for_it() -> None:
    head = MultipartWriter("xyz").head(
        "image/jls; transfer-syntax=1.2.840.10008.1.2.4.80", {"Content-Location": "http://h/f/1"}
    )
    assert head == (
        b"--xyz\r\nContent-Type: image/jls; transfer-syntax=1.2.840.10008.1.2.4.80\r\n"
        b"Content-Location: http://h/f/1\r\n\r\n"
    )


def test_the_message_type_names_the_root_type_alone() -> None:
    spelled = MultipartWriter("xyz").content_type("image/jls", transfer_syntax="1.2.3")
    assert spelled == 'multipart/related; type="image/jls"; boundary=xyz; transfer-syntax=1.2.3'


def test_a_header_cannot_be_smuggled_into_a_part() -> None:
    with pytest.raises(ValueError, match="line end"):
        MultipartWriter().head("text/plain", {"Content-Location": "x\r\nSet-Cookie: a"})


def test_boundaries_differ_and_stable_ones_do_not() -> None:
    assert MultipartWriter().boundary != MultipartWriter().boundary
    assert stable_boundary("v1", "frames") == stable_boundary("v1", "frames")
    assert stable_boundary("v1", "frames") != stable_boundary("v2", "frames")


def test_a_large_part_is_split_at_memory_speed() -> None:
    writer = MultipartWriter()
    chunk = os.urandom(1 << 20)
    parser = MultipartParser(writer.boundary)
    parser.feed(writer.head("application/dicom"))
    list(parser.events())
    began = time.perf_counter()
    for _ in range(64):
        parser.feed(chunk)
        for _event in parser.events():
            pass
    # A byte-wise parser takes a hundred times as long; a busy machine does not.
    assert time.perf_counter() - began < 1.0
