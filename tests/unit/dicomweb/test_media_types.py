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


TYPES = st.sampled_from(
    ["*/*", "image/*", "image/jls", "image/jp2", "application/dicom", "application/octet-stream"]
)
UIDS = st.sampled_from([None, "*", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.1"])
QUALITIES = st.sampled_from([None, 0.0, 0.25, 0.5, 1.0])
ENTRIES = st.tuples(TYPES, st.booleans(), UIDS, QUALITIES)
JUNK = st.sampled_from(["", " ", ";", "nonsense", "a/b/c", "image/png;q=2", "text/x;q=", '"', "=,"])


@st.composite
def spelled(draw: st.DrawFn, entry: tuple[str, bool, str | None, float | None]) -> str:
    """One entry in one of the ways that clients spell it."""
    name, multipart, uid, quality = entry
    blank = st.sampled_from(["", " ", "  ", "\t"])
    cased = draw(st.sampled_from([str.lower, str.upper, str]))

    def parameter(key: str, value: str) -> str:
        quoted = f'"{value}"' if draw(st.booleans()) else value
        return f"{draw(blank)};{draw(blank)}{cased(key)}={quoted}"

    parameters = []
    if uid is not None:
        parameters.append(parameter("transfer-syntax", uid))
    if quality is not None:
        parameters.append(f"{draw(blank)};{draw(blank)}q={quality:g}")
    if multipart:
        kind = parameter("type", cased(name))
        parameters.insert(draw(st.integers(0, len(parameters))), kind)
        return cased("multipart/related") + "".join(parameters)
    return cased(name) + "".join(parameters)


@st.composite
def accept_lists(draw: st.DrawFn) -> tuple[str, list[tuple[str, bool, str | None, float | None]]]:
    """An Accept list with junk between its entries, and what its entries say."""
    entries = draw(st.lists(ENTRIES, max_size=6))
    pieces: list[str] = []
    for entry in entries:
        pieces += draw(st.lists(JUNK.filter(lambda junk: '"' not in junk), max_size=2))
        pieces.append(draw(spelled(entry)))
    return ",".join(pieces), entries


@given(accept_lists())
def test_entries_are_read_however_they_are_spelled_and_whatever_stands_between(
    made: tuple[str, list[tuple[str, bool, str | None, float | None]]],
) -> None:
    text, entries = made
    expected = [
        AcceptRange(
            name,
            True if multipart else None if name == "*/*" else False,
            uid,
            1.0 if quality is None else quality,
        )
        for name, multipart, uid, quality in entries
    ]
    assert list(parse_accept(text)) == expected


@given(accept_lists(), JUNK)
def test_junk_never_costs_a_neighbour_its_meaning(
    made: tuple[str, list[tuple[str, bool, str | None, float | None]]], junk: str
) -> None:
    text, _ = made
    assert set(parse_accept(text)) <= set(parse_accept(f"{junk},{text}"))


@given(accept_lists(), TYPES, st.booleans())
def test_the_same_text_is_the_same_wherever_it_came_from(
    made: tuple[str, list[tuple[str, bool, str | None, float | None]]], name: str, multipart: bool
) -> None:
    text, _ = made
    assert parse_accept(text) == parse_accept(f" {text} ")
    for entry in parse_accept(text):
        if entry.takes(name, multipart):
            assert entry.media_type in ("*/*", name) or entry.media_type.endswith("/*")


def test_a_second_transfer_syntax_is_what_is_taken_instead() -> None:
    """As OHIF spells `requestTransferSyntaxUID`."""
    wanted, instead = parse_accept(
        "multipart/related; type=image/jls; transfer-syntax=1.2.840.10008.1.2.4.80; "
        "transfer-syntax=*"
    )
    assert (wanted.transfer_syntax, instead.transfer_syntax) == ("1.2.840.10008.1.2.4.80", "*")
    assert 0.99 < instead.quality < wanted.quality == 1
