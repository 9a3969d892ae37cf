"""The URI service: one instance, named in the query, as a picture, a text or the file."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import (
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RawDataStorage,
    RLELossless,
)
from werkzeug.test import TestResponse

from archive.tokens import create_token
from tests.builders import ct_data_set, ct_image, part10
from tests.rendered import state_of
from tests.unit.dicomweb.conftest import read

UIDS = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3", "SOPInstanceUID": "1.4"}
WHICH = {"requestType": "WADO", "studyUID": "1.2", "seriesUID": "1.3", "objectUID": "1.4"}


def ask(
    web: Any, path: str = "/dicom-web/wado", headers: dict[str, str] | None = None, **more: str
) -> TestResponse:
    query = {**WHICH, **more}
    answer: TestResponse = web.client.get(path, query_string=query, headers=headers or {})
    return answer


def picture(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(BytesIO(answer.data)))


@pytest.fixture
def imaged(web: Any) -> Any:
    web.stored(ct_image(ImplicitVRLittleEndian, Rows=16, Columns=32, **UIDS))
    return web


@pytest.fixture
def cine(web: Any) -> Any:
    web.stored(ct_image(NumberOfFrames=3, Rows=16, Columns=32, **UIDS))
    return web


def named(web: Any, name: str) -> dict[str, str]:
    """Store a bundled file; return its UIDs as parameters."""
    path = get_testdata_file(name)
    assert isinstance(path, str)
    ds = dcmread(path, force=True)
    web.stored(part10(ds, ds.file_meta.TransferSyntaxUID))
    return {
        "studyUID": ds.StudyInstanceUID,
        "seriesUID": ds.SeriesInstanceUID,
        "objectUID": ds.SOPInstanceUID,
    }


@pytest.mark.parametrize("path", ["/wado", "/dicom-web/wado"])
@pytest.mark.parametrize("accept", [None, "*/*", "", "image/*", "text/html, */*;q=0.5"])
def test_an_image_comes_as_jpeg_unless_something_else_is_asked_for(
    imaged: Any, path: str, accept: str | None
) -> None:
    answer = ask(imaged, path, {} if accept is None else {"Accept": accept})
    assert (answer.status_code, answer.content_type) == (200, "image/jpeg")
    assert picture(answer).shape[:2] == (16, 32)
    assert answer.headers["ETag"]


@pytest.mark.parametrize(
    "path", ["/community/dicom-web/wado", "/collections/nothing/dicom-web/wado"]
)
def test_each_collection_answers_for_its_own(imaged: Any, path: str) -> None:
    assert ask(imaged, path).status_code == 404


@pytest.mark.parametrize(
    ("content_type", "given"),
    [
        ("image/png", "image/png"),
        ("image/png;q=0.5,image/jpeg;q=0.4", "image/png"),
        ("image/png;q=0.4,image/jpeg;q=0.5", "image/jpeg"),
        ("image/nonsense,image/png", "image/png"),
        ("application/dicom", "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"),
        (
            "application/dicom;transfer-syntax=1.2.840.10008.1.2.5",
            "application/dicom; transfer-syntax=1.2.840.10008.1.2.5",
        ),
    ],
)
def test_the_content_type_is_chosen_from_the_list(
    imaged: Any, content_type: str, given: str
) -> None:
    answer = ask(imaged, contentType=content_type)
    assert (answer.status_code, answer.content_type) == (200, given)


def test_the_accept_header_counts_where_there_is_no_content_type(imaged: Any) -> None:
    assert ask(imaged, headers={"Accept": "image/png"}).content_type == "image/png"
    dicom = ask(imaged, headers={"Accept": "application/dicom"})
    assert dicom.content_type.startswith("application/dicom;")


def test_what_cannot_be_given_is_406_with_what_can(imaged: Any) -> None:
    answer = ask(imaged, headers={"Accept": "video/x-nonsense"})
    assert answer.status_code == 406
    assert "image/jpeg" in answer.get_json()["available"]
    assert not any(one.startswith("multipart") for one in answer.get_json()["available"])


def test_several_parts_are_never_given(imaged: Any) -> None:
    answer = ask(imaged, headers={"Accept": 'multipart/related; type="application/dicom"'})
    assert answer.status_code == 406


def test_the_file_is_explicit_unless_a_transfer_syntax_is_named(imaged: Any) -> None:
    plain = read(ask(imaged, contentType="application/dicom").data)
    assert plain.file_meta.TransferSyntaxUID == ExplicitVRLittleEndian
    named = ask(imaged, contentType="application/dicom", transferSyntax=RLELossless)
    assert named.content_type == f"application/dicom; transfer-syntax={RLELossless}"
    assert read(named.data).file_meta.TransferSyntaxUID == RLELossless
    assert (read(named.data).pixel_array == plain.pixel_array).all()
    accepted = ask(imaged, headers={"Accept": "application/dicom"}, transferSyntax=RLELossless)
    assert accepted.data == named.data


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"transferSyntax": RLELossless}, 400),
        ({"transferSyntax": RLELossless, "contentType": "image/jpeg"}, 400),
        ({"transferSyntax": RLELossless, "contentType": "*/*"}, 400),
        ({"transferSyntax": ImplicitVRLittleEndian, "contentType": "application/dicom"}, 400),
        ({"transferSyntax": "1.2.840.10008.1.2.4.100", "contentType": "application/dicom"}, 406),
        ({"transferSyntax": "1.2.3.4", "contentType": "application/dicom"}, 406),
        (
            {
                "transferSyntax": RLELossless,
                "contentType": "application/dicom;transfer-syntax=1.2.840.10008.1.2.1",
            },
            400,
        ),
        *(
            ({"contentType": "application/dicom", name: value}, 400)
            for name, value in {
                "rows": "8",
                "columns": "8",
                "region": "0,0,1,1",
                "imageQuality": "5",
                "annotation": "patient",
                "frameNumber": "1",
            }.items()
        ),
        ({"contentType": "application/dicom", "windowCenter": "1", "windowWidth": "1"}, 400),
        ({"contentType": "application/dicom", "charset": "utf-8"}, 406),
        ({"studyUID": "1.22"}, 404),
        ({"seriesUID": "1.33"}, 404),
        ({"objectUID": "1.44"}, 404),
        ({"objectUID": "1.4'"}, 400),
        ({"requestType": "wado"}, 400),
        ({"anonymize": "yes"}, 501),
        ({"anonymity": "yes"}, 501),
        ({"anonymize": "yes", "contentType": "application/dicom"}, 501),
        ({"frameNumber": "1"}, 400),
        ({"presentationUID": "1.6", "presentationSeriesUID": "1.5"}, 404),
        ({"presentationUID": "1.4", "presentationSeriesUID": "1.3"}, 400),
        ({"unknown": "parameter"}, 200),
    ],
)
def test_what_does_not_go_is_refused(imaged: Any, more: dict[str, str], status: int) -> None:
    answer = ask(imaged, **more)
    assert answer.status_code == status, answer.text
    assert status == 200 or answer.get_json()["message"]


def test_a_parameter_that_stands_twice_is_refused(imaged: Any) -> None:
    query = [*WHICH.items(), ("objectUID", "1.5")]
    assert imaged.client.get("/wado", query_string=query).status_code == 400


def test_rows_and_columns_bound_the_picture_and_keep_its_shape(imaged: Any) -> None:
    assert picture(ask(imaged, rows="8")).shape[:2] == (8, 16)
    assert picture(ask(imaged, columns="8")).shape[:2] == (4, 8)
    assert picture(ask(imaged, rows="8", columns="8")).shape[:2] == (4, 8)


def test_a_region_is_a_part_of_the_picture(imaged: Any) -> None:
    whole = picture(ask(imaged, contentType="image/png"))
    part = picture(ask(imaged, contentType="image/png", region="0.5,0.25,1.0,0.75"))
    assert (part == whole[4:12, 16:32]).all()


def test_a_window_changes_the_picture(imaged: Any) -> None:
    usual = picture(ask(imaged, contentType="image/png"))
    dark = picture(ask(imaged, contentType="image/png", windowCenter="1e9", windowWidth="1"))
    assert usual.any()
    assert not dark.any()


def test_an_annotation_that_nobody_knows_is_warned_of(imaged: Any) -> None:
    answer = ask(imaged, annotation="mood")
    assert answer.status_code == 200
    assert "mood" in answer.headers["Warning"]


def test_a_quality_that_means_nothing_is_warned_of(imaged: Any) -> None:
    assert "Warning" not in ask(imaged, imageQuality="50").headers
    assert (
        "imageQuality" in ask(imaged, contentType="image/png", imageQuality="50").headers["Warning"]
    )


@pytest.mark.parametrize(("frame", "status"), [("1", 200), ("3", 200), ("4", 400), ("0", 400)])
def test_one_frame_of_several_can_be_had(cine: Any, frame: str, status: int) -> None:
    assert ask(cine, frameNumber=frame).status_code == status


def test_each_frame_is_its_own_picture_under_its_own_tag(cine: Any) -> None:
    answers = [ask(cine, contentType="image/png", frameNumber=n) for n in ("1", "2")]
    assert answers[0].data != answers[1].data
    assert answers[0].headers["ETag"] != answers[1].headers["ETag"]


def test_a_picture_of_several_frames_says_which_one_it_is(cine: Any) -> None:
    answer = ask(cine)
    assert answer.content_type == "image/jpeg"
    assert "/frames/" in answer.headers["Content-Location"]
    assert "stands for the 3 frames" in answer.headers["Warning"]


def test_several_frames_can_move(cine: Any) -> None:
    answer = ask(cine, contentType="image/gif")
    assert answer.content_type == "image/gif"
    assert Image.open(BytesIO(answer.data)).n_frames == 3


def test_a_report_comes_as_text(web: Any) -> None:
    which = named(web, "reportsi.dcm")
    assert ask(web, **which).content_type.startswith("text/html")
    assert ask(web, **which, contentType="text/plain").content_type.startswith("text/plain")
    for name, value in {"rows": "8", "annotation": "patient"}.items():
        assert ask(web, **which, **{name: value}).status_code == 400


def test_a_pdf_comes_as_it_is(web: Any) -> None:
    pdf = b"%PDF-1.4\n%%EOF\n "
    ds = ct_data_set(
        SOPClassUID=EncapsulatedPDFStorage, Rows=None, Columns=None, MIMETypeOfEncapsulatedDocument=
        "application/pdf", EncapsulatedDocument=pdf, **UIDS
    )  # fmt: skip
    web.stored(part10(ds))
    answer = ask(web)
    assert answer.content_type == "application/pdf"
    assert answer.data.startswith(b"%PDF-1.4")


def test_what_nobody_can_look_at_comes_as_the_file(web: Any) -> None:
    web.stored(part10(ct_data_set(SOPClassUID=RawDataStorage, Rows=None, Columns=None, **UIDS)))
    assert ask(web).content_type.startswith("application/dicom;")
    assert ask(web, contentType="image/jpeg", headers={"Accept": "image/*"}).status_code == 406


def test_what_was_erased_is_gone_here_too(imaged: Any) -> None:
    assert imaged.ask("DELETE", "/studies/1.2").status_code == 204
    for more in ({}, {"contentType": "application/dicom"}, {"rows": "8"}):
        assert ask(imaged, **more).status_code == 410


def test_a_range_and_a_tag_work_as_elsewhere(imaged: Any) -> None:
    content_type = "application/dicom;transfer-syntax=*"
    whole = ask(imaged, contentType=content_type)
    part = ask(imaged, contentType=content_type, headers={"Range": "bytes=128-131"})
    assert (part.status_code, part.data) == (206, b"DICM")
    again = ask(imaged, contentType=content_type, headers={"If-None-Match": whole.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("path", ["/wado", "/dicom-web/wado"])
def test_only_who_may_read_is_answered(open_web: Any, path: str) -> None:
    web = open_web(access="accounts")
    for grants, status in (
        ([("archive", "read")], 404),
        ([("archive", "write")], 403),
        ([("community", "read")], 403),
    ):
        secret = create_token(web.archive, "test", grants)[1]
        answer = ask(web, path, {"Authorization": f"Bearer {secret}"})
        assert answer.status_code == status
    assert ask(web, path).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_other_methods_are_not_for_it(web: Any, method: str) -> None:
    answer = web.client.open("/wado", method=method)
    assert answer.status_code == 405
    assert answer.get_json()["error"] == "method-not-allowed"


def test_an_unreadable_query_says_nothing_of_the_patient(imaged: Any) -> None:
    answer = ask(imaged, objectUID="Doe^Jane")
    assert answer.status_code == 400
    assert "Doe" not in answer.text


STATE = {"presentationSeriesUID": "1.5", "presentationUID": "1.6"}


@pytest.fixture
def presented(imaged: Any) -> Any:
    """The image, and a presentation state of its study that turns white into black."""
    shown = ct_data_set(Rows=16, Columns=32, **UIDS)
    state = state_of(shown, PresentationLUTShape="INVERSE")
    state.StudyInstanceUID, state.SeriesInstanceUID, state.SOPInstanceUID = "1.2", "1.5", "1.6"
    imaged.stored(part10(state), ct_image(**{**UIDS, "SOPInstanceUID": "1.7"}))
    return imaged


def test_an_image_is_shown_as_its_presentation_state_says(presented: Any) -> None:
    usual = ask(presented, contentType="image/png", windowCenter="32768", windowWidth="65536")
    inverted = ask(presented, contentType="image/png", **STATE)
    assert inverted.headers["ETag"] != usual.headers["ETag"]
    differences = picture(usual).astype(int) + picture(inverted) - 255
    assert np.abs(differences).max() <= 1
    assert picture(ask(presented, rows="8", **STATE)).shape[:2] == (8, 16)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"objectUID": "1.7"}, 400),
        ({"presentationUID": "1.66"}, 404),
        ({"windowCenter": "1", "windowWidth": "1"}, 400),
        ({"region": "0,0,1,1"}, 400),
        ({"contentType": "application/dicom"}, 400),
    ],
)
def test_a_presentation_state_goes_with_its_images_only(
    presented: Any, more: dict[str, str], status: int
) -> None:
    assert ask(presented, **{**STATE, **more}).status_code == status


def test_a_presentation_state_that_was_erased_is_gone(presented: Any) -> None:
    presented.ask("DELETE", "/studies/1.2/series/1.5")
    assert ask(presented, **STATE).status_code == 410
