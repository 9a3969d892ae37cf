"""A case carried away: what is in it, that others can read it, and who may have it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from pydicom import dcmread
from pydicom.fileset import FileSet

from archive.access import LOCAL
from archive.erase import erase
from community.accounts.people import Person, find_person
from community.cases import pictures, studies
from community.cases.model import Case
from community.cases.pictures import Shown
from community.exchange import contents
from tests.cases import full_case, give, image, keep, place
from tests.people import Town, town

FIRST, SECOND, LOST = "1.2.81", "1.2.82", "1.2.83"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        files = [image(FIRST, n, PatientID="A") for n in (1, 2, 3)]
        files += [image(SECOND, 1, NumberOfFrames=3, PatientID="B"), image(LOST)]
        keep(found.archive, *files)
        for study in (FIRST, SECOND, LOST):
            give(found.archive, study, ann_of(found))
        yield found


def ann_of(here: Town) -> Person:
    found = find_person(here.archive, here.ids["ann"])
    assert found is not None
    return found


@pytest.fixture(scope="module")
def case(here: Town) -> Case:
    ann = ann_of(here)
    made = full_case(here.archive, ann, FIRST, state=None, is_unknown=True)
    studies.add_study(here.archive, ann, made.id, SECOND, label="After", relative_day=30)
    shown = Shown("Later", "The same, smaller", region=(0.25, 0.25, 0.5, 0.5), is_spoiler=True)
    return pictures.add_key_images(here.archive, ann, made.id, [place(SECOND, 1, 2)], shown)


@pytest.fixture(scope="module")
def exported(here: Town, case: Case) -> bytes:
    answer = here.browser("ann").get(f"/cases/{case.slug}/export")
    assert answer.status_code == 200
    assert f'filename="case-{case.slug}.zip"' in answer.headers["Content-Disposition"]
    return answer.data


@pytest.fixture
def unpacked(exported: bytes, tmp_path: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(exported)) as archive:
        archive.extractall(tmp_path)
    return tmp_path


def test_its_studies_are_a_file_set_that_others_open(unpacked: Path) -> None:
    found = FileSet(unpacked / "DICOMDIR")
    assert sorted(found.find_values("StudyInstanceUID")) == [FIRST, SECOND]
    assert sorted(found.find_values("PatientID")) == ["A", "B"]
    kinds = sorted(one.load().Modality for one in found)
    assert kinds == ["CT", "CT", "CT", "CT", "KO", "KO"]


def test_its_instances_are_the_stored_bytes(here: Town, unpacked: Path) -> None:
    stored = dcmread(unpacked / "DICOM/ST000001/SE000001/IM000002")
    assert stored.SOPInstanceUID == f"{FIRST}.1.2"
    assert stored.PixelData == dcmread(io.BytesIO(image(FIRST, 2))).PixelData


def test_each_study_has_a_document_that_names_its_key_images(unpacked: Path) -> None:
    second = dcmread(unpacked / "DICOM/ST000002/KO000001")
    named = second.ContentSequence[-1].ReferencedSOPSequence[0]
    assert named.ReferencedSOPInstanceUID == f"{SECOND}.1.1"
    assert named.ReferencedFrameNumber == 2
    assert second.StudyInstanceUID == SECOND
    assert second.PatientID == "B"


def test_the_words_are_there_twice_and_name_the_files(unpacked: Path) -> None:
    said = json.loads((unpacked / "case.json").read_bytes())
    assert said["title"] == "Giant panda sign"
    assert [one["folder"] for one in said["studies"]] == ["DICOM/ST000001", "DICOM/ST000002"]
    assert said["key_images"][1]["region"] == [0.25, 0.25, 0.5, 0.5]
    root = fromstring((unpacked / "mirc.xml").read_bytes())
    for node in root.iter("image"):
        assert (unpacked / (node.get("src") or "")).read_bytes().startswith(b"\xff\xd8")
        file = node.find("alternative-image")
        assert file is not None
        assert (unpacked / (file.get("src") or "")).is_file()
    assert "Giant panda sign" in (unpacked / "README.txt").read_text()


def test_a_reader_has_it_after_the_answer_only(here: Town, case: Case) -> None:
    path = f"/cases/{case.slug}/export"
    assert here.browser("ben").get(path).status_code == 404  # a draft
    shown = full_case(here.archive, ann_of(here), FIRST, is_unknown=True)
    for form in ("zip", "mirc", "json"):
        answer = here.browser("ben").get(f"/cases/{shown.slug}/export?format={form}")
        assert answer.status_code == 403
        assert "panda" not in answer.text
    known = full_case(here.archive, ann_of(here), FIRST)
    for form in ("zip", "mirc", "json"):
        answer = here.browser().get(f"/cases/{known.slug}/export?format={form}")
        assert answer.status_code == 200


def test_the_words_alone_can_be_had(here: Town, case: Case) -> None:
    ann = here.browser("ann")
    root = fromstring(ann.get(f"/cases/{case.slug}/export?format=mirc").data)
    assert root.findtext("alternative-title") == "A girl with a tremor"
    assert ann.get(f"/cases/{case.slug}/export?format=json").get_json()["sections"]
    assert ann.get(f"/cases/{case.slug}/export?format=pdf").status_code == 400


def test_a_study_that_is_gone_is_said_to_be(here: Town) -> None:
    made = full_case(here.archive, ann_of(here), LOST)
    erase(here.archive, LOCAL, "community", LOST)
    data = here.browser("ann").get(f"/cases/{made.slug}/export").data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert f"{LOST} is not here any more" in archive.read("README.txt").decode()
        assert json.loads(archive.read("case.json"))["studies"][0]["folder"] is None


def test_more_than_an_export_holds_is_refused_before_anything_is_sent(
    here: Town, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "max_instances", 2)
    answer = here.browser("ann").get(f"/cases/{case.slug}/export")
    assert answer.status_code == 400
    assert "more than 2 instances" in answer.text


@pytest.mark.parametrize(
    ("style", "begins"),
    [("bibtex", "@misc"), ("ris", "TY  - ELEC"), ("csl", "["), ("text", "ann. ")],
)
def test_a_case_is_cited(here: Town, case: Case, style: str, begins: str) -> None:
    answer = here.browser("ann").get(f"/cases/{case.slug}/cite?style={style}")
    assert answer.text.startswith(begins)
    assert "attachment" in answer.headers["Content-Disposition"]


def test_an_unknown_style_names_the_known_ones(here: Town, case: Case) -> None:
    answer = here.browser("ann").get(f"/cases/{case.slug}/cite?style=apa")
    assert answer.status_code == 400
    assert "bibtex" in answer.text


@pytest.mark.parametrize("slug", ["nothing", "..", "%27", "A" * 300])
def test_what_is_no_case_is_not_found(here: Town, slug: str) -> None:
    assert here.browser("ann").get(f"/cases/{slug}/cite").status_code == 404
    assert here.browser("ann").get(f"/embed/{slug}").status_code == 404
