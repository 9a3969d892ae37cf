"""Retrieving frames (PS3.18 10.4.1.1.6): native, encoded, decoded; lists, bounds, media types."""

from __future__ import annotations

from typing import Any, Final

from conformance.checks.retrieving import OCTETS, SYNTAXES, UNKNOWN, instance_in
from conformance.corpus.making import Made
from conformance.known import Known
from conformance.registry import Needs, check, each
from conformance.verdicts import NotOffered, expect
from conformance.wire.answer import Answer
from conformance.wire.multipart import Part
from conformance.wire.server import Server


def _frames(server: Server, made: Made, numbers: str, accept: str | None = OCTETS) -> Answer:
    return server.get(f"{made.path}/frames/{numbers}", accept=accept)


def _parts(answer: Answer, count: int) -> list[Part]:
    parts = answer.expect_status(200).parts()
    expect(len(parts) == count, f"{answer.asked} answered {len(parts)} parts, expected {count}")
    return parts


def _expect_same(answer: Answer, parts: list[Part], wanted: list[bytes]) -> None:
    for number, (part, frame) in enumerate(zip(parts, wanted, strict=True), 1):
        same = part.body == frame or (len(part.body) == len(frame) + 1 and part.body[:-1] == frame)
        expect(
            same,
            f"part {number} of {answer.asked} has {len(part.body)} bytes, "
            f"other than the {len(frame)} of the frame",
        )


@check("frames.one", "FRAMES-ONE", "FRAMES-NATIVE", "FRAMES-LENGTH", after=["there[frames]"])
def a_frame_by_its_number(server: Server, known: Known) -> None:
    """A frame is retrieved by its number, from 1"""
    made = known.instance("gray12-ExplicitVRLittleEndian")
    for number in (1, 3, 5):
        answer = _frames(server, made, str(number))
        _expect_same(answer, _parts(answer, 1), [made.pixels[number - 1]])


@check("frames.single-frame", "FRAMES-ONE", after=["there[frames]"])
def an_instance_of_one_frame(server: Server, known: Known) -> None:
    """The one frame of an instance without Number of Frames is frame 1"""
    made = known.instance("ct-1-2")
    answer = _frames(server, made, "1")
    _expect_same(answer, _parts(answer, 1), [made.pixels[0]])


_LISTS: Final = [
    ("1,2,3", ("FRAMES-LIST",), ("1,2,3", (1, 2, 3))),
    ("5,1", ("FRAMES-LIST", "FRAMES-ORDER"), ("5,1", (5, 1))),
    ("1%2C4", ("FRAMES-LIST",), ("1%2C4", (1, 4))),
]


@each("frames.list", _LISTS, after=["frames.one"])
def a_list_of_frames(server: Server, known: Known, text: str, numbers: tuple[int, ...]) -> None:
    """The frames {} come in their order, a part each"""
    made = known.instance("gray12-ExplicitVRLittleEndian")
    answer = _frames(server, made, text)
    wanted = [made.pixels[number - 1] for number in numbers]
    _expect_same(answer, _parts(answer, len(numbers)), wanted)


@check("frames.repeated", "FRAMES-REPEATED", after=["frames.one"])
def a_frame_twice(server: Server, known: Known) -> None:
    """A frame asked for twice is no error of the server"""
    answer = _frames(server, known.instance("gray12-ExplicitVRLittleEndian"), "2,2")
    expect(answer.status < 500, f"{answer.asked} answered {answer.status}")


_NATIVE: Final = [
    (name, (requirement, "FRAMES-ALL-SYNTAX"), (name,))
    for name, requirement in (
        ("gray12-ImplicitVRLittleEndian", "FRAMES-NATIVE"),
        ("gray12-ExplicitVRBigEndian", "FRAMES-BIG-ENDIAN"),
        ("gray12-DeflatedExplicitVRLittleEndian", "FRAMES-NATIVE"),
        ("rgb-ExplicitVRLittleEndian", "FRAMES-NATIVE"),
        ("rgb-ExplicitVRBigEndian", "FRAMES-BIG-ENDIAN"),
    )
]


@each("frames.native", _NATIVE, after=["frames.one"])
def native_frames_in_little_endian(server: Server, known: Known, name: str) -> None:
    """Frames come in little endian, however they are stored: {}"""
    made = known.instance(name)
    answer = _frames(server, made, "2,4")
    _expect_same(answer, _parts(answer, 2), [made.pixels[1], made.pixels[3]])


@check("frames.one-bit", "FRAMES-ODD-BITS", after=["frames.one"])
def frames_of_one_bit(server: Server, known: Known) -> None:
    """Frames of one bit a pixel begin at their own first bit"""
    made = known.instance("segmentation")
    for number in (1, 2, 3):
        answer = _frames(server, made, str(number))
        _expect_same(answer, _parts(answer, 1), [made.frames[number - 1]])


def _asked(key: str, name: str) -> tuple[str, ...]:
    """What asks for frames of a syntax; the general sentence does not, where others are younger."""
    general = () if name.startswith("HTJ2K") else ("FRAMES-ALL-SYNTAX",)
    return (f"FRAMES-{key}-{name}", *general)


def _encoded(key: str) -> list[tuple[str, tuple[str, ...], tuple[Any, ...]]]:
    return [
        (f"{kind}-{name}", _asked(key, name), (kind, uid, media_type))
        for uid, (name, media_type) in SYNTAXES.items()
        for kind in ("gray8", "gray12", "rgb")
        if not (name == "JPEG" and kind == "gray12")
    ]


@each("frames.stored", _encoded("STORED"), after=["frames.one"])
def encoded_frames_as_stored(
    server: Server, known: Known, kind: str, uid: str, media_type: str
) -> None:
    """Encoded frames come as they are stored: {}"""
    made = instance_in(known, kind, uid)
    accept = f'multipart/related; type="{media_type}"; transfer-syntax={uid}'
    answer = _frames(server, made, "1,5", accept)
    if answer.status == 406:
        # Compressed media types are optional for pixel data (Table 10.4.4-1).
        raise NotOffered(f"{answer.asked} answered 406")
    parts = _parts(answer, 2)
    for part in parts:
        name = part.media_type().name
        expect(name == media_type, f"a part of {answer.asked} is {name}")
    _expect_same(answer, parts, [made.frames[0], made.frames[4]])


@each("frames.decoded", _encoded("NATIVE"), after=["frames.one"])
def encoded_frames_decoded(
    server: Server, known: Known, kind: str, uid: str, media_type: str
) -> None:
    """Encoded frames come decoded: {}"""
    made = instance_in(known, kind, uid)
    answer = _frames(server, made, "1,5")
    if not made.pixels and answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    parts = _parts(answer, 2)
    if made.pixels:
        _expect_same(answer, parts, [made.pixels[0], made.pixels[4]])
    for part in parts:
        name = part.media_type().name
        expect(name == "application/octet-stream", f"a part of {answer.asked} is {name}")


_REFUSED: Final = [
    ("beyond", ("FRAMES-404",), ("6",)),
    ("far-beyond", ("FRAMES-404",), ("99999999999999999999",)),
    ("zero", ("FRAMES-ZERO",), ("0",)),
    ("negative", ("FRAMES-TEXT",), ("-1",)),
    ("text", ("FRAMES-TEXT",), ("abc",)),
    ("half-list", ("FRAMES-TEXT",), ("1,x",)),
]


@each("frames.refused", _REFUSED, after=["frames.one"])
def a_frame_that_is_none(server: Server, known: Known, numbers: str) -> None:
    """A frame that is none is answered 400 or 404: {}"""
    made = known.instance("gray12-ExplicitVRLittleEndian")
    _frames(server, made, numbers).expect_status(400, 404)


@check("frames.no-pixels", "FRAMES-NO-PIXELS", after=["there[frames]"])
def an_instance_without_pixels(server: Server, known: Known) -> None:
    """Frames of an instance without pixels are not found"""
    made = known.instance("no-pixels")
    answer = server.get(f"{made.path}/frames/1", accept="*/*")
    answer.expect_status(400, 404, 406, 409, 410)


@check("frames.406", "FRAMES-406", after=["frames.one"])
def an_unknown_type_of_frames(server: Server, known: Known) -> None:
    """Frames in an unknown media type are answered 406"""
    _frames(server, known.instance("ct-1-1"), "1", UNKNOWN).expect_status(406)


@check("frames.single", "FRAMES-SINGLE", after=["frames.one"])
def a_single_part(server: Server, known: Known) -> None:
    """A single frame is answered as a single part"""
    made = known.instance("ct-1-1")
    answer = _frames(server, made, "1", "application/octet-stream")
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    answer.expect_status(200)
    name = answer.media_type().name
    expect(name == "application/octet-stream", f"{answer.asked} answered {name}")
    expect(answer.body == made.pixels[0], f"{answer.asked} answered other bytes")


@check("frames.single-many", "FRAMES-SINGLE-MANY", after=["frames.one"])
def several_are_no_single_part(server: Server, known: Known) -> None:
    """Several frames are not answered as a single part"""
    made = known.instance("gray12-ExplicitVRLittleEndian")
    _frames(server, made, "1,2", "application/octet-stream").expect_status(406)


@check("frames.default", "FRAMES-DEFAULT", needs=Needs.CORPUS, after=["frames.one"])
def the_default_of_frames(server: Server, known: Known) -> None:
    """Without Accept frames of native pixels are octets"""
    made = known.instance("ct-1-1")
    answer = _frames(server, made, "1", None)
    _expect_same(answer, _parts(answer, 1), [made.pixels[0]])


@check("frames.content-type", "FRAMES-TYPE-SYNTAX", after=["frames.one"])
def the_type_of_a_frame_can_be_read(server: Server, known: Known) -> None:
    """The Content-Type of a frame can be read, and names no other syntax than the frame has"""
    made = instance_in(known, "gray8", "1.2.840.10008.1.2.4.80")
    accept = f'multipart/related; type="image/jls"; transfer-syntax={made.transfer_syntax}'
    (part,) = _parts(_frames(server, made, "1", accept), 1)
    syntax = part.media_type().parameter("transfer-syntax")
    expect(syntax in (None, str(made.transfer_syntax)), f"the part says transfer-syntax={syntax}")


@check("frames.location", "FRAMES-LOCATION", after=["frames.one"])
def a_part_says_where_it_lies(server: Server, known: Known) -> None:
    """A part says by Content-Location which frame it is"""
    made = known.instance("gray12-ExplicitVRLittleEndian")
    answer = _frames(server, made, "2,3")
    for number, part in zip((2, 3), _parts(answer, 2), strict=True):
        location = part.header("Content-Location") or ""
        expect(
            location.rstrip("/").endswith(f"/frames/{number}"),
            f"the part of frame {number} has Content-Location {location!r}",
        )
