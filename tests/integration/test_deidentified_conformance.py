"""What de-identification writes is as valid as what it was made of, says dciodvfy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from benchmarks.validation import PROFILES, compare, normalised, sample
from tests.part10_files import real_files

ALL = bool(os.environ.get("DICOMTUBE_TEST_ALL_FILES"))
FILES = real_files() if ALL else sample(most_alike=1)
NAMES = list(PROFILES) if ALL else ["basic", "clean, dates moved"]


@pytest.mark.timeout(1800 if ALL else 300)
@pytest.mark.parametrize("name", NAMES)
def test_no_error_is_new(name: str, tmp_path: Path) -> None:
    done = compare([(file.name, file.path) for file in FILES], tmp_path, PROFILES[name])
    assert {one.name: sorted(one.new) for one in done if one.new} == {}
    assert sum(one.comparable for one in done) > 0.8 * len(done)


@pytest.mark.parametrize(
    ("line", "same"),
    [
        (
            "Value invalid for this VR - (0x0008,0x0020) DA Study Date  DA [1] = <2004.01.19>",
            "Value invalid for this VR - (0x0008,0x0020) DA Study Date  DA [1] = <>",
        ),
        (
            "StudyInstanceUID has same value as FrameOfReferenceUID <1.2.840.1>",
            "StudyInstanceUID has same value as FrameOfReferenceUID <2.25.12>",
        ),
    ],
)
def test_errors_are_alike_whatever_the_value(line: str, same: str) -> None:
    assert normalised(line) == normalised(same)


def test_errors_about_different_attributes_differ() -> None:
    of = "Missing attribute Type 2 Required Element=<{}> Module=<Patient>"
    assert normalised(of.format("PatientSex")) != normalised(of.format("PatientName"))
