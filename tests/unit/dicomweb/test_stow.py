"""What becomes of what is sent, part by part."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from archive.errors import StoreUnavailable
from archive.objects import SpoolFile
from tests.builders import ct_image

STUDY = "1.2.3.4"


def failures(response: Any) -> list[tuple[int, str]]:
    model = response.get_json(force=True)
    items = [
        item for tag in ("00081198", "0008119A") for item in model.get(tag, {}).get("Value", [])
    ]
    return [(item["00081197"]["Value"][0], " ".join(item["00000902"]["Value"])) for item in items]


def stored(response: Any) -> int:
    return len(response.get_json(force=True).get("00081199", {}).get("Value", []))


def test_instances_are_stored_and_come_back_bit_for_bit(web: Any) -> None:
    files = [ct_image(), ct_image()]
    for file, path in zip(files, web.stored(*files), strict=True):
        answer = web.get(path, "application/dicom; transfer-syntax=*")
        assert (answer.status_code, answer.data) == (200, file)


def test_the_answer_says_where_each_instance_is(web: Any) -> None:
    model = web.stow(ct_image()).get_json(force=True)
    url = model["00081199"]["Value"][0]["00081190"]["Value"][0]
    assert url.startswith("http://127.0.0.1:8000/dicom-web/studies/")


def test_a_junk_part_fails_alone(web: Any) -> None:
    answer = web.stow(ct_image(), b"not DICOM", ct_image())
    assert (answer.status_code, stored(answer)) == (202, 2)
    [(reason, comment)] = failures(answer)
    assert reason == 0xC000
    assert "DICM" in comment


def test_nothing_but_junk_is_409(web: Any) -> None:
    assert web.stow(b"junk").status_code == 409


def test_an_instance_of_another_study_than_the_path_names_fails(web: Any) -> None:
    answer = web.stow(ct_image(), path=f"/studies/{STUDY}")
    assert answer.status_code == 409
    assert failures(answer)[0][0] == 0xA900


def test_the_same_bytes_again_are_a_success(web: Any) -> None:
    file = ct_image()
    assert [web.stow(file).status_code, web.stow(file).status_code] == [200, 200]


def test_other_bytes_under_a_known_uid_are_refused_and_the_first_is_kept(web: Any) -> None:
    first = ct_image(
        SOPInstanceUID="1.2.9", PatientID="first", StudyInstanceUID="1.5", SeriesInstanceUID="1.6"
    )
    other = ct_image(
        SOPInstanceUID="1.2.9", PatientID="other", StudyInstanceUID="1.5", SeriesInstanceUID="1.6"
    )
    [path] = web.stored(first)
    answer = web.stow(other)
    assert answer.status_code == 409
    assert failures(answer)[0][0] == 0x0111
    assert web.get(path, "application/dicom; transfer-syntax=*").data == first


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/related; type=application/dicom; boundary=b",
        'multipart/related; type="application/dicom"; boundary="b"',
        "multipart/related; boundary=b",
    ],
)
def test_content_types_are_read_quoted_or_not(web: Any, content_type: str) -> None:
    data = b"--b\r\nContent-Type: application/dicom; transfer-syntax=1.2.840.10008.1.2.1\r\n\r\n"
    data += ct_image() + b"\r\n--b--\r\n"
    answer = web.client.post(
        "/dicom-web/studies", data=data, headers={"Content-Type": content_type}
    )
    assert answer.status_code == 200


def test_parts_without_headers_are_instances(web: Any) -> None:
    data = b"preamble\n--b\n\n" + ct_image() + b"\n--b--"
    sent = {"Content-Type": "multipart/related; boundary=b"}
    assert web.client.post("/dicom-web/studies", data=data, headers=sent).status_code == 200


def test_a_part_of_another_type_fails_alone(web: Any) -> None:
    data = b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n--b\r\n\r\n" + ct_image() + b"\r\n--b--\r\n"
    sent = {"Content-Type": "multipart/related; boundary=b"}
    answer = web.client.post("/dicom-web/studies", data=data, headers=sent)
    assert (answer.status_code, stored(answer)) == (202, 1)
    assert "application/dicom" in failures(answer)[0][1]


def test_one_instance_may_be_the_whole_body(web: Any) -> None:
    answer = web.client.post(
        "/dicom-web/studies", data=ct_image(), headers={"Content-Type": "application/dicom"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("text/plain", 415),
        ('multipart/related; type="application/fhir+json"; boundary=b', 415),
        ("multipart/related", 400),
        ("", 415),
    ],
)
def test_other_bodies_are_refused(web: Any, content_type: str, status: int) -> None:
    assert web.stow(ct_image(), Content_Type=content_type).status_code == status


def test_a_body_that_breaks_off_is_400_when_nothing_was_stored(web: Any) -> None:
    sent = {"Content-Type": "multipart/related; boundary=b"}
    answer = web.client.post("/dicom-web/studies", data=b"--b\r\n\r\nDICM", headers=sent)
    assert answer.status_code == 400


def test_what_came_before_a_break_is_stored_and_told(web: Any) -> None:
    data = b"--b\r\n\r\n" + ct_image() + b"\r\n--b\r\n\r\nDICM"
    sent = {"Content-Type": "multipart/related; boundary=b"}
    answer = web.client.post("/dicom-web/studies", data=data, headers=sent)
    assert (answer.status_code, stored(answer), len(failures(answer))) == (202, 1, 1)


def test_a_message_without_parts_is_400(web: Any) -> None:
    assert web.stow().status_code == 400


def test_an_instance_past_the_limit_fails_alone(open_web: Any) -> None:
    web = open_web(max_instance_bytes="4K")
    answer = web.stow(ct_image(), ct_image(ImageComments="x" * 8000))
    assert (answer.status_code, stored(answer)) == (202, 1)
    assert failures(answer)[0][0] == 0xA700


def test_a_request_past_the_limit_is_413(open_web: Any) -> None:
    assert open_web(max_request_bytes="1K").stow(ct_image(), ct_image()).status_code == 413


def test_a_batch_does_not_change_the_order_of_outcomes(open_web: Any) -> None:
    web = open_web(max_batch_files="2")
    files = [ct_image() for _ in range(5)]
    model = web.stow(*files).get_json(force=True)
    told = [item["00081190"]["Value"][0] for item in model["00081199"]["Value"]]
    assert told == [f"http://127.0.0.1:8000/dicom-web{path}" for path in web.stored(*files)]


def test_the_spool_is_empty_afterwards(web: Any) -> None:
    web.stow(ct_image(), b"junk", ct_image())
    web.client.post(
        "/dicom-web/studies",
        data=b"--b\r\n\r\nDICM",
        headers={"Content-Type": "multipart/related; boundary=b"},
    )
    assert not list(web.archive.settings.home.rglob("*.part"))


def test_a_full_disk_fails_its_instance_alone_and_leaves_nothing_in_the_spool(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ct_image(), ct_image()
    closing, closed = SpoolFile.close, []

    def close(file: SpoolFile) -> None:
        """Close like a disk that was full for a moment, when the buffer was written out."""
        closing(file)
        if file.path not in closed:
            closed.append(file.path)
            if len(closed) == 1:
                raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(SpoolFile, "close", close)
    answer = web.stow(first, second)
    assert (answer.status_code, stored(answer)) == (202, 1)
    assert [reason for reason, _ in failures(answer)] == [0xA700]
    assert not list(web.archive.settings.home.rglob("*.part"))


def test_a_store_that_is_down_is_503_and_worth_another_try(
    web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise StoreUnavailable("the index cannot be written; try again")

    monkeypatch.setattr("dicomweb.storing.batch.store_instances", down)
    answer = web.stow(ct_image())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_what_is_to_be_deidentified_is_not_readable(open_web: Any) -> None:
    web = open_web()
    web.root = "/community/dicom-web"
    file = ct_image()
    answer = web.stow(file)
    assert answer.status_code == 202
    assert web.get("/studies").get_json(force=True) == []


def test_the_answer_can_be_xml(web: Any) -> None:
    answer = web.stow(ct_image(), Accept="application/dicom+xml")
    assert answer.content_type == "application/dicom+xml"
    assert b"NativeDicomModel" in answer.data


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
def test_a_body_in_a_content_coding_is_415_and_not_called_malformed(web: Any, coding: str) -> None:
    answer = web.stow(ct_image(), Content_Encoding=coding)
    assert answer.status_code == 415
    assert answer.headers["Accept-Encoding"] == "identity"
    assert "coding" in answer.json["message"]


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_a_body_that_says_it_is_not_coded_is_taken(web: Any, coding: str) -> None:
    assert web.stow(ct_image(), Content_Encoding=coding).status_code == 200
