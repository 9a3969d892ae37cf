"""Archives of studies, unpacked and read by programs that are not ours."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from imaging.dicomdir import Directory, Referenced
from imaging.zip_stream import File, zip_pieces
from tests.builders import ct_data_set, part10


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A file set that Python's command line unpacked from an archive of ours."""
    directory, files = Directory(), []
    for number in range(1, 4):
        ds = ct_data_set(StudyInstanceUID="1.2", SeriesInstanceUID=f"1.3.{number % 2}")
        place = ("DICOM", f"SE{number % 2:06d}", f"IM{number:06d}")
        model = ds.to_json_dict()
        model.pop("7FE00010")
        uids = str(ds.SOPClassUID), str(ds.SOPInstanceUID)
        directory.add(model, Referenced(*uids, "1.2.840.10008.1.2.1", place))
        files.append(File("/".join(place), [part10(ds)]))
    files.append(File("DICOMDIR", [directory.to_bytes()]))
    (tmp_path / "study.zip").write_bytes(b"".join(zip_pieces(files)))
    command = ["python3", "-m", "zipfile", "-e", "study.zip", "."]
    subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path


def test_dcmtk_reads_the_directory_and_every_file_of_it(unpacked: Path) -> None:
    dumped = subprocess.run(
        ["dcmdump", "-q", str(unpacked / "DICOMDIR")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert dumped.count("CS [IMAGE]") == 3
    assert dumped.count("CS [SERIES]") == 2
    for path in (unpacked / "DICOM").rglob("IM*"):
        subprocess.run(["dcmftest", str(path)], check=True, capture_output=True)
