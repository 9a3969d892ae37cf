"""Rendered resources and thumbnails: what the pictures show (PS3.18 8.3.5, 10.4.1.1.3 to .8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from conformance.asking import warnings_of
from conformance.checks.retrieving import UNKNOWN, instance_in, path_of
from conformance.corpus.pixels import COLUMNS, ROWS
from conformance.known import Known
from conformance.pictures import (
    apart,
    expect_order,
    gray_quadrants,
    picture_in,
    quadrants,
    without_bars,
)
from conformance.registry import Needs, check, each
from conformance.verdicts import NotOffered, Undecided, expect
from conformance.wire.answer import Answer
from conformance.wire.server import Server

JPEG: Final = "image/jpeg"
UPRIGHT: Final = "0123"
GRAY: Final = "gray8-ExplicitVRLittleEndian"
Row = tuple[str, tuple[str, ...], tuple[Any, ...]]


def rendered(
    server: Server,
    known: Known,
    name: str = GRAY,
    query: dict[str, str] | None = None,
    accept: str = JPEG,
    frame: int | None = 1,
) -> Answer:
    """Ask for an instance of the corpus, or one of its frames, as a picture."""
    made = known.instance(name)
    inside = "" if frame is None else f"/frames/{frame}"
    return server.get(f"{made.path}{inside}/rendered", query or {}, accept=accept)


@check(
    "rendered.frame",
    "RENDER-FRAME",
    "RENDER-JPEG",
    "RENDER-SIZE",
    "RENDER-SAME",
    after=["there[rendered]"],
)
def a_frame_is_rendered(server: Server, known: Known) -> None:
    """A frame is rendered upright, in its size and order of brightness"""
    answer = rendered(server, known)
    image = picture_in(answer, JPEG)
    expect(image.size == (COLUMNS, ROWS), f"the picture is {image.size}, the image {COLUMNS, ROWS}")
    expect_order(image, UPRIGHT, answer.asked)


@check("rendered.instance", "RENDER-INSTANCE", "RENDER-SAME", after=["there[rendered]"])
def an_instance_is_rendered(server: Server, known: Known) -> None:
    """An instance of one frame is rendered upright"""
    answer = rendered(server, known, "ct-1-1", {"window": "2048,4096,linear"}, frame=None)
    expect_order(picture_in(answer, JPEG), UPRIGHT, answer.asked)


@check("rendered.default", "RENDER-DEFAULT", needs=Needs.SAMPLE, after=["there[rendered]"])
def the_default_is_jpeg(server: Server, known: Known) -> None:
    """For */* a frame is rendered as image/jpeg"""
    path = f"{known.place().instance}/frames/1/rendered"
    answer = server.get(path, accept="*/*")
    _must_be_an_image(known, answer)
    picture_in(answer, JPEG)


def _must_be_an_image(known: Known, answer: Answer) -> None:
    """Go on when the instance is ours, or the answer is one of an image: strangers' may be none.

    Raises
    ------
    Undecided
        It is a stranger's, and there is no picture of it.
    """
    if not known.has_corpus and answer.status not in (200, 406):
        raise Undecided(f"{answer.asked} answered {answer.status}; it may be no image")


_SEVERAL: Final[Sequence[Row]] = [
    ("series", ("RENDER-SERIES",), ("series", 3)),
    ("study", ("RENDER-STUDY",), ("study", 5)),
]


@each("rendered.several", _SEVERAL, after=["there[rendered]"])
def several_are_rendered(server: Server, known: Known, level: str, count: int) -> None:
    """A {} is rendered, a part an image"""
    made = known.instance("ct-1-1")
    accept = f'multipart/related; type="{JPEG}"'
    answer = server.get(path_of(made, level) + "/rendered", accept=accept).expect_status(200)
    parts = answer.parts()
    expect(len(parts) == count, f"{answer.asked} answered {len(parts)} pictures of {count}")
    for part in parts:
        expect(part.media_type().name == JPEG, f"a part is {part.media_type().name}")


_TYPES: Final[Sequence[Row]] = [
    (name, (f"RENDER-{name.upper()}",), (f"image/{name}",)) for name in ("png", "gif", "jp2")
]


@each("rendered.type", _TYPES, after=["rendered.frame"])
def a_frame_in_another_type(server: Server, known: Known, media_type: str) -> None:
    """A frame is rendered as {}"""
    answer = rendered(server, known, accept=media_type)
    if answer.status == 406 and media_type == "image/jp2":
        raise NotOffered(f"{answer.asked} answered 406")
    expect_order(picture_in(answer, media_type), UPRIGHT, answer.asked)


@check("rendered.406", "RENDER-406", needs=Needs.SAMPLE, after=["there[rendered]"])
def an_unknown_type_of_picture(server: Server, known: Known) -> None:
    """A picture in an unknown media type is answered 406"""
    path = f"{known.place().instance}/rendered"
    if not known.has_corpus:
        _must_be_an_image(known, server.get(path, accept="*/*"))
    server.get(path, accept=UNKNOWN).expect_status(406)


@check("rendered.404", "RENDER-404", after=["reach"])
def a_picture_of_nothing(server: Server, known: Known) -> None:
    """A picture of what is not there is answered 404 or 410"""
    made = known.instance("ct-1-1")
    server.get(f"{made.path}.9/rendered", accept=JPEG).expect_status(404, 410)


@check("rendered.frame-404", "RENDER-FRAME-404", after=["rendered.frame"])
def a_picture_of_a_frame_that_is_none(server: Server, known: Known) -> None:
    """A picture of a frame beyond the last is answered 400 or 404"""
    rendered(server, known, frame=6).expect_status(400, 404)


@check("rendered.no-pixels", "RENDER-NO-PIXELS", after=["there[rendered]"])
def a_picture_without_pixels(server: Server, known: Known) -> None:
    """An instance without pixels has no picture, which is no error of the server"""
    answer = rendered(server, known, "no-pixels", frame=None)
    expect(400 <= answer.status < 500, f"{answer.asked} answered {answer.status}")


@check("rendered.colour", "RENDER-COLOUR", after=["rendered.frame"])
def colours_are_right(server: Server, known: Known) -> None:
    """A colour image is rendered in red, green, blue and white"""
    answer = rendered(server, known, "rgb-ExplicitVRLittleEndian")
    means = quadrants(picture_in(answer, JPEG))
    for n, name in enumerate(("red", "green", "blue")):
        strongest = int(means[n].argmax())
        expect(
            strongest == n and means[n][n] > 150,
            f"{answer.asked} shows {[int(v) for v in means[n]]} where {name} belongs",
        )
    expect(means[3].min() > 180, f"{answer.asked} shows {means[3]} where white belongs")


@check("rendered.inverted", "RENDER-INVERTED", after=["rendered.frame"])
def inverted_images_are_inverted(server: Server, known: Known) -> None:
    """In MONOCHROME1 the lowest value is white"""
    answer = rendered(server, known, "inverted", frame=None)
    expect_order(picture_in(answer, JPEG), UPRIGHT[::-1], answer.asked)


_ENCODED: Final[Sequence[Row]] = [
    (f"{kind}-{name}", ("RENDER-ENCODED",), (kind, uid))
    for kind in ("gray8", "rgb")
    for name, uid in (
        ("JPEG", "1.2.840.10008.1.2.4.50"),
        ("JPEG-LS", "1.2.840.10008.1.2.4.80"),
        ("JPEG-2000", "1.2.840.10008.1.2.4.90"),
        ("RLE", "1.2.840.10008.1.2.5"),
    )
]


@each("rendered.encoded", _ENCODED, after=["rendered.frame"])
def encoded_images_look_alike(server: Server, known: Known, kind: str, uid: str) -> None:
    """An encoded image looks like its native twin: {}"""
    made = instance_in(known, kind, uid)
    native = picture_in(rendered(server, known, f"{kind}-ExplicitVRLittleEndian"), JPEG)
    encoded = picture_in(rendered(server, known, made.name), JPEG)
    levels = apart(native, encoded)
    expect(levels < 12, f"a quadrant of {made.name} is {levels:.0f} levels off its native twin")


# ---- parameters
@check("rendered.viewport", "RENDER-VIEWPORT", after=["rendered.frame"])
def a_viewport_is_filled(server: Server, known: Known) -> None:
    """A viewport is filled in one direction, with the image's proportions"""
    answer = rendered(server, known, query={"viewport": "96,96"})
    image = without_bars(picture_in(answer, JPEG), (96, 64))
    expect(image.size == (96, 64), f"the picture is {image.size}, expected (96, 64)")
    expect_order(image, UPRIGHT, answer.asked)


_REGIONS: Final[Sequence[Row]] = [
    ("top-left", ("RENDER-VIEWPORT-REGION",), ("24,16,0,0,24,16", 0)),
    ("bottom-right", ("RENDER-VIEWPORT-REGION",), ("24,16,24,16,24,16", 3)),
    ("top-right", ("RENDER-VIEWPORT-REGION",), ("24,16,24,0,24,16", 1)),
]


@each("rendered.region", _REGIONS, after=["rendered.viewport"])
def a_region_is_shown(server: Server, known: Known, viewport: str, quadrant: int) -> None:
    """A viewport with a region shows it: {}"""
    # With a window, since a server may take one of its own from what is shown.
    window = {"window": "128,256,linear"}
    whole = gray_quadrants(picture_in(rendered(server, known, query=window), JPEG))
    answer = rendered(server, known, query={**window, "viewport": viewport})
    found = gray_quadrants(picture_in(answer, JPEG))
    apart = max(abs(one - whole[quadrant]) for one in found)
    expect(apart < 15, f"{answer.asked} is {apart:.0f} levels off quadrant {quadrant}")


_FLIPS: Final[Sequence[Row]] = [
    ("horizontally", ("RENDER-VIEWPORT-FLIP",), ("48,32,0,0,-48,32", "1032")),
    ("vertically", ("RENDER-VIEWPORT-FLIP",), ("48,32,0,0,48,-32", "2301")),
]


@each("rendered.flip", _FLIPS, after=["rendered.viewport"])
def a_negative_size_flips(server: Server, known: Known, viewport: str, order: str) -> None:
    """A negative size of the region flips {}"""
    answer = rendered(server, known, query={"viewport": viewport})
    expect_order(picture_in(answer, JPEG), order, answer.asked)


@check("rendered.window", "RENDER-WINDOW", after=["rendered.frame"])
def a_window_brightens(server: Server, known: Known) -> None:
    """A window further down makes the picture brighter"""
    means = [
        sum(gray_quadrants(picture_in(rendered(server, known, query={"window": w}), JPEG)))
        for w in ("200,256,linear", "60,256,linear")
    ]
    expect(means[1] > means[0] + 100, f"means of the quadrants sum to {means}")


@check("rendered.window-narrow", "RENDER-WINDOW-NARROW", after=["rendered.window"])
def a_narrow_window_is_a_threshold(server: Server, known: Known) -> None:
    """A narrow window makes dark quadrants black and bright ones white"""
    answer = rendered(server, known, query={"window": "130,4,linear"})
    found = gray_quadrants(picture_in(answer, JPEG))
    dark, bright = max(found[:2]), min(found[2:])
    expect(dark < 20 and bright > 235, f"{answer.asked} shows {[round(m) for m in found]}")


_FUNCTIONS: Final[Sequence[Row]] = [
    (name, ("RENDER-WINDOW-FUNCTION",), (name,)) for name in ("linear-exact", "sigmoid")
]


@each("rendered.window-function", _FUNCTIONS, after=["rendered.window"])
def a_function_of_the_window(server: Server, known: Known, function: str) -> None:
    """The window's function {} is understood"""
    answer = rendered(server, known, query={"window": f"128,256,{function}"})
    expect_order(picture_in(answer, JPEG), UPRIGHT, answer.asked)


@check("rendered.quality", "RENDER-QUALITY", after=["rendered.frame"])
def quality_has_its_price(server: Server, known: Known) -> None:
    """quality=1 makes a smaller picture than quality=100"""
    sizes = [
        len(rendered(server, known, query={"quality": q}).expect_status(200).body)
        for q in ("1", "100")
    ]
    expect(sizes[0] < sizes[1], f"quality 1 has {sizes[0]} bytes, quality 100 {sizes[1]}")


def _differs(server: Server, known: Known, query: dict[str, str]) -> bool:
    """Whether a parameter changes the picture."""
    large = {"viewport": "480,320"}
    plain = rendered(server, known, query=large).expect_status(200)
    other = rendered(server, known, query={**large, **query}).expect_status(200)
    picture_in(other)
    return plain.body != other.body


_NOTES: Final[Sequence[Row]] = [
    ("patient", ("RENDER-ANNOTATION",), ("patient",)),
    ("technique", ("RENDER-ANNOTATION-TECHNIQUE",), ("technique",)),
]


@each("rendered.annotation", _NOTES, after=["rendered.frame"])
def an_annotation_is_written(server: Server, known: Known, annotation: str) -> None:
    """annotation={} is written onto the picture"""
    expect(
        _differs(server, known, {"annotation": annotation}), "the picture is the same as without"
    )


@check("rendered.annotation-unknown", "RENDER-ANNOTATION-UNKNOWN", after=["rendered.frame"])
def an_unknown_annotation_is_told(server: Server, known: Known) -> None:
    """An annotation that is not known is told by Warning 299, or refused"""
    answer = rendered(server, known, query={"annotation": "everything"}).expect_status(200, 400)
    if answer.status == 200:
        words = "The following annotation values are not supported"
        texts = warnings_of(answer)
        expect(any(words in one for one in texts), f"{answer.asked} has Warning {texts}")


_BAD: Final[Sequence[Row]] = [
    (f"{name}={text}", (f"RENDER-{key}-BAD",), (name, text))
    for name, key, texts in (
        ("viewport", "VIEWPORT", ("abc", "0,0", "10")),
        ("window", "WINDOW", ("abc", "10", "10,0,linear", "10,20,cubic")),
        ("quality", "QUALITY", ("0", "101", "high")),
        ("iccprofile", "ICC", ("cmyk",)),
    )
    for text in texts
]


@each("rendered.bad", _BAD, after=["rendered.frame"], last=True)
def a_bad_parameter_is_refused(server: Server, known: Known, name: str, text: str) -> None:
    """A parameter that is none is answered 400: {}"""
    rendered(server, known, query={name: text}).expect_status(400)


@check("rendered.viewport-huge", "RENDER-VIEWPORT-HUGE", after=["rendered.frame"], last=True)
def a_huge_viewport_is_refused(server: Server, known: Known) -> None:
    """A viewport of a million pixels a side is refused"""
    answer = rendered(server, known, query={"viewport": "1000000,1000000"})
    expect(400 <= answer.status < 500, f"{answer.asked} answered {answer.status}")


@check("rendered.icc", "RENDER-ICC", after=["rendered.frame"])
def a_profile_is_put_in(server: Server, known: Known) -> None:
    """iccprofile=srgb puts a colour profile into the picture"""
    answer = rendered(server, known, "rgb-ExplicitVRLittleEndian", {"iccprofile": "srgb"})
    image = picture_in(answer, JPEG)
    expect(image.info.get("icc_profile"), f"{answer.asked} answered a picture without profile")


@check("rendered.icc-no", "RENDER-ICC-NO", after=["rendered.frame"])
def no_profile_is_put_in(server: Server, known: Known) -> None:
    """iccprofile=no puts no colour profile into the picture"""
    answer = rendered(server, known, "rgb-ExplicitVRLittleEndian", {"iccprofile": "no"})
    image = picture_in(answer, JPEG)
    expect(not image.info.get("icc_profile"), f"{answer.asked} answered a picture with a profile")


@check("rendered.charset", "RENDER-CHARSET", after=["rendered.frame"])
def charset_is_understood(server: Server, known: Known) -> None:
    """charset=utf-8 is understood"""
    rendered(server, known, query={"charset": "utf-8"}).expect_status(200)
