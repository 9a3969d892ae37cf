"""Files de-identified from the command line: names, reports, failures and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

import pydicom
import pytest

from archive.deid_keys import add_key
from imaging.deidentify.cleaning import Cleaned, Known, clean, gather
from tests.builders import ct_image
from tests.conftest import ROOT
from tests.videos import syntax_of, with_user_data
from worker.__main__ import main

STUDY = {"StudyInstanceUID": "1.2.826.9", "PatientName": "Plantagenet^E", "PatientID": "PID47110"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    (folder / "series1").mkdir(parents=True)
    (folder / "series1" / "image.dcm").write_bytes(ct_image(**STUDY))
    return folder


def run(source: Path, *more: str) -> int:
    home = source.parent
    words = ["--report", str(home / "report.json"), "--key-file", str(home / "keys"), *more]
    return main(["deidentify", str(source), str(home / "out"), *words])


def written(source: Path) -> list[str]:
    out = source.parent / "out"
    return sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())


def report(source: Path) -> dict[str, object]:
    return json.loads((source.parent / "report.json").read_text())


def test_a_file_keeps_its_path_and_loses_its_patient(source: Path) -> None:
    assert run(source) == 0
    assert written(source) == ["series1/image.dcm"]
    data = (source.parent / "out" / "series1" / "image.dcm").read_bytes()
    assert b"Plantagenet" not in data
    assert pydicom.dcmread(source.parent / "out/series1/image.dcm").PatientIdentityRemoved == "YES"
    assert report(source)["files"] == {
        "read": 1,
        "written": 1,
        "failed": 0,
        "to_be_looked_at": 0,
    }


@pytest.mark.parametrize("name", ["PLANTAGENET_E.dcm", "pid47110/1.dcm", "2024-01-31.dcm"])
def test_a_path_that_identifies_becomes_uids(source: Path, name: str) -> None:
    (source / name).parent.mkdir(exist_ok=True)
    (source / name).write_bytes(ct_image(**STUDY))
    assert run(source) == 0
    [_, other] = sorted(written(source), key=lambda path: path.startswith("2.25."))
    assert other.startswith("2.25.")
    assert other.count("2.25.") == 3


def test_a_bad_file_fails_alone_and_is_listed_by_number(source: Path) -> None:
    (source / "plantagenet.txt").write_text("no DICOM")
    assert run(source) == 1
    assert written(source) == ["series1/image.dcm"]
    assert len(report(source)["failures"]) == 1
    assert "plantagenet" not in (source.parent / "report.json").read_text().lower()


def test_several_files_at_once_come_to_the_same(source: Path, tmp_path: Path) -> None:
    for number in range(5):
        # One name that identifies, and files of one UID: their order decides who is called what.
        (source / f"plantagenet {number}.dcm").write_bytes(
            ct_image(**STUDY, SOPInstanceUID="1.2.826.9.1", InstanceNumber=number)
        )
    (source / "bad.dcm").write_text("no DICOM")
    made = []
    for jobs in ("1", "3"):
        assert run(source, "--jobs", jobs) == 1
        out = source.parent / "out"
        files = {name: (out / name).read_bytes() for name in written(source)}
        made.append(((source.parent / "report.json").read_bytes(), files))
        out.rename(tmp_path / f"out {jobs}")
    assert made[0] == made[1]
    assert len(made[0][1]) == 6


def test_a_file_that_kills_its_process_fails_alone_and_leaves_nothing(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        (source / f"{number}.dcm").write_bytes(ct_image(**STUDY))

    def deadly(stream: BinaryIO, *rest: Any, **more: Any) -> Cleaned:
        if Path(stream.name).name == "2.dcm":
            rest[-1](b"half of it")
            os.kill(os.getpid(), signal.SIGKILL)
        return clean(stream, *rest, **more)

    monkeypatch.setattr("worker.folders.clean", deadly)
    assert run(source, "--jobs", "2") == 1
    assert written(source) == ["0.dcm", "1.dcm", "3.dcm", "series1/image.dcm"]
    assert report(source)["failures"] == [{"file": 3, "reason": "its process ended over it"}]


def test_a_file_that_is_another_when_it_is_cleaned_is_read_again(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = source / "series1" / "image.dcm"
    other = ct_image(**STUDY, StudyDescription="CT", Rows=8, Columns=8, PixelData=bytes(128))

    def changing(*words: Any) -> Known:
        path.write_bytes(other)
        return gather(*words)

    monkeypatch.setattr("worker.folders.gather", changing)
    assert run(source, "--jobs", "1") == 0
    assert pydicom.dcmread(source.parent / "out/series1/image.dcm").Rows == 8


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_leaves_finished_files_and_nothing_half_done(source: Path, jobs: str) -> None:
    for number in range(400):
        (source / f"{number:03}.dcm").write_bytes(ct_image(**STUDY))
    home, out = source.parent, source.parent / "out"
    words = [str(source), str(out), "--report", str(home / "r"), "--key-file", str(home / "keys")]
    process = subprocess.Popen(
        [sys.executable, "-m", "worker", "deidentify", *words, "--jobs", jobs],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    while not (out.is_dir() and any(out.glob("*.dcm"))):
        assert process.poll() is None
        time.sleep(0.01)
    # A terminal sends it to all of them.
    os.killpg(process.pid, signal.SIGINT)
    assert b"Traceback" not in process.communicate(timeout=60)[1]
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert not [name for name in written(source) if name.endswith(".part")]
    assert not (home / "r").exists()
    for path in out.glob("*.dcm"):
        assert pydicom.dcmread(path).PatientIdentityRemoved == "YES"


def test_images_are_stored_as_wanted_where_it_is_exact(source: Path) -> None:
    assert run(source, "--transfer-syntax", "1.2.840.10008.1.2.4.202") == 0
    before = pydicom.dcmread(source / "series1/image.dcm")
    after = pydicom.dcmread(source.parent / "out/series1/image.dcm")
    assert after.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.202"
    assert after.Rows == before.Rows


def test_what_cannot_begin_says_why(source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (source.parent / "out").mkdir()
    (source.parent / "out" / "mine").write_text("keep")
    assert run(source) == 2
    assert "must be a folder that is empty" in capsys.readouterr().err
    (source.parent / "out" / "mine").unlink()
    (source.parent / "keys").write_text("nonsense")
    (source.parent / "keys").chmod(0o600)
    assert run(source) == 2


def test_nothing_of_the_sources_preamble_or_meta_is_copied(source: Path) -> None:
    data = bytearray((source / "series1/image.dcm").read_bytes())
    data[:16] = b"PLANTEDPREAMBLE!"
    (source / "series1/image.dcm").write_bytes(bytes(data))
    assert run(source) == 0
    assert b"PLANTED" not in (source.parent / "out/series1/image.dcm").read_bytes()


def test_an_older_key_is_used_when_it_is_named(source: Path) -> None:
    assert run(source) == 0
    [receipt] = report(source)["studies"]
    first = receipt["key"]
    before = pydicom.dcmread(source.parent / "out/series1/image.dcm")
    newest = add_key(source.parent / "keys").id
    for name, same in ((first, True), (newest, False)):
        (source.parent / "out/series1/image.dcm").unlink()
        (source.parent / "out/series1").rmdir()
        assert run(source, "--key", str(name)) == 0
        after = pydicom.dcmread(source.parent / "out/series1/image.dcm")
        assert (after.PatientID == before.PatientID) == same
        assert (after.SOPInstanceUID == before.SOPInstanceUID) == same
    assert run(source, "--key", "nobody") == 2


def test_a_video_is_written_bare_and_never_as_if_somebody_had_looked(source: Path) -> None:
    stream = with_user_data("h264", b"hidden by the recorder")
    file = ct_image(syntax_of("h264"), frames=[stream], **STUDY)
    (source / "series1" / "image.dcm").write_bytes(file)
    assert run(source, "--options", "clean_pixel_data") == 1
    assert written(source) == []
    assert run(source) == 0
    data = (source.parent / "out/series1/image.dcm").read_bytes()
    assert b"hidden" not in data
    assert len(stream) < len(data)
