"""What the text of a key means."""

from __future__ import annotations

import pytest

from archive.attributes import find_path
from archive.conditions import (
    AnyOf,
    Condition,
    Empty,
    Exact,
    Fuzzy,
    Range,
    UIDList,
    Universal,
    Wildcard,
)
from archive.criteria import MAX_KEY_CHARS, Rules, condition
from archive.errors import BadSearch


def _read(name: str, text: str, rules: Rules | None = None) -> Condition:
    path = find_path(name)
    assert path
    return condition(path, text, rules)


def _path(name: str) -> tuple[int, ...]:
    return find_path(name) or ()


NAME, ID, UID = _path("PatientName"), _path("PatientID"), _path("StudyInstanceUID")
DAY, TIME, MOMENT = _path("StudyDate"), _path("StudyTime"), _path("AcquisitionDateTime")
MODALITY, NUMBER = _path("Modality"), _path("InstanceNumber")


@pytest.mark.parametrize(
    ("name", "text", "meaning"),
    [
        ("PatientID", "A1", Exact(ID, "A1")),
        ("PatientID", " A1 ", Exact(ID, "A1")),
        ("PatientID", "a*", Wildcard(ID, "a*")),
        ("PatientID", "a**?", Wildcard(ID, "a*?")),
        ("PatientID", "**", Universal(ID)),
        ("PatientID", "a\\b", Exact(ID, "a\\b")),
        ("PatientName", "DOE^John^^", Exact(NAME, "doe^john")),
        ("PatientName", "Müller*", Wildcard(NAME, "muller*")),
        ("PatientName", "", Universal(NAME)),
        (
            "PatientName",
            "Doe^John^*",
            AnyOf(NAME, (Exact(NAME, "doe^john"), Wildcard(NAME, "doe^john^*"))),
        ),
        (
            "PatientName",
            "=山田",
            AnyOf(NAME, (Wildcard(NAME, "*=山田"), Wildcard(NAME, "*=山田=*"))),
        ),
        ("StudyInstanceUID", "1.2", Exact(UID, "1.2")),
        ("StudyInstanceUID", "1.2,1.3", UIDList(UID, ("1.2", "1.3"))),
        ("StudyInstanceUID", "1.2\\1.3", UIDList(UID, ("1.2", "1.3"))),
        ("Modality", "CT,MR", AnyOf(MODALITY, (Exact(MODALITY, "CT"), Exact(MODALITY, "MR")))),
        ("StudyDate", "20200101", Exact(DAY, "20200101")),
        ("StudyDate", "2020.01.01", Exact(DAY, "20200101")),
        ("StudyDate", "20200101-20200201", Range(DAY, "20200101", "20200201")),
        ("StudyDate", "20200101-", Range(DAY, "20200101", None)),
        ("StudyDate", "-20200101", Range(DAY, None, "20200101")),
        ("StudyTime", "1030", Range(TIME, "103000.000000", "103059.999999")),
        ("StudyTime", "10-1130", Range(TIME, "100000.000000", "113059.999999")),
        ("InstanceNumber", "007", Exact(NUMBER, "7")),
        (
            "AcquisitionDateTime",
            "20200101120000.000000-0500",
            Exact(MOMENT, "20200101170000.000000"),
        ),
        (
            "AcquisitionDateTime",
            "2020-2021",
            Range(MOMENT, "20200101000000.000000", "20211231235959.999999"),
        ),
        ("RequestAttributesSequence", "", Universal(_path("RequestAttributesSequence"))),
    ],
)
def test_a_key_is_read_by_its_vr(name: str, text: str, meaning: Condition) -> None:
    assert _read(name, text) == meaning


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("StudyDate", "yesterday"),
        ("StudyDate", "20201301"),
        ("StudyDate", "-"),
        ("StudyTime", "25"),
        ("InstanceNumber", "one"),
        ("StudyInstanceUID", "../etc"),
        ("StudyInstanceUID", "1.2*"),
        ("StudyInstanceUID", "1.2\r\nX: y"),
        ("RequestAttributesSequence", "secret"),
        ("PixelData", "secret"),
        ("PatientID", "x" * (MAX_KEY_CHARS + 1)),
    ],
)
def test_what_cannot_be_read_is_named_but_never_repeated(name: str, text: str) -> None:
    with pytest.raises(BadSearch, match=name) as caught:
        _read(name, text)
    assert text == "-" or text not in str(caught.value)


def test_values_that_were_asked_for_together_are_alternatives() -> None:
    both = AnyOf(ID, (Exact(ID, "a"), Wildcard(ID, "b*")))
    assert _read("PatientID", "a\\b*", Rules(multiple_values=True)) == both


def test_two_quotation_marks_ask_for_nothing_only_when_that_was_agreed() -> None:
    assert _read("StudyID", '""', Rules(empty_values=True)) == Empty(_path("StudyID"))
    assert _read("StudyID", '""') == Exact(_path("StudyID"), '""')


def test_an_empty_patient_id_is_everybodys_only_where_it_has_to_be() -> None:
    assert _read("PatientID", "") == Empty(ID)
    assert _read("PatientID", "", Rules(universal_patient_id=True)) == Universal(ID)


def test_fuzzy_is_for_names() -> None:
    assert _read("PatientName", "Doe Jo*", Rules(fuzzy=True)) == Fuzzy(NAME, ("doe", "jo"))
    assert _read("PatientID", "x*", Rules(fuzzy=True)) == Wildcard(ID, "x*")
