"""Whole studies and series as they are stored: their length is told, and it is true."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from archive import contents, file_objects
from archive.errors import ObjectMissing
from dicomweb import whole
from tests.builders import ct_image
from tests.unit.dicomweb.test_wado import parts

ANY = 'multipart/related; type="application/dicom"; transfer-syntax=*'
STUDY = "/studies/1.2"
SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)


def image(number: int, series: str = "1.3", **more: Any) -> bytes:
    sop = "1.2.3." + "9" * number
    return ct_image(StudyInstanceUID="1.2", SeriesInstanceUID=series, SOPInstanceUID=sop, **more)


@pytest.fixture
def files(web: Any) -> list[bytes]:
    """Seven instances of two series in four syntaxes, whose UIDs differ in length; one is long."""
    made = [
        image(number, f"1.3.{'4' * (number % 2 * 5)}0", transfer_syntax=SYNTAXES[number % 4])
        for number in range(1, 7)
    ]
    made.append(image(7, Rows=300, Columns=300, PixelData=bytes(range(250)) * 720))
    for one in made:
        web.stored(one)
    return made


def test_the_length_of_a_study_is_told_and_true(web: Any, files: list[bytes]) -> None:
    answer = web.get(STUDY, ANY)
    assert [data for _, data in parts(answer)] == files
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    told = [kind.partition("transfer-syntax=")[2] for kind, _ in parts(answer)]
    assert told == [*(SYNTAXES[number % 4] for number in range(1, 7)), ExplicitVRLittleEndian]
    head = web.ask("HEAD", STUDY, ANY)
    assert head.headers["Content-Length"] == answer.headers["Content-Length"]


def test_long_instances_and_many_pages_are_the_same_answer(
    web: Any, files: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_answer = web.get(STUDY, ANY)
    monkeypatch.setattr(whole, "CHUNK_BYTES", 1000)
    for rows in (1, 2, 7, 8):
        monkeypatch.setattr(contents, "_ROWS_A_PAGE", rows)
        monkeypatch.setattr(file_objects.FileObjects, "reads_at_once", rows)
        answer = web.get(STUDY, ANY)
        assert answer.data == whole_answer.data
        assert answer.headers["ETag"] == whole_answer.headers["ETag"]


def test_what_has_to_be_written_anew_has_no_length_that_is_known(
    web: Any, files: list[bytes]
) -> None:
    answer = web.get(STUDY, 'multipart/related; type="application/dicom"')
    assert "Content-Length" not in answer.headers
    assert {kind for kind, _ in parts(answer)} == {
        f"application/dicom; transfer-syntax={ExplicitVRLittleEndian}"
    }
    assert len(parts(answer)) == len(files)


@pytest.mark.parametrize("rows", [2, 7, 100])
def test_what_comes_while_it_is_sent_is_not_in_it(
    web: Any, files: list[bytes], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(contents, "_ROWS_A_PAGE", rows)
    answer = web.client.get("/dicom-web" + STUDY, headers={"Accept": ANY}, buffered=False)
    web.stored(image(20))
    assert len(parts(answer)) == len(files)
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_what_is_erased_while_it_is_sent_breaks_the_answer_off(
    web: Any, files: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "_SMALL_BYTES", 1)
    answer = web.client.get("/dicom-web" + STUDY, headers={"Accept": ANY}, buffered=False)
    assert web.client.delete("/dicom-web" + STUDY).status_code == 204
    with pytest.raises(ObjectMissing):
        answer.get_data()


def test_the_first_instance_is_read_before_anything_is_said(web: Any, files: list[bytes]) -> None:
    [first, *_] = web.archive.objects.keys()
    for key in (first, *list(web.archive.objects.keys())):
        web.archive.objects.delete(key)
    assert web.get(STUDY, ANY).status_code >= 400


def test_an_object_that_is_too_short_breaks_the_answer_off(
    web: Any, files: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole, "_SMALL_BYTES", 1)
    keys = sorted(web.archive.objects.keys(), key=web.archive.objects.size)
    web.archive.objects.put(keys[-1], b"DICM")
    answer = web.client.get("/dicom-web" + STUDY, headers={"Accept": ANY}, buffered=False)
    with pytest.raises(ObjectMissing):
        answer.get_data()


@given(st.lists(st.integers(0, 200_000), max_size=20))
def test_small_pieces_are_joined_and_no_byte_is_lost(sizes: list[int]) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    given_back = list(whole.gathered(pieces))
    assert b"".join(given_back) == b"".join(pieces)
    assert all(given_back)
    large = [piece for piece in pieces if len(piece) >= 64 * 1024]
    assert [one for one in given_back if len(one) >= 64 * 1024 and one in large] == large
