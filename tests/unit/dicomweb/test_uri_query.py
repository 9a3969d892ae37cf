"""The query of the URI service is read strictly, and each refusal names its parameter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from dicomweb.errors import Refusal
from dicomweb.rendering.kinds import Kind
from dicomweb.uri_query import SHOWING, UriRequest, check_goes_with, parse
from imaging.rendering.frame import Viewport, Window

WHICH = {"requestType": "WADO", "studyUID": "1.2", "seriesUID": "1.3", "objectUID": "1.4"}


def read(**more: str) -> UriRequest:
    return parse(MultiDict({**WHICH, **more}))


def refused(args: Any) -> Refusal:
    with pytest.raises(Refusal) as raised:
        parse(MultiDict(args))
    return raised.value


def test_the_least_that_names_an_instance() -> None:
    assert read() == UriRequest("1.2", "1.3", "1.4")


@pytest.mark.parametrize("name", WHICH)
@pytest.mark.parametrize("value", [None, "", "x", "1.2 ", "1..2", "1." * 40, "1.2\n", "'; --"])
def test_what_names_no_instance_is_refused(name: str, value: str | None) -> None:
    args = {key: one for key, one in {**WHICH, name: value}.items() if one is not None}
    refusal = refused(args)
    assert refusal.status == 400
    assert name in str(refusal)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"rows": "10"}, Viewport(None, 10)),
        ({"columns": "20"}, Viewport(20, None)),
        ({"rows": "10", "columns": "20"}, Viewport(20, 10)),
        ({"region": "0.25,0,1.0,.5"}, Viewport(None, None, 0.25, 0, 0.75, 0.5, relative=True)),
        ({"region": "0,0,1,1", "rows": "8"}, Viewport(None, 8, 0, 0, 1, 1, relative=True)),
    ],
)
def test_size_and_region_make_a_viewport(given: dict[str, str], expected: Viewport) -> None:
    assert read(**given).rendering.viewport == expected


def test_everything_else_is_read() -> None:
    asked = read(
        contentType="image/png;q=0.5, image/jpeg",
        frameNumber="3",
        windowCenter="-1.5e2",
        windowWidth="400",
        imageQuality="70",
        annotation="patient, technique,mood",
    )
    assert asked.content_type == "image/png;q=0.5, image/jpeg"
    assert asked.frame == 3
    assert asked.rendering.window == Window(-150.0, 400.0)
    assert asked.rendering.quality == 70
    assert asked.rendering.annotations == {"patient", "technique"}
    assert asked.unknown_annotations == ("mood",)
    assert read(imageAnnotation="patient").rendering.annotations == {"patient"}
    assert read(transferSyntax="1.2.840.10008.1.2.4.50").transfer_syntax == "1.2.840.10008.1.2.4.50"
    assert read(presentationUID="1.6", presentationSeriesUID="1.5").presentation == ("1.5", "1.6")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("frameNumber", value) for value in ("0", "-1", "1.5", "x", "", "1,2", "٣", "9" * 20)),
        *(("rows", value) for value in ("0", "-1", "x", "", "1e3", "999999999")),
        *(("columns", value) for value in ("0", " 5", "8193")),
        *(("imageQuality", value) for value in ("0", "101", "high", "")),
        *(
            ("region", value)
            for value in (
                *("", "0,0,1", "0,0,1,1,1", "0,0,0,1", "1,0,0,1", "0,0,1.1,1", "-0.1,0,1,1"),
                *("a,0,1,1", "nan,0,1,1", "0,0,inf,1", "0, 0, 1", "1e-999,0,1,1"),
            )
        ),
        ("annotation", "patient,,technique"),
        ("annotation", "<script>"),
        ("transferSyntax", "*"),
        ("transferSyntax", "explicit"),
        ("transferSyntax", "1.2.840.10008.1.2"),
        ("transferSyntax", "1.2.840.10008.1.2.2"),
        ("contentType", ""),
        ("contentType", "a" * 5000),
        ("presentationUID", "1.6"),
        ("presentationSeriesUID", "1.5"),
        ("windowCenter", "40"),
        ("windowWidth", "400"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_name(name: str, value: str) -> None:
    refusal = refused({**WHICH, name: value})
    assert refusal.status == 400
    assert name in str(refusal)


@pytest.mark.parametrize(
    "together",
    [
        {"windowCenter": "x", "windowWidth": "1"},
        {"windowCenter": "1", "windowWidth": "0"},
        {"windowCenter": "1", "windowWidth": "nan"},
        {"rows": "8192", "columns": "8193"},
        {"presentationUID": "1.6", "presentationSeriesUID": "x"},
        {"presentationUID": "1.6", "presentationSeriesUID": "1.5", "region": "0,0,1,1"},
        {
            "presentationUID": "1.6",
            "presentationSeriesUID": "1.5",
            "windowCenter": "1",
            "windowWidth": "1",
        },
    ],
)
def test_values_that_do_not_go_together_are_refused(together: dict[str, str]) -> None:
    assert refused({**WHICH, **together}).status == 400


@pytest.mark.parametrize("name", ["studyUID", "contentType", "frameNumber", "anonymize", "charset"])
def test_a_parameter_stands_once(name: str) -> None:
    pairs = [*WHICH.items(), (name, WHICH.get(name, "yes")), (name, "yes")]
    refusal = refused(pairs)
    assert refusal.status == 400
    assert name in str(refusal)


@pytest.mark.parametrize("name", ["anonymize", "anonymity", "Anonymize", "ANONYMITY"])
def test_a_wish_for_an_anonymous_instance_is_never_passed_over(name: str) -> None:
    assert refused({**WHICH, name: "yes"}).status == 501
    assert refused({**WHICH, name: "no"}).status == 400
    assert refused({**WHICH, name: "YES"}).status == 400


def test_what_nobody_knows_is_left_alone_however_often_it_stands() -> None:
    asked = parse(MultiDict([*WHICH.items(), ("colour", "red"), ("colour", "blue"), ("Rows", "x")]))
    assert asked == UriRequest("1.2", "1.3", "1.4")


SHOWN = {
    "rows": "8",
    "columns": "8",
    "region": "0,0,1,1",
    "imageQuality": "5",
    "annotation": "patient",
    "imageAnnotation": "patient",
    "frameNumber": "1",
}
GO = {
    Kind.IMAGE: set(SHOWN),
    Kind.STATE: {"rows", "columns", "imageQuality", "annotation", "imageAnnotation"},
    Kind.PDF: {"rows", "columns", "imageQuality", "region"},
    Kind.REPORT: set(),
    None: set(),
}


@pytest.mark.parametrize("kind", GO)
@pytest.mark.parametrize("name", SHOWN)
def test_a_parameter_that_changes_nothing_is_refused(kind: Kind | None, name: str) -> None:
    asked = read(**{name: SHOWN[name]})
    if name in GO[kind]:
        check_goes_with(asked, kind, is_picture=True)
    else:
        with pytest.raises(Refusal, match=name):
            check_goes_with(asked, kind, is_picture=True)
    with pytest.raises(Refusal, match=name):
        check_goes_with(asked, kind, is_picture=False)


@given(
    st.dictionaries(
        st.sampled_from([*WHICH, *SHOWING, "contentType", "transferSyntax", "anonymize"]),
        st.text(max_size=20) | st.sampled_from(["1", "0.5", "1.2", "yes", "0,0,1,1"]),
    )
)
def test_whatever_is_asked_is_read_or_refused(given: dict[str, str]) -> None:
    try:
        parse(MultiDict({**WHICH, **given}))
    except Refusal as refusal:
        assert refusal.status in (400, 501)
