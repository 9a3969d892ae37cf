"""Pictures of what is no frame: documents, thumbnails, volumes.

References
----------
PS3.18 10.4.1.1.3 (rendered), 10.4.1.1.4 (thumbnails), 10.4.1.1.7 and .8 (volumes).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conformance.checks.rendering import GRAY, JPEG, Row, rendered
from conformance.checks.retrieving import LEVELS, path_of
from conformance.corpus.pixels import FRAMES
from conformance.known import Known
from conformance.pictures import (
    picture_in,
)
from conformance.registry import Needs, check, each
from conformance.verdicts import NotOffered, expect
from conformance.wire.server import Server


# ---- documents
@check("rendered.report", "RENDER-REPORT", "RENDER-REPORT-TEXT", after=["there[rendered]"])
def a_report_is_rendered(server: Server, known: Known) -> None:
    """A report is rendered as text that holds what it says"""
    answer = rendered(server, known, "report", accept="text/html", frame=None)
    body = answer.expect_status(200).body
    if answer.media_type().name == "multipart/related":
        body = answer.parts()[0].body
    expect(b"seventeen millimetres" in body, f"{answer.asked} lacks the report's text")


@check("rendered.pdf", "RENDER-PDF", after=["there[rendered]"])
def a_document_is_rendered(server: Server, known: Known) -> None:
    """An encapsulated PDF is rendered as application/pdf"""
    answer = rendered(server, known, "pdf", accept="application/pdf", frame=None)
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    body = answer.expect_status(200).body
    if answer.media_type().name == "multipart/related":
        body = answer.parts()[0].body
    expect(body.startswith(b"%PDF"), f"{answer.asked} answered what is no PDF")


# ---- thumbnails
@each(
    "thumbnail",
    [(n, (f"RENDER-THUMB-{n.upper()}",), (n,)) for n in LEVELS],
    needs=Needs.SAMPLE,
    after=["reach"],
)
def has_a_thumbnail(server: Server, known: Known, level: str) -> None:
    """A {} has a thumbnail"""
    answer = server.get(path_of(known.place(), level) + "/thumbnail", accept="image/*")
    if answer.status in (404, 405, 501):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    picture_in(answer)


@check("thumbnail.frame", "RENDER-THUMB-FRAME", needs=Needs.SAMPLE, after=["thumbnail[instance]"])
def a_frame_has_a_thumbnail(server: Server, known: Known) -> None:
    """A frame has a thumbnail"""
    path = f"{known.place().instance}/frames/1/thumbnail"
    picture_in(server.get(path, accept=JPEG), JPEG)


@check(
    "thumbnail.jpeg",
    "RENDER-THUMB-JPEG",
    "RENDER-THUMB-SINGLE",
    needs=Needs.SAMPLE,
    after=["thumbnail[study]"],
)
def a_thumbnail_is_one_jpeg(server: Server, known: Known) -> None:
    """A study's thumbnail is one image/jpeg for */*"""
    answer = server.get(f"{known.place().study}/thumbnail", accept="*/*").expect_status(200)
    name = answer.media_type().name
    expect(name == JPEG, f"{answer.asked} answered {name}")


@check("thumbnail.404", "RENDER-THUMB-404", after=["thumbnail[instance]"])
def a_thumbnail_of_nothing(server: Server, known: Known) -> None:
    """A thumbnail of what is not there is answered 404 or 410"""
    made = known.instance("ct-1-1")
    server.get(f"{made.path}.9/thumbnail", accept=JPEG).expect_status(404, 410)


@check("thumbnail.viewport", "RENDER-THUMB-VIEWPORT", after=["thumbnail[instance]"])
def a_thumbnail_fits(server: Server, known: Known) -> None:
    """A thumbnail fits the viewport that is asked for"""
    made = known.instance(GRAY)
    answer = server.get(f"{made.path}/thumbnail", {"viewport": "24,24"}, accept=JPEG)
    image = picture_in(answer, JPEG)
    expect(max(image.size) == 24, f"the thumbnail is {image.size}, asked was 24 by 24")


@check("thumbnail.no-annotation", "RENDER-THUMB-NO-PATIENT", after=["thumbnail[instance]"])
def a_thumbnail_has_no_annotation(server: Server, known: Known) -> None:
    """annotation=patient writes nothing onto a thumbnail, or is refused"""
    made = known.instance(GRAY)
    plain = server.get(f"{made.path}/thumbnail", {"viewport": "48,32"}, accept=JPEG)
    query = {"viewport": "48,32", "annotation": "patient"}
    other = server.get(f"{made.path}/thumbnail", query, accept=JPEG).expect_status(200, 400)
    expect(other.status == 400 or other.body == plain.body, f"{other.asked} wrote onto it")


@check("rendered.video", "RENDER-VIDEO", after=["rendered.frame"])
def several_frames_move(server: Server, known: Known) -> None:
    """A multi-frame instance is rendered as a picture that moves"""
    answer = rendered(server, known, accept="image/gif, video/mp4; q=0.5", frame=None)
    if answer.status == 406:
        raise NotOffered(f"{answer.asked} answered 406")
    if answer.expect_status(200).media_type().name == "image/gif":
        frames = getattr(picture_in(answer), "n_frames", 1)
        if frames == 1:
            raise NotOffered(f"{answer.asked} answered one frame")
        expect(frames == FRAMES, f"{answer.asked} answered {frames} frames of {FRAMES}")


# ---- volumes
_VOLUMES: Final[Sequence[Row]] = [
    ("MPR", ("RENDER-MPR",), ("renderedMPR",)),
    ("3D", ("RENDER-3D",), ("rendered3D",)),
]


@each("rendered.volume", _VOLUMES, after=["reach"])
def a_volume_is_rendered(server: Server, known: Known, resource: str) -> None:
    """A series is rendered as a volume: {}"""
    made = known.instance("ct-1-1")
    answer = server.get(path_of(made, "series") + f"/{resource}", accept=JPEG)
    if answer.status in (400, 404, 405, 406, 409, 501):
        raise NotOffered(f"{answer.asked} answered {answer.status}")
    picture_in(answer, JPEG)
