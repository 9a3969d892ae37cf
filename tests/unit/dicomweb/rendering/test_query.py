"""Reading the parameters of rendered resources: right values are taken, all others are 400."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from dicomweb.errors import Refusal
from dicomweb.rendering import query as rendering_query
from imaging.rendering.frame import Rendering, Viewport, Window

NAMES = ("annotation", "quality", "viewport", "window", "iccprofile")


def parse(**parameters: str) -> Rendering:
    return rendering_query.parse(MultiDict(parameters))


def refusal(**parameters: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse(**parameters)
    return caught.value


def test_nothing_said_is_what_the_data_set_says() -> None:
    assert parse() == Rendering()


def test_parameters_that_nobody_knows_are_left_alone() -> None:
    assert parse(colour="blue") == Rendering()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("512,256", Viewport(512, 256)),
        ("64,64,10,20,30,40", Viewport(64, 64, 10, 20, 30, 40)),
        ("512,512,,,512,512", Viewport(512, 512, 0, 0, 512, 512)),
        ("64,64,1.5,2.5", Viewport(64, 64, 1.5, 2.5)),
        ("64,64,,,-30,40", Viewport(64, 64, 0, 0, 30, 40, flip_horizontally=True)),
        ("64,64,,,,-40", Viewport(64, 64, region_height=40, flip_vertically=True)),
        ("64,64,-10,-20,30,40", Viewport(64, 64, 10, 20, 30, 40)),
        ("64,64,,,,", Viewport(64, 64)),
    ],
)
def test_a_viewport_is_read(text: str, wanted: Viewport) -> None:
    assert parse(viewport=text).viewport == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "512", "512,", ",512", "0,512", "-512,512", "1.5,512", "1,2,3,4,5,6,7", "a,b", "9999,1",
        "64,64,0,0,0,10", "64,64,nan,0,10,10", "64,64,1e999,0,10,10", "8192,8193", "99999999999,1",
        "٦٤,64", "64;64", "64,64,0x1,0,1,1",
    ],
)  # fmt: skip
def test_a_viewport_that_cannot_be_is_a_bad_request(text: str) -> None:
    assert refusal(viewport=text).status is HTTPStatus.BAD_REQUEST
    assert str(refusal(viewport=text)).startswith("viewport takes ")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("40,400,linear", Window(40, 400, "LINEAR")),
        ("-600.5,1500,linear-exact", Window(-600.5, 1500, "LINEAR_EXACT")),
        ("127,0.5,sigmoid", Window(127, 0.5, "SIGMOID")),
    ],
)
def test_a_window_is_read(text: str, wanted: Window) -> None:
    assert parse(window=text).window == wanted


@pytest.mark.parametrize(
    "text",
    ["", "40", "40,400", "40,400,", "40,400,cubic", "40,0,linear", "40,0.5,linear", "40,-1,sigmoid",
     ",400,linear", "a,b,linear", "inf,400,linear", "40,400,linear,1"],
)  # fmt: skip
def test_a_window_without_its_three_values_is_a_bad_request(text: str) -> None:
    assert "window takes" in str(refusal(window=text))


@pytest.mark.parametrize("text", ["0", "101", "-1", "high", "", "80.5", "080808", "²"])
def test_quality_goes_from_1_to_100(text: str) -> None:
    assert parse(quality="1").quality == 1
    assert parse(quality="100").quality == 100
    assert str(refusal(quality=text)) == "quality takes a whole number from 1 to 100"


def test_annotations_are_keywords() -> None:
    assert parse(annotation="patient,technique").annotations == {"patient", "technique"}
    assert parse(annotation="patient").annotations == {"patient"}
    for text in ("", "patient,", "pat ient", "<b>"):
        assert "annotation takes" in str(refusal(annotation=text))


def test_annotations_beyond_the_standard_are_left_out_with_a_warning() -> None:
    args = MultiDict({"annotation": "patient,mood"})
    assert rendering_query.parse(args).annotations == {"patient"}
    assert rendering_query.unsupported_annotations(args) == ("mood",)
    assert rendering_query.annotation_warning("http://x", ("mood",)) == (
        "299 http://x: The following annotation values are not supported: mood"
    )


@pytest.mark.parametrize("name", ["no", "yes", "srgb", "adobergb", "rommrgb"])
def test_profiles_are_named(name: str) -> None:
    assert parse(iccprofile=name).icc_profile == name


def test_other_profiles_are_a_bad_request() -> None:
    for text in ("", "cmyk", "srgb,yes", "SRGB"):
        assert "iccprofile takes one of no, yes, srgb" in str(refusal(iccprofile=text))


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_is_given_twice_is_a_bad_request(name: str) -> None:
    twice = MultiDict([(name, "1"), (name, "1")])
    with pytest.raises(Refusal, match=f"{name} takes one value"):
        rendering_query.parse(twice)


@pytest.mark.parametrize("name", NAMES)
def test_a_parameter_that_is_too_long_is_a_bad_request(name: str) -> None:
    assert f"{name} takes no more than" in str(refusal(**{name: "1" * 10_000}))


def test_a_thumbnail_takes_a_size_and_no_region() -> None:
    assert rendering_query.parse_size(MultiDict({"viewport": "64,32"})) == Viewport(64, 32)
    assert rendering_query.parse_size(MultiDict()) is None
    for text in ("64,64,1,1,10,10", "64,64,,,-10,10"):
        with pytest.raises(Refusal, match="no region"):
            rendering_query.parse_size(MultiDict({"viewport": text}))


@pytest.mark.parametrize(
    ("parameter", "header", "wanted"),
    [
        (None, None, "utf-8"),
        ("utf-8", None, "utf-8"),
        ("ISO-8859-1", None, "iso-8859-1"),
        (None, "iso-8859-2;q=0.5, utf-8", "utf-8"),
        (None, "koi8-r, *;q=0.1", "utf-8"),
        ("iso-8859-15", "utf-8", "iso-8859-15"),
    ],
)
def test_the_character_set_is_chosen(
    parameter: str | None, header: str | None, wanted: str
) -> None:
    args = MultiDict({} if parameter is None else {"charset": parameter})
    assert rendering_query.parse_charset(args, header) == wanted


def test_a_character_set_that_cannot_be_given_is_not_acceptable() -> None:
    with pytest.raises(Refusal) as caught:
        rendering_query.parse_charset(MultiDict({"charset": "koi8-r"}))
    assert caught.value.status is HTTPStatus.NOT_ACCEPTABLE
    assert "utf-8" in caught.value.available


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)))
def test_whatever_is_sent_is_read_or_refused(parameters: dict[str, str]) -> None:
    try:
        rendering = parse(**parameters)
    except Refusal as refused:
        assert refused.status is HTTPStatus.BAD_REQUEST
        assert str(refused).partition(" ")[0] in parameters
    else:
        assert rendering.viewport is None or (rendering.viewport.width or 0) > 0


_numbers = st.floats(-1e4, 1e4, allow_nan=False).map(lambda number: f"{number:.3f}")


@given(_numbers, st.floats(1, 1e4), st.sampled_from(["linear", "linear-exact", "sigmoid"]))
def test_every_window_of_the_standards_form_is_read(
    center: str, width: float, function: str
) -> None:
    window = parse(window=f"{center},{width:.3f},{function}").window
    assert window is not None
    assert window.center == pytest.approx(float(center))
    assert window.function == function.upper().replace("-", "_")
