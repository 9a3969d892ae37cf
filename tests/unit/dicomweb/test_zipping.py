"""Studies, series and instances as zip archives."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.fileset import FileSet
from pydicom.uid import ImplicitVRLittleEndian, JPEGLSLossless

from dicomweb import zipping
from tests.builders import ct_image

ZIP = "application/zip"
AS_STORED = "application/zip; transfer-syntax=*"


def archive_of(answer: Any) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.data[:300]
    assert answer.content_type == ZIP
    opened = zipfile.ZipFile(io.BytesIO(answer.data))
    assert opened.testzip() is None
    return opened


@pytest.fixture
def study(web: Any) -> tuple[Any, list[bytes]]:
    same = {"StudyInstanceUID": "1.2", "PatientName": "Doe^Jane"}
    files = [
        ct_image(ImplicitVRLittleEndian, SeriesInstanceUID=f"1.3.{n % 2}", **same) for n in range(4)
    ]
    web.stored(*files)
    return web, files


def test_a_study_is_a_folder_a_series(study: tuple[Any, list[bytes]]) -> None:
    web, files = study
    with archive_of(web.get("/studies/1.2", AS_STORED)) as opened:
        assert sorted(opened.namelist()) == [
            "SE000001/IM000001.dcm",
            "SE000001/IM000002.dcm",
            "SE000002/IM000001.dcm",
            "SE000002/IM000002.dcm",
        ]
        assert sorted(map(opened.read, opened.namelist())) == sorted(files)


def test_the_default_is_explicit_little_endian_here_too(study: tuple[Any, list[bytes]]) -> None:
    web, _ = study
    with archive_of(web.get("/studies/1.2/series/1.3.1", ZIP)) as opened:
        for name in opened.namelist():
            ds = dcmread(DicomBytesIO(opened.read(name)))
            assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"


def test_one_instance_can_be_zipped(web: Any) -> None:
    file = ct_image()
    [path] = web.stored(file)
    with archive_of(web.get(path, ZIP)) as opened:
        assert [opened.read(name) for name in opened.namelist()] == [file]


def test_nothing_of_the_patient_is_in_a_name(study: tuple[Any, list[bytes]]) -> None:
    web, _ = study
    answer = web.get("/studies/1.2?dicomdir=yes", ZIP)
    names = archive_of(answer).namelist()
    assert all(re.fullmatch(r"DICOMDIR|DICOM(/[A-Z0-9_]{1,8}){2}", name) for name in names)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="study.zip"'


def test_a_dicomdir_leads_to_every_file(study: tuple[Any, list[bytes]], tmp_path: Path) -> None:
    web, files = study
    with archive_of(web.get("/studies/1.2?dicomdir=yes", AS_STORED)) as opened:
        opened.extractall(tmp_path)
    found = FileSet(tmp_path / "DICOMDIR")
    assert len(found) == 4
    loaded = {one.load().SOPInstanceUID for one in found}
    assert loaded == {dcmread(DicomBytesIO(file)).SOPInstanceUID for file in files}
    assert {one.ReferencedTransferSyntaxUIDInFile for one in found} == {ImplicitVRLittleEndian}


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("?dicomdir=maybe", ZIP, 400),
        ("?dicomdir=yes", "*/*", 406),
        ("?dicomdir=no", "*/*", 200),
    ],
)
def test_a_dicomdir_is_never_left_out_silently(
    study: tuple[Any, list[bytes]], query: str, accept: str, status: int
) -> None:
    web, _ = study
    for path in ("/studies/1.2", "/studies/1.2/series/1.3.1"):
        assert web.get(path + query, accept).status_code == status


def test_a_dicomdir_over_too_many_instances_is_refused_at_once(
    study: tuple[Any, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, _ = study
    monkeypatch.setattr(zipping, "max_directory_records", 3)
    answer = web.get("/studies/1.2?dicomdir=yes", ZIP)
    assert answer.status_code == 400
    assert "without dicomdir" in answer.get_json(force=True)["message"]


def test_a_syntax_that_an_instance_cannot_be_given_in_is_406(web: Any) -> None:
    web.stored(ct_image(StudyInstanceUID="1.2"))
    answer = web.get("/studies/1.2", "application/zip; transfer-syntax=1.2.3.4")
    assert answer.status_code == 406
    assert AS_STORED.replace("*", "1.2.840.10008.1.2.1") in answer.get_json(force=True)["available"]


def test_a_codec_that_refuses_leaves_that_file_as_stored(web: Any) -> None:
    bad = ct_image(JPEGLSLossless, frames=[b"\xff\xd8none"], StudyInstanceUID="1.2")
    web.stored(bad, ct_image(StudyInstanceUID="1.2", SeriesInstanceUID="1.3"))
    with archive_of(web.get("/studies/1.2", ZIP)) as opened:
        assert bad in [opened.read(name) for name in opened.namelist()]


def test_metadata_come_in_a_zip(study: tuple[Any, list[bytes]]) -> None:
    web, _ = study
    plain = web.get("/studies/1.2/metadata", "application/dicom+json")
    with archive_of(web.get("/studies/1.2/metadata", ZIP)) as opened:
        assert opened.namelist() == ["metadata.json"]
        assert opened.read("metadata.json") == plain.data


def test_an_unchanged_archive_is_304(study: tuple[Any, list[bytes]]) -> None:
    web, _ = study
    first = web.get("/studies/1.2", ZIP)
    again = web.get("/studies/1.2", ZIP, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    assert web.get("/studies/1.2", ZIP).data == first.data
