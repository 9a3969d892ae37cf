"""Thumbnails at every level: small, the right one, kept, and of nobody's identity."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import JPEG2000Lossless, RawDataStorage
from werkzeug.test import TestResponse

from archive import publish
from archive.access import LOCAL
from archive.retrieve import find_instances
from dicomweb.rendering.kinds import PICTURES
from imaging.errors import CodecsBusy
from imaging.rendering.icons import draw_icon
from tests.builders import ct_image, part10
from tests.documents import encapsulated, item, pdf, report, without_pixels
from tests.rendered import item as item_of
from tests.unit.dicomweb.rendering.test_views import state_of

STUDY, SERIES = "/studies/1.2", "/studies/1.2/series/1.3"


def image(frames: int = 1, side: int = 32, **overrides: Any) -> bytes:
    """Images in one series; each frame is of one gray, brighter than the frame before."""
    pixels = b"".join(
        np.full((side, side), 10 + 40 * number, "<u2").tobytes() for number in range(frames)
    )
    said: dict[str, Any] = {
        "StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3", "Rows": side, "Columns": side,
        "WindowCenter": "128", "WindowWidth": "256", "PixelData": pixels,
    }  # fmt: skip
    if frames > 1:
        said["NumberOfFrames"] = frames
    return ct_image(**{**said, **overrides})


def picture(answer: TestResponse) -> Image.Image:
    assert answer.status_code == 200, answer.data[:300]
    return Image.open(BytesIO(answer.data))


def gray(answer: TestResponse) -> int:
    return int(np.asarray(picture(answer).convert("L")).mean())


def is_icon(answer: TestResponse, word: str) -> bool:
    shown = np.asarray(picture(answer).convert("L")).astype(int)
    drawn = draw_icon(word).pixels.astype(int)
    return shown.shape == drawn.shape and bool(np.abs(shown - drawn).mean() < 3)


def test_every_level_has_one(web: Any) -> None:
    [path] = web.stored(image(2))
    for resource in (STUDY, SERIES, path, f"{path}/frames/1"):
        answer = web.get(f"{resource}/thumbnail")
        assert answer.content_type == "image/jpeg"
        assert picture(answer).size == (32, 32)


def test_what_is_large_becomes_small(web: Any) -> None:
    [path] = web.stored(image(side=600))
    assert picture(web.get(f"{path}/thumbnail")).size == (256, 256)
    assert picture(web.get(f"{path}/thumbnail?viewport=64,100")).size == (64, 64)


@pytest.mark.parametrize("media_type", PICTURES)
def test_it_comes_as_every_media_type_that_is_listed(web: Any, media_type: str) -> None:
    [path] = web.stored(image())
    answer = web.get(f"{path}/thumbnail", media_type)
    assert (answer.status_code, answer.content_type) == (200, media_type)
    assert web.get(f"{path}/thumbnail?accept={media_type}").data == answer.data


def test_an_accept_that_nothing_fits_is_406(web: Any) -> None:
    [path] = web.stored(image())
    answer = web.get(f"{path}/thumbnail", "text/html")
    assert answer.status_code == 406
    assert answer.get_json(force=True)["available"][0] == "image/jpeg"


def test_an_instance_shows_its_representative_frame_and_a_frame_itself(web: Any) -> None:
    [path] = web.stored(image(5, RepresentativeFrameNumber=4))
    assert gray(web.get(f"{path}/thumbnail")) == gray(web.get(f"{path}/frames/4/thumbnail"))
    first, last = (gray(web.get(f"{path}/frames/{number}/thumbnail")) for number in (1, 5))
    assert first < last
    assert gray(web.get(f"{path}/frames/1,5/thumbnail")) == first
    assert web.get(f"{path}/frames/6/thumbnail").status_code == 404


def test_that_of_a_series_is_made_once_and_kept(web: Any) -> None:
    web.stored(image())
    first = web.get(f"{SERIES}/thumbnail")
    kept = publish.thumbnail(web.archive, LOCAL, "archive", "1.2", "1.3")
    assert kept is not None
    assert b"".join(web.archive.objects.stream(kept.key)) == first.data
    again = web.get(f"{SERIES}/thumbnail")
    assert (again.data, again.headers["ETag"]) == (first.data, f'"{kept.etag}"')


def test_that_of_a_series_is_made_anew_when_it_changes(web: Any) -> None:
    web.stored(image())
    before = gray(web.get(f"{SERIES}/thumbnail"))
    web.stored(image(PixelData=np.full((32, 32), 250, "<u2").tobytes()))
    after = web.get(f"{SERIES}/thumbnail")
    assert gray(after) > before
    assert gray(web.get(f"{STUDY}/thumbnail")) == gray(after)


def test_what_the_worker_kept_is_given_unchanged(web: Any) -> None:
    web.stored(image())
    chosen = publish.representative(web.archive, "archive", "1.2", "1.3")
    assert chosen is not None
    assert chosen.instance == next(find_instances(web.archive, LOCAL, "archive", "1.2"))
    publish.keep_thumbnail(web.archive, chosen, b"\xff\xd8jpeg")
    for resource in (STUDY, SERIES):
        answer = web.get(f"{resource}/thumbnail")
        assert (answer.content_type, answer.data) == ("image/jpeg", b"\xff\xd8jpeg")


def test_an_erased_study_has_none(web: Any) -> None:
    [path] = web.stored(image())
    for resource in (STUDY, SERIES, path):
        web.get(f"{resource}/thumbnail")
    kept = publish.thumbnail(web.archive, LOCAL, "archive", "1.2", "1.3")
    assert kept is not None
    assert web.ask("DELETE", STUDY).status_code == 204
    for resource in (STUDY, SERIES, path, f"{path}/frames/1"):
        assert web.get(f"{resource}/thumbnail").status_code == 410
    assert kept.key not in set(web.archive.objects.keys())


@pytest.mark.parametrize(
    ("file", "word"),
    [
        (image(BurnedInAnnotation="YES", Modality="US"), "US"),
        (report(item("TEXT", "Finding", TextValue="Doe, Jane")), "SR"),
        (encapsulated(pdf("Jane Doe"), BurnedInAnnotation="YES"), "PDF"),
        (encapsulated(pdf("Jane Doe")), "PDF"),
        (part10(without_pixels(SOPClassUID=RawDataStorage, Modality="MR")), "MR"),
        (part10(without_pixels(SOPClassUID=RawDataStorage, Modality="<b>")), "DICOM"),
        (ct_image(JPEG2000Lossless, frames=[b"\xff\x4f none"], Modality="CT"), "CT"),
    ],
    ids=["burned in", "report", "pdf", "silent pdf", "raw data", "odd modality", "broken"],
)
def test_what_has_no_picture_or_tells_a_name_is_a_drawn_sheet(
    web: Any, file: bytes, word: str
) -> None:
    [path] = web.stored(file)
    series = path.partition("/instances")[0]
    for resource in (path, series, series.partition("/series")[0]):
        assert is_icon(web.get(f"{resource}/thumbnail"), word)


def test_a_document_that_identifies_nobody_shows_its_first_page(web: Any) -> None:
    [path] = web.stored(encapsulated(pdf("Leaflet"), BurnedInAnnotation="NO"))
    assert picture(web.get(f"{path}/thumbnail")).size == (256, 128)


@pytest.mark.parametrize(
    "query",
    ["viewport=64", "viewport=64,64,1,1,8,8", "viewport=2000,10", "window=40,400,linear",
     "quality=80", "annotation=patient", "iccprofile=srgb"],
)  # fmt: skip
def test_what_does_not_apply_is_a_400_that_names_it(web: Any, query: str) -> None:
    [path] = web.stored(image())
    for resource in (STUDY, SERIES, path, f"{path}/frames/1"):
        answer = web.get(f"{resource}/thumbnail?{query}")
        assert answer.status_code == 400
        assert answer.get_json(force=True)["message"].startswith(query.partition("=")[0])


def test_who_has_it_is_told_so(web: Any) -> None:
    [path] = web.stored(image())
    for resource in (STUDY, SERIES, path):
        tag = web.get(f"{resource}/thumbnail").headers["ETag"]
        assert web.get(f"{resource}/thumbnail", If_None_Match=tag).status_code == 304


def test_that_of_a_presentation_state_goes_with_its_image(web: Any) -> None:
    shown = image(WindowCenter="64", WindowWidth="128")
    [path] = web.stored(shown)
    [state] = web.stored(state_of(shown))
    assert not is_icon(web.get(f"{state}/thumbnail"), "PR")
    assert web.ask("DELETE", path).status_code == 204
    assert is_icon(web.get(f"{state}/thumbnail"), "PR")


def test_that_of_a_presentation_state_shows_no_name_of_its_image(web: Any) -> None:
    shown = image(BurnedInAnnotation="YES")
    web.stored(shown)
    [state] = web.stored(state_of(shown))
    assert is_icon(web.get(f"{state}/thumbnail"), "PR")


def test_words_of_a_presentation_state_are_left_out(web: Any) -> None:
    shown = image(side=64)
    words = item_of(
        BoundingBoxAnnotationUnits="PIXEL",
        UnformattedTextValue="DOE JANE",
        BoundingBoxTopLeftHandCorner=[1.0, 1.0],
        BoundingBoxBottomRightHandCorner=[60.0, 60.0],
    )
    annotation = item_of(GraphicLayer="L", TextObjectSequence=[words])
    web.stored(shown)
    [silent] = web.stored(state_of(shown))
    [wordy] = web.stored(state_of(shown, GraphicAnnotationSequence=[annotation]))
    assert web.get(f"{silent}/rendered").data != web.get(f"{wordy}/rendered").data
    assert web.get(f"{silent}/thumbnail").data == web.get(f"{wordy}/thumbnail").data


def test_no_codec_free_is_503_and_no_drawn_sheet(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise CodecsBusy("all codec processes are busy")

    monkeypatch.setattr("imaging.transcode.run_job", busy)
    [path] = web.stored(ct_image(JPEG2000Lossless, frames=[b"\xff\x4f"], StudyInstanceUID="1.2"))
    for resource in (STUDY, path, f"{path}/frames/1"):
        answer = web.get(f"{resource}/thumbnail")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
