"""Accept lists and Content-Types as real clients spell them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomweb.media_types import AcceptRange, parse_accept, parse_media_type

OCTETS = "application/octet-stream"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "multipart/related; type=application/octet-stream; transfer-syntax=*",
            [AcceptRange(OCTETS, True, "*")],
            id="unquoted, as OHIF and cornerstone",
        ),
        pytest.param(
            'multipart/related; type="application/octet-stream"; transfer-syntax=*',
            [AcceptRange(OCTETS, True, "*")],
            id="quoted",
        ),
        pytest.param(
            'multipart/related; type="image/jls; transfer-syntax=1.2.840.10008.1.2.4.80"',
            [AcceptRange("image/jls", True, "1.2.840.10008.1.2.4.80")],
            id="transfer syntax inside the quotes",
        ),
        pytest.param(
            'multipart/related; type="*/*"', [AcceptRange("*/*", True)], id="any type of part"
        ),
        pytest.param("*/*", [AcceptRange("*/*", None)], id="anything"),
        pytest.param("*/*;q=0.1", [AcceptRange("*/*", None, None, 0.1)], id="anything, at last"),
        pytest.param("multipart/related", [AcceptRange("*/*", True)], id="no type"),
        pytest.param("image/*", [AcceptRange("image/*", False)], id="any image"),
        pytest.param(
            "Multipart/Related; Type=APPLICATION/DICOM; Transfer-Syntax=*; Q=0.5",
            [AcceptRange("application/dicom", True, "*", 0.5)],
            id="capitals",
        ),
        pytest.param(
            "application/dicom+json, multipart/related; type=application/octet-stream",
            [AcceptRange("application/dicom+json", False), AcceptRange(OCTETS, True)],
            id="several",
        ),
        pytest.param(
            "gibberish, ;;, application/, application/dicom+json;;q=1, a/b;q=high",
            [AcceptRange("application/dicom+json", False)],
            id="unknown entries skipped",
        ),
        pytest.param(
            "application/dicom json", [AcceptRange("application/dicom+json", False)], id="lost plus"
        ),
        pytest.param("image/x-jls", [AcceptRange("image/jls", False)], id="old name"),
        pytest.param(
            'multipart/related; type="application/dicom, */*',
            [AcceptRange("application/dicom", True), AcceptRange("*/*", None)],
            id="quote never closed",
        ),
        pytest.param("", [], id="empty"),
    ],
)
def test_accept_lists_are_read_whatever_their_spelling(
    text: str, expected: list[AcceptRange]
) -> None:
    assert list(parse_accept(text)) == expected


@pytest.mark.parametrize(
    ("text", "boundary"),
    [
        ('multipart/related; type="application/dicom"; boundary="a b"', "a b"),
        (
            "multipart/related; type=application/dicom; boundary=----=_Part_1_2.3",
            "----=_Part_1_2.3",
        ),
        ("multipart/related;boundary=a b; type=x", "a b"),
        ('multipart/related; BOUNDARY="a;b,c\\"d"', 'a;b,c"d'),
        ("multipart/related; boundary='x'", "'x'"),
    ],
)
def test_boundaries_come_through_as_they_are_meant(text: str, boundary: str) -> None:
    media_type = parse_media_type(text)
    assert media_type is not None
    assert media_type.is_multipart
    assert media_type.parameters["boundary"] == boundary


@pytest.mark.parametrize("text", ["", "   ", "nothing", "/", "a/", "a/b/c", "\u4e2d/x"])
def test_what_is_no_media_type_is_none(text: str) -> None:
    assert parse_media_type(text) is None


def test_the_more_telling_entry_counts_as_more_specific() -> None:
    ranges = parse_accept(
        "*/*, multipart/related, image/*, image/jls, multipart/related; type=image/jls,"
        "multipart/related; type=image/jls; transfer-syntax=1.2"
    )
    keys = [entry.specificity for entry in ranges]
    assert keys == sorted(keys)


@given(st.text(alphabet='abc/*;=",\\ q.0159+-', max_size=80))
def test_no_text_can_break_the_reading(text: str) -> None:
    for entry in parse_accept(text):
        assert 0 <= entry.quality <= 1
    parse_media_type(text)


def test_a_very_long_list_costs_no_more_than_the_limit() -> None:
    assert len(parse_accept("a/b," * 100_000)) == 64
