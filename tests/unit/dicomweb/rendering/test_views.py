"""Rendered resources at the door: what of each kind is given as what, and what is refused why."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    GrayscaleSoftcopyPresentationStateStorage,
    JPEG2000Lossless,
    TwelveLeadECGWaveformStorage,
    generate_uid,
)
from werkzeug.test import TestResponse

from dicomweb.rendering.kinds import PICTURES
from imaging.errors import CodecsBusy
from imaging.rendering.pictures import ANIMATION_TYPES
from tests.builders import ct_data_set, ct_image, part10
from tests.documents import cda, encapsulated, item, pdf, report, without_pixels

JPEG_PARTS = 'multipart/related; type="image/jpeg"'


def ramp(frames: int = 1, **overrides: Any) -> bytes:
    """Images of 32 columns by 16 rows, brighter to the right, each frame brighter than the last."""
    overrides.setdefault("StudyInstanceUID", generate_uid())
    rows = np.tile(np.arange(32, dtype="<u2") * 4, (16, 1))
    pixels = b"".join((rows + 20 * number).astype("<u2").tobytes() for number in range(frames))
    more = {"NumberOfFrames": frames} if frames > 1 else {}
    size = {"Rows": 16, "Columns": 32, "PixelData": pixels}
    return ct_image(**{**size, **more, **overrides})


def picture(answer: TestResponse) -> Image.Image:
    assert answer.status_code == 200, answer.data[:300]
    return Image.open(BytesIO(answer.data))


def parts(answer: TestResponse) -> list[Message]:
    head = f"Content-Type: {answer.content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + answer.data)
    assert message.is_multipart()
    return list(message.iter_parts())  # type: ignore[attr-defined]


def why(answer: TestResponse) -> str:
    return str(answer.get_json(force=True)["message"])


# ---- media types


@pytest.mark.parametrize("media_type", PICTURES)
def test_an_image_comes_as_every_media_type_that_is_listed(web: Any, media_type: str) -> None:
    [path] = web.stored(ramp())
    answer = web.get(f"{path}/rendered", media_type)
    assert answer.status_code == 200
    assert answer.content_type == media_type
    [part] = parts(web.get(f"{path}/rendered", f'multipart/related; type="{media_type}"'))
    assert part.get_payload(decode=True) == answer.data
    assert part["Content-Location"].endswith(f"{path}/frames/1/rendered")


@pytest.mark.parametrize("accept", [None, "*/*", "image/*", "text/x-none, image/jpeg"])
def test_a_picture_is_a_jpeg_unless_another_is_asked_for(web: Any, accept: str | None) -> None:
    [path] = web.stored(ramp())
    shown = picture(web.get(f"{path}/rendered", accept))
    assert (shown.format, shown.size, shown.mode) == ("JPEG", (32, 16), "L")


def test_the_accept_parameter_goes_before_the_header(web: Any) -> None:
    [path] = web.stored(ramp())
    assert picture(web.get(f"{path}/rendered?accept=image/png", "image/jpeg")).format == "PNG"


@pytest.mark.parametrize("suffix", ["", "/frames/1"])
def test_what_is_not_given_is_406_with_a_list(web: Any, suffix: str) -> None:
    [path] = web.stored(ramp())
    answer = web.get(f"{path}{suffix}/rendered", "video/mpeg, application/dicom")
    assert answer.status_code == 406
    available = answer.get_json(force=True)["available"]
    assert {"image/jpeg", "image/png", JPEG_PARTS} <= set(available)
    assert "text/html" not in available


# ---- several frames


def test_one_frame_stands_for_all_and_the_answer_says_so(web: Any) -> None:
    [path] = web.stored(ramp(3, RepresentativeFrameNumber=2))
    answer = web.get(f"{path}/rendered", "image/png")
    assert answer.headers["Content-Location"].endswith(f"{path}/frames/2/rendered")
    assert "299" in answer.headers["Warning"]
    assert "stands for the 3 frames" in answer.headers["Warning"]
    assert answer.data == web.get(f"{path}/frames/2/rendered", "image/png").data


def test_all_frames_come_as_parts(web: Any) -> None:
    [path] = web.stored(ramp(3))
    found = parts(web.get(f"{path}/rendered", JPEG_PARTS))
    assert [part.get_content_type() for part in found] == ["image/jpeg"] * 3
    assert [part["Content-Location"][-len("frames/1/rendered") :] for part in found] == [
        f"frames/{number}/rendered" for number in (1, 2, 3)
    ]


def test_chosen_frames_come_in_their_order(web: Any) -> None:
    [path] = web.stored(ramp(3))
    found = parts(web.get(f"{path}/frames/3,1/rendered", 'multipart/related; type="image/png"'))
    singly = [web.get(f"{path}/frames/{number}/rendered", "image/png").data for number in (3, 1)]
    assert [part.get_payload(decode=True) for part in found] == singly
    assert web.get(f"{path}/frames/3,1/rendered", "image/png").status_code == 406


def test_frames_move_in_a_gif(web: Any) -> None:
    [path] = web.stored(ramp(3, FrameTime="50"))
    shown = picture(web.get(f"{path}/rendered", "image/gif"))
    assert (shown.format, shown.n_frames) == ("GIF", 3)  # type: ignore[attr-defined]
    assert shown.info["duration"] == 50
    two = picture(web.get(f"{path}/frames/1,3/rendered", "image/gif"))
    assert two.n_frames == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("frames", "status"), [("0", 400), ("a", 400), ("1,,2", 400), ("4", 404), ("1,4", 404)]
)
def test_frames_that_are_not_there_are_refused(web: Any, frames: str, status: int) -> None:
    [path] = web.stored(ramp(3))
    assert web.get(f"{path}/frames/{frames}/rendered").status_code == status


# ---- parameters


def test_a_viewport_is_filled_as_far_as_the_shape_allows(web: Any) -> None:
    [path] = web.stored(ramp())
    assert picture(web.get(f"{path}/rendered?viewport=64,64")).size == (64, 32)
    assert picture(web.get(f"{path}/rendered?viewport=64,64,0,0,16,16")).size == (64, 64)


def test_a_negative_width_turns_the_picture_round(web: Any) -> None:
    [path] = web.stored(ramp(WindowCenter="64", WindowWidth="128"))
    url = f"{path}/rendered?accept=image/png&viewport=32,16,0,0"
    usual, turned = (np.asarray(picture(web.get(f"{url},{side},16"))) for side in (32, -32))
    assert np.array_equal(usual[:, ::-1], turned)
    assert usual[0, 0] < usual[0, -1]


def test_a_window_is_used_in_place_of_the_images_own(web: Any) -> None:
    [path] = web.stored(ramp(WindowCenter="64", WindowWidth="128"))
    for window, dark, bright in (("1000,10,linear", 32, 0), ("-1000,10,linear", 0, 32)):
        shown = np.asarray(picture(web.get(f"{path}/rendered?accept=image/png&window={window}")))
        assert (shown[0] == 0).sum() == dark
        assert (shown[0] == 255).sum() == bright


def test_a_better_quality_takes_more_bytes(web: Any) -> None:
    rng = np.random.default_rng(1).integers(0, 255, (64, 64), dtype="<u2")
    [path] = web.stored(ct_image(Rows=64, Columns=64, PixelData=rng.astype("<u2").tobytes()))
    poor, good = (web.get(f"{path}/rendered?quality={value}").data for value in (5, 95))
    assert len(poor) * 2 < len(good)


def test_quality_of_what_loses_nothing_is_warned_of(web: Any) -> None:
    [path] = web.stored(ramp())
    answer = web.get(f"{path}/rendered?quality=80", "image/png")
    assert answer.status_code == 200
    assert "quality does not apply to image/png" in answer.headers["Warning"]
    assert "Warning" not in web.get(f"{path}/rendered?quality=80", "image/jpeg").headers


def test_annotations_change_the_picture_and_unknown_ones_are_warned_of(web: Any) -> None:
    plain = np.zeros((256, 256), "<u2").tobytes()
    [path] = web.stored(ct_image(Rows=256, Columns=256, PixelData=plain))
    url = f"{path}/rendered?accept=image/png"
    without, with_name = web.get(url), web.get(f"{url}&annotation=patient,mood")
    assert without.data != with_name.data
    assert with_name.headers["Warning"].startswith("299 http")
    assert with_name.headers["Warning"].endswith(
        "The following annotation values are not supported: mood"
    )


def test_a_profile_is_embedded_where_the_media_type_carries_one(web: Any) -> None:
    [path] = web.stored(ramp())
    assert "icc_profile" in picture(web.get(f"{path}/rendered?iccprofile=srgb")).info
    assert not picture(web.get(f"{path}/rendered?iccprofile=no")).info.get("icc_profile")
    answer = web.get(f"{path}/rendered?iccprofile=srgb", "image/gif")
    assert answer.status_code == 400
    assert "iccprofile" in why(answer)


BAD = [
    ("viewport=64", "viewport takes"),
    ("viewport=64,64,30,0,10,10", "viewport: the region does not lie in the image"),
    ("window=40,400", "window takes"),
    ("quality=0", "quality takes"),
    ("annotation=", "annotation takes"),
    ("iccprofile=cmyk", "iccprofile takes"),
    ("quality=1&quality=2", "quality takes one value"),
]


@pytest.mark.parametrize(("query", "message"), BAD)
@pytest.mark.parametrize("accept", ["image/jpeg", JPEG_PARTS])
def test_a_bad_parameter_is_a_400_that_names_it(
    web: Any, query: str, message: str, accept: str
) -> None:
    [path] = web.stored(ramp())
    for resource in (path, f"{path}/frames/1"):
        answer = web.get(f"{resource}/rendered?{query}", accept)
        assert answer.status_code == 400
        assert why(answer).startswith(message)


def test_a_window_is_refused_for_colours(web: Any) -> None:
    [path] = web.stored(
        ct_image(
            SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0,
            BitsAllocated=8, BitsStored=8, HighBit=7,
        )
    )  # fmt: skip
    answer = web.get(f"{path}/rendered?window=40,400,linear")
    assert (answer.status_code, why(answer)[:6]) == (400, "window")
    assert picture(web.get(f"{path}/rendered")).mode == "RGB"


# ---- documents


def test_a_report_comes_as_html_text_xml_and_pdf(web: Any) -> None:
    [path] = web.stored(report(item("TEXT", "Finding", TextValue="Ein <Größen> Befund")))
    page = web.get(f"{path}/rendered")
    assert page.content_type == "text/html; charset=utf-8"
    assert "Ein &lt;Größen&gt; Befund" in page.text
    assert "sandbox" in page.headers["Content-Security-Policy"]
    text = web.get(f"{path}/rendered", "text/plain")
    assert "Finding: Ein <Größen> Befund" in text.text
    xml = web.get(f"{path}/rendered", "text/xml")
    assert ElementTree.fromstring(xml.data).tag == "{http://www.w3.org/1999/xhtml}html"
    made = web.get(f"{path}/rendered", "application/pdf")
    assert (made.content_type, made.data[:5]) == ("application/pdf", b"%PDF-")
    [part] = parts(web.get(f"{path}/rendered", 'multipart/related; type="text/plain"'))
    assert part.get_payload(decode=True) == text.data


def test_a_text_comes_in_the_character_set_that_is_asked_for(web: Any) -> None:
    [path] = web.stored(report(item("TEXT", "Finding", TextValue="Größe")))
    answer = web.get(f"{path}/rendered?charset=iso-8859-1", "text/plain")
    assert answer.content_type == "text/plain; charset=iso-8859-1"
    assert "Größe".encode("iso-8859-1") in answer.data
    same = web.get(f"{path}/rendered", "text/plain", Accept_Charset="iso-8859-1, *;q=0.1")
    assert same.data == answer.data
    assert web.get(f"{path}/rendered?charset=x-none").status_code == 406


@pytest.mark.parametrize(
    "query", ["window=40,400,linear", "viewport=64,64", "quality=80", "annotation=patient"]
)
def test_what_changes_pictures_does_not_apply_to_texts(web: Any, query: str) -> None:
    [path] = web.stored(report(item("TEXT", "Finding", TextValue="Mass")))
    answer = web.get(f"{path}/rendered?{query}")
    assert answer.status_code == 400
    assert why(answer) == f"{query.partition('=')[0]} does not apply to a report as text/html"


def test_a_report_is_no_picture(web: Any) -> None:
    [path] = web.stored(report())
    answer = web.get(f"{path}/rendered", "image/jpeg")
    assert answer.status_code == 406
    assert answer.get_json(force=True)["available"][0] == "text/html"


def test_a_pdf_comes_as_it_is_as_pictures_and_as_text(web: Any) -> None:
    made = pdf("page one", "page two")
    [path] = web.stored(encapsulated(made))
    whole = web.get(f"{path}/rendered")
    assert (whole.content_type, whole.data) == ("application/pdf", made)
    first = web.get(f"{path}/rendered?viewport=200,200", "image/png")
    assert picture(first).size == (200, 100)
    assert "first of 2 pages" in first.headers["Warning"]
    pages = parts(web.get(f"{path}/rendered", JPEG_PARTS))
    assert len({part.get_payload(decode=True) for part in pages}) == 2
    assert "page two" in web.get(f"{path}/rendered", "text/plain").text
    assert web.get(f"{path}/rendered?window=1,2,linear", "image/png").status_code == 400


def test_a_clinical_document_is_text_without_its_markup(web: Any) -> None:
    [path] = web.stored(encapsulated(cda('<paragraph style="x">Well<br/>again</paragraph>')))
    page = web.get(f"{path}/rendered").text
    assert "Well<br>again" in page
    assert "style" not in page


@pytest.mark.parametrize("document", [b"%PDF-1.7 broken", b"<ClinicalDocument>broken"])
def test_a_broken_document_is_406_and_says_why(web: Any, document: bytes) -> None:
    [path] = web.stored(encapsulated(document))
    answer = web.get(f"{path}/rendered", "text/plain")
    assert answer.status_code == 406
    assert why(answer).startswith("this cannot be rendered: the document")


def test_what_holds_neither_image_nor_text_is_406_and_says_so(web: Any) -> None:
    [path] = web.stored(part10(without_pixels(SOPClassUID=TwelveLeadECGWaveformStorage)))
    study = path.partition("/series")[0]
    for resource in (path, study):
        answer = web.get(f"{resource}/rendered")
        assert answer.status_code == 406
        assert "no image and no text" in why(answer)
        assert answer.get_json(force=True)["available"]


def test_pixels_that_their_codec_refuses_are_406(web: Any) -> None:
    [path] = web.stored(ct_image(JPEG2000Lossless, frames=[b"\xff\x4f none"]))
    for accept in ("image/jpeg", JPEG_PARTS):
        answer = web.get(f"{path}/rendered", accept)
        assert answer.status_code == 406
        assert why(answer).startswith("this cannot be rendered")


# ---- presentation states


def state_of(*images: bytes, **overrides: Any) -> bytes:
    """A presentation state that inverts these images."""
    from tests.unit.dicomweb.conftest import read

    series: list[Dataset] = []
    for image in images:
        ds, referenced, one = read(image), Dataset(), Dataset()
        referenced.ReferencedSOPClassUID = ds.SOPClassUID
        referenced.ReferencedSOPInstanceUID = ds.SOPInstanceUID
        one.SeriesInstanceUID = ds.SeriesInstanceUID
        one.ReferencedImageSequence = Sequence([referenced])
        series.append(one)
    state = without_pixels(
        SOPClassUID=GrayscaleSoftcopyPresentationStateStorage,
        SOPInstanceUID=generate_uid(),
        StudyInstanceUID=read(images[0]).StudyInstanceUID,
        SeriesInstanceUID=generate_uid(),
        Modality="PR",
        **overrides,
    )
    state.ReferencedSeriesSequence = Sequence(series)
    area = Dataset()
    area.DisplayedAreaTopLeftHandCorner = [1, 1]
    area.DisplayedAreaBottomRightHandCorner = [32, 16]
    area.PresentationSizeMode = "SCALE TO FIT"
    area.PresentationPixelAspectRatio = [1, 1]
    state.DisplayedAreaSelectionSequence = Sequence([area])
    voi = Dataset()
    voi.WindowCenter, voi.WindowWidth = 64, 128
    state.SoftcopyVOILUTSequence = Sequence([voi])
    state.PresentationLUTShape = "INVERSE"
    return part10(state)


def test_a_presentation_state_shows_its_image_as_it_says(web: Any) -> None:
    image = ramp(WindowCenter="64", WindowWidth="128")
    [path] = web.stored(image)
    [state] = web.stored(state_of(image))
    usual, inverted = (
        np.asarray(picture(web.get(f"{one}/rendered", "image/png")).convert("L")).astype(int)
        for one in (path, state)
    )
    assert usual[8, 2] < usual[8, -3]
    assert inverted[8, 2] > inverted[8, -3]
    assert picture(web.get(f"{state}/rendered?viewport=64,64")).size == (64, 32)


@pytest.mark.parametrize("query", ["window=40,400,linear", "viewport=64,64,1,1,8,8"])
def test_a_presentation_state_takes_neither_window_nor_region(web: Any, query: str) -> None:
    image = ramp()
    web.stored(image)
    [state] = web.stored(state_of(image))
    answer = web.get(f"{state}/rendered?{query}")
    assert answer.status_code == 400
    assert why(answer).startswith(query.partition("=")[0])


def test_a_presentation_state_of_several_images_shows_all_as_parts(web: Any) -> None:
    first = ramp()
    study = {"StudyInstanceUID": ct_of(first).StudyInstanceUID}
    second = ramp(SOPInstanceUID=generate_uid(), **study)
    web.stored(first, second)
    [state] = web.stored(state_of(first, second))
    assert len(parts(web.get(f"{state}/rendered", JPEG_PARTS))) == 2
    assert "first of 2 images" in web.get(f"{state}/rendered").headers["Warning"]


def ct_of(file: bytes) -> Dataset:
    from tests.unit.dicomweb.conftest import read

    return read(file)


def test_a_presentation_state_whose_images_are_not_here_is_404(web: Any) -> None:
    [state] = web.stored(state_of(ramp()))
    answer = web.get(f"{state}/rendered")
    assert (answer.status_code, "no image" in why(answer)) == (404, True)


# ---- studies and series


def mixed_study(web: Any) -> str:
    """A study of an image, an image of two frames, a report and a waveform."""
    study = {"StudyInstanceUID": "1.2.77"}
    web.stored(
        ramp(SOPInstanceUID="1.2.77.1", **study),
        ramp(2, SOPInstanceUID="1.2.77.2", **study),
        report(item("TEXT", "Finding", TextValue="Mass"), SOPInstanceUID="1.2.77.3", **study),
        part10(
            without_pixels(
                SOPClassUID=TwelveLeadECGWaveformStorage, SOPInstanceUID="1.2.77.4", **study
            )
        ),
    )
    return "/studies/1.2.77"


def test_a_study_comes_as_parts_each_as_what_suits_it(web: Any) -> None:
    answer = web.get(f"{mixed_study(web)}/rendered")
    assert answer.status_code == 206
    assert "left out" in answer.headers["Warning"]
    assert [part.get_content_type() for part in parts(answer)] == [
        "image/jpeg", "image/jpeg", "image/jpeg", "text/html",
    ]  # fmt: skip


def test_a_study_of_images_is_whole_and_tagged(web: Any) -> None:
    [path] = web.stored(ramp(2))
    study = path.partition("/series")[0]
    answer = web.get(f"{study}/rendered", JPEG_PARTS)
    assert (answer.status_code, len(parts(answer))) == (200, 2)
    again = web.get(f"{study}/rendered", JPEG_PARTS, If_None_Match=answer.headers["ETag"])
    assert again.status_code == 304
    other = web.get(f"{study}/rendered?quality=10", JPEG_PARTS)
    assert other.headers["ETag"] != answer.headers["ETag"]


def test_what_is_asked_of_a_study_is_done_where_it_applies(web: Any) -> None:
    answer = web.get(f"{mixed_study(web)}/rendered?viewport=8,8&window=40,400,linear")
    shown = [part.get_payload(decode=True) for part in parts(answer)]
    assert [Image.open(BytesIO(data)).size for data in shown[:3]] == [(8, 4)] * 3


def test_a_study_is_no_single_picture(web: Any) -> None:
    answer = web.get(f"{mixed_study(web)}/rendered", "image/jpeg")
    assert answer.status_code == 406
    assert JPEG_PARTS in answer.get_json(force=True)["available"]


def test_one_broken_image_does_not_keep_the_others_from_a_study(web: Any) -> None:
    study = {"StudyInstanceUID": "1.2.78"}
    web.stored(
        ct_image(JPEG2000Lossless, frames=[b"\xff\x4f none"], SOPInstanceUID="1.2.78.1", **study),
        ramp(SOPInstanceUID="1.2.78.2", **study),
    )
    [part] = parts(web.get("/studies/1.2.78/rendered", JPEG_PARTS))
    assert "1.2.78.2" in part["Content-Location"]


# ---- caching and access


def test_a_rendering_is_not_made_again_for_who_has_it(web: Any) -> None:
    [path] = web.stored(ramp())
    answer = web.get(f"{path}/rendered?viewport=8,8")
    tag = answer.headers["ETag"]
    assert web.get(f"{path}/rendered?viewport=8,8", If_None_Match=tag).status_code == 304
    assert web.get(f"{path}/rendered?viewport=9,9").headers["ETag"] != tag
    assert web.get(f"{path}/rendered?viewport=8,8", "image/png").headers["ETag"] != tag
    assert "Accept" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"].startswith("private")


def test_head_tells_what_get_gives(web: Any) -> None:
    [path] = web.stored(ramp())
    told, given = web.ask("HEAD", f"{path}/rendered"), web.get(f"{path}/rendered")
    assert (told.status_code, told.data) == (200, b"")
    assert told.headers["ETag"] == given.headers["ETag"]


def test_every_animation_that_is_offered_is_made(web: Any) -> None:
    [path] = web.stored(ramp(2))
    for media_type in ANIMATION_TYPES:
        answer = web.get(f"{path}/rendered", media_type)
        assert (answer.status_code, answer.content_type) == (200, media_type)
        assert answer.data


def test_an_image_without_rows_is_refused_and_not_our_fault(web: Any) -> None:
    ds = ct_data_set()
    ds.BitsAllocated = 12
    [path] = web.stored(part10(ds))
    assert web.get(f"{path}/rendered").status_code == 406


@pytest.mark.parametrize("level", ["", "/series", "/instance"])
@pytest.mark.parametrize("accept", ["image/jpeg", JPEG_PARTS])
def test_no_codec_free_is_503_at_every_level(
    web: Any, monkeypatch: pytest.MonkeyPatch, level: str, accept: str
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise CodecsBusy("all codec processes are busy")

    monkeypatch.setattr("imaging.transcode.run_job", busy)
    [path] = web.stored(ct_image(JPEG2000Lossless, frames=[b"\xff\x4f"]))
    study, series, _ = path.split("/series")[0], path.split("/instances")[0], path
    asked = {"": study, "/series": series, "/instance": path}[level]
    answer = web.get(f"{asked}/rendered", accept)
    if level != "/instance" and accept != JPEG_PARTS:
        assert answer.status_code == 406  # a study is no single picture
    else:
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")


def test_a_part_that_may_come_later_breaks_the_answer_off(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = [b"\xff\x4f one", b"\xff\x4f two"]
    [path] = web.stored(ct_image(JPEG2000Lossless, frames=frames))
    made = iter([b"picture"])

    def encoded(*_: object) -> bytes:
        one = next(made, None)
        if one is None:
            raise CodecsBusy("all codec processes are busy")
        return one

    monkeypatch.setattr("dicomweb.rendering.images.encoded", encoded)
    answer = web.get(f"{path}/rendered", JPEG_PARTS)
    with pytest.raises(CodecsBusy):
        _ = answer.data


def test_a_series_of_presentation_states_changes_with_their_images(web: Any) -> None:
    image = ramp()
    [path] = web.stored(image)
    [state] = web.stored(state_of(image))
    series = state.partition("/instances")[0]
    tag = web.get(f"{series}/rendered", JPEG_PARTS).headers["ETag"]
    assert web.get(f"{series}/rendered", JPEG_PARTS, If_None_Match=tag).status_code == 304
    assert web.ask("DELETE", path).status_code == 204
    assert web.get(f"{series}/rendered", JPEG_PARTS, If_None_Match=tag).status_code == 404
