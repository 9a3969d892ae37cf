"""`case export|import`: a case from one server to another, on the command line."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.archive import Archive, open_archive
from archive.settings import Settings
from community.cases.model import Case
from community.cases.reading import Reader, view_case
from ops.__main__ import main
from tests.cases import full_case, give, image, keep, somebody

STUDY = "1.2.61"


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv("DICOMTUBE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DICOMTUBE_ACCESS", "accounts")
    monkeypatch.setenv("DICOMTUBE_PUBLIC_URL", "https://cases.example.org")
    assert main(["migrate"]) == 0
    made = open_archive(Settings.from_environment())
    yield made
    made.close()


@pytest.fixture
def case(archive: Archive) -> Case:
    ann = somebody(archive, "ann")
    keep(archive, image(STUDY))
    give(archive, STUDY, ann)
    return full_case(archive, ann, STUDY, state=None, is_unknown=True)


def test_a_case_is_exported_whole_and_comes_back(
    archive: Archive, case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "case.zip"
    assert main(["case", "export", case.slug, str(file)]) == 0
    with zipfile.ZipFile(file) as found:
        assert "DICOM/ST000001/SE000001/IM000001" in found.namelist()
        assert b"Wilson" in found.read("case.json")
    ben = somebody(archive, "ben")
    assert main(["case", "import", str(file), "--owner", "ben"]) == 0
    said = capsys.readouterr().out
    slug = re.search(r"https://cases\.example\.org/cases/(\w+)", said)
    assert slug
    assert view_case(archive, Reader(ben), slug[1]).shown_title == case.title


def test_a_file_is_never_written_over(archive: Archive, case: Case, tmp_path: Path) -> None:
    file = tmp_path / "case.xml"
    file.write_text("mine")
    assert main(["case", "export", case.slug, str(file), "--format", "mirc"]) == 2
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    "arguments",
    [
        ("export", "nothing", "new.zip"),
        ("import", "nothing.zip", "--owner", "ann"),
        ("import", "nothing.zip", "--owner", "nobody-here"),
    ],
)
def test_what_is_not_there_is_said(
    archive: Archive,
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["case", *arguments]) != 0
    assert capsys.readouterr().err.startswith("ops: ")
