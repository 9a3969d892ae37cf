"""Whose face could be rebuilt."""

from __future__ import annotations

import pytest

from imaging.data_set import DataSet, Element
from imaging.deidentify.pixels.faces import Face, judge_series, slices_of


def a_series(
    count: int = 40, modality: str = "CT", part: str = "HEAD", gap: float = 2.0, pixel: float = 0.5
) -> list[DataSet]:
    """Axial slices of 512 × 512 pixels."""
    return [_a_slice(number, modality, part, gap, pixel) for number in range(count)]


def _a_slice(number: int, modality: str, part: str, gap: float, pixel: float) -> DataSet:
    texts = {
        0x00080060: ("CS", modality),
        0x00180015: ("CS", part),
        0x0020000E: ("UI", "1.2.3"),
        0x00200032: ("DS", f"0\\0\\{number * gap}"),
        0x00200037: ("DS", "1\\0\\0\\0\\1\\0"),
        0x00280030: ("DS", f"{pixel}\\{pixel}"),
    }
    data_set = DataSet()
    for tag, (vr, text) in texts.items():
        data_set[tag] = Element(tag, vr, text.encode())
    for tag in (0x00280010, 0x00280011):
        data_set[tag] = Element(tag, "US", b"\0\x02")
    return data_set


def judged(instances: list[DataSet]) -> Face:
    """What is said of a series."""
    known = [slices for one in instances if (slices := slices_of(one)) is not None]
    return judge_series(known)[0]


@pytest.mark.parametrize(
    "part", ["HEAD", "BRAIN", "Schaedel", "T1_MPRAGE_sag", "WHOLEBODY", "頭部"]
)
def test_thin_slices_of_a_head_could_be_a_face(part: str) -> None:
    assert judged(a_series(part=part)) is Face.POSSIBLE


def test_what_names_no_part_of_the_body_could_be_a_face() -> None:
    assert judged(a_series(part="")) is Face.POSSIBLE


@pytest.mark.parametrize(
    "series",
    [
        a_series(part="KNEE"),
        a_series(count=7, gap=5.5),
        a_series(gap=9.0),
        a_series(count=9, gap=1.0),
        a_series(pixel=0.1),
        a_series(pixel=5.0),
        a_series(modality="MG"),
    ],
    ids=["knee", "few", "far apart", "shallow", "small", "coarse", "mammography"],
)
def test_no_face_comes_of_other_series(series: list[DataSet]) -> None:
    assert judged(series) is Face.NO


def test_a_direction_is_no_part_of_the_body() -> None:
    assert judged(a_series(part="T1 coronal")) is Face.POSSIBLE


def test_photographs_may_show_a_face() -> None:
    assert judged(a_series(count=1, modality="XC", part="HAND")) is Face.POSSIBLE
