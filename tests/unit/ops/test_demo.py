from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ops.demo import links, share_out
from ops.demo_files import DemoFile, find_files
from ops.outcomes import Outcomes


def file(study: str, modality: str = "CT", series: str = "1.1", name: str = "a.dcm") -> DemoFile:
    syntax = "1.2.840.10008.1.2.1"
    return DemoFile(Path(name), study, series, modality, "1.2", "1.3", syntax, has_pixels=True)


def test_both_doors_get_whole_studies() -> None:
    files = [file("1"), file("2"), file("1"), file("3"), file("2")]
    by_stow, by_c_store = share_out(files)
    assert {one.study for one in by_stow} == {"1", "3"}
    assert {one.study for one in by_c_store} == {"2"}


def test_what_c_store_cannot_name_goes_by_stow() -> None:
    unknown = DemoFile(Path("odd"))
    by_stow, by_c_store = share_out([file("1"), unknown, unknown])
    assert by_stow.count(unknown) == 2
    assert by_c_store == []


def test_the_longest_ct_series_is_the_first_link() -> None:
    stored = [file("1", "MR")] * 9 + [file("2")] * 2 + [file("3")] * 3 + [file("4", "SR")] * 20
    lines = [line for line in links("http://host", stored) if "StudyInstanceUIDs" in line]
    assert lines == [
        "CT, 3 images: http://host/viewer/viewer?StudyInstanceUIDs=3",
        "CT, 2 images: http://host/viewer/viewer?StudyInstanceUIDs=2",
        "MR, 9 images: http://host/viewer/viewer?StudyInstanceUIDs=1",
    ]


def test_what_holds_no_pixels_or_no_browser_decodes_gets_no_link() -> None:
    empty = replace(file("1"), has_pixels=False)
    retired = replace(file("2"), transfer_syntax="1.2.840.10008.1.2.4.55")
    assert not [line for line in links("http://host", [empty, retired]) if "StudyInstance" in line]


def test_the_summary_counts_and_says_why() -> None:
    outcomes = Outcomes()
    outcomes.stored.append(file("1"))
    for name in ("b.dcm", "c.dcm", "d.dcm", "e.dcm"):
        outcomes.refuse(file("1", name=name), 0x0111)
    text = outcomes.summary(5)
    assert text.startswith("5 files: 1 stored, 4 refused.")
    assert "4 × 0111 other bytes are already kept" in text
    assert "(b.dcm, c.dcm, d.dcm and 1 more)" in text


def test_the_same_bytes_are_pushed_once_and_text_files_never(tmp_path: Path) -> None:
    for name in ("one.dcm", "again.dcm", "README.md"):
        (tmp_path / name).write_bytes(b"not really DICOM")
    assert [one.path.name for one in find_files([tmp_path])] == ["again.dcm"]
