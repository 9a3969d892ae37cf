"""multipart/related as the runner reads and writes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.wire.media import MediaTypeError, read_media_type
from conformance.wire.multipart import MultipartError, read_multipart, write_multipart

HEAD = (("Content-Type", "application/dicom"),)


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_what_is_written_is_read_back(bodies: list[bytes]) -> None:
    boundary = "conformance-0123456789abcdef"
    parts = read_multipart(write_multipart([(HEAD, b) for b in bodies], boundary), boundary)
    assert [part.body for part in parts] == bodies


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        read_multipart(data, "b")
    except MultipartError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"nothing", "does not hold its own boundary"),
        (b"--b\r\n\r\nx", "no closing boundary"),
        (b"--bad\r\n\r\nx\r\n--b--", "goes on after the boundary"),
        (b"--b\r\nContent-Type: x/y\r\nx\r\n--b--", "blank line"),
        (b"--b\r\nno colon\r\n\r\nx\r\n--b--", "broken header line"),
    ],
)
def test_a_broken_message_is_told_apart(body: bytes, words: str) -> None:
    with pytest.raises(MultipartError, match=words):
        read_multipart(body, "b")


@pytest.mark.parametrize("boundary", [None, "", "a" * 71, "a b ", "ü"])
def test_a_boundary_is_one_that_the_standard_allows(boundary: str | None) -> None:
    with pytest.raises(MultipartError, match="boundary"):
        read_multipart(b"--b--", boundary)


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("application/dicom", "application/dicom", {}),
        ('Multipart/Related; TYPE="a/b"; boundary=x', "multipart/related", {"type": "a/b"}),
        ('a/b; c="d\\"e;f"', "a/b", {"c": 'd"e;f'}),
    ],
)
def test_media_types_are_read(text: str, name: str, parameters: dict[str, str]) -> None:
    found = read_media_type(text)
    assert found.name == name
    assert parameters.items() <= dict(found.parameters).items()


@pytest.mark.parametrize(
    "text", ["", "nothing", "a/b; c", "a/b; type=c/d", 'a/b; c="d', "a/b; c=d; c=e", '"a/b; c=d"']
)
def test_what_breaks_the_grammar_is_no_media_type(text: str) -> None:
    with pytest.raises(MediaTypeError):
        read_media_type(text)
