"""Authors are shown what in their words may identify a patient or give the case away."""

from __future__ import annotations

import pytest

from community.cases.model import AFTER_ANSWER, DIAGNOSIS, REFERENCES, Section
from community.cases.screening import (
    AGE,
    DATE,
    MAIL,
    NAME,
    NUMBER,
    PATH,
    RECORD,
    SPOILER,
    WORDS,
    screen,
    spoilers,
)


@pytest.mark.parametrize(
    ("text", "kind", "excerpt"),
    [
        ("Seen by Dr. Miller today", NAME, "Dr. Miller"),
        ("referred by Herr Schmidt", NAME, "Herr Schmidt"),
        ("Patient initials: J.D.", NAME, "Patient initials: J.D."),
        ("on 2024-03-17 at home", DATE, "2024-03-17"),
        ("on 17.3.2024", DATE, "17.3.2024"),
        ("on 3 March 2024", DATE, "3 March 2024"),
        ("in March 3, 2024", DATE, "March 3, 2024"),
        ("at 10:15:00", DATE, "10:15:00"),
        ("write to a.b@hospital.example", MAIL, "a.b@hospital.example"),
        ("call +49 30 1234567", NUMBER, "+49 30 1234567"),
        ("number 12345678", NUMBER, "12345678"),
        ("MRN: 4711", RECORD, "MRN: 4711"),
        ("accession no: A12345", RECORD, "accession no: A12345"),
        (r"see C:\images\smith", PATH, r"C:\images\smith"),
        ("a 93-year-old woman", AGE, "93-year-old"),
        ("101 y/o", AGE, "101 y/o"),
    ],
)
def test_what_may_identify_somebody_is_found(text: str, kind: str, excerpt: str) -> None:
    (found,) = screen(text, "history")
    assert (found.field, found.kind, found.excerpt) == ("history", kind, excerpt)
    assert found.words == WORDS[kind]


@pytest.mark.parametrize(
    "text",
    [
        "A 45-year-old woman with headache for 3 weeks.",
        "T2 hyperintense lesion, 12 x 15 mm, ADC 0.6, at L4/L5, WHO grade 4.",
        "SUVmax 12.4; Hounsfield 30-45; TR/TE 500/15; 1.5 T.",
        "See https://example.org/cases/panda?q=1 for more.",
        "Day 3 after surgery, 90% stenosis, 120 kV.",
    ],
)
def test_measures_and_courses_are_nobody(text: str) -> None:
    assert screen(text, "findings") == []


def test_a_list_of_literature_may_have_names_and_dates_but_no_mail() -> None:
    text = "Dr. House et al., Radiology 2019-03-17; 12345678. Contact: a@b.example"
    assert [one.kind for one in screen(text, REFERENCES)] == [MAIL]


def test_a_place_is_told_once_however_often_it_stands() -> None:
    assert len(screen("Dr. Miller and Dr. Miller and Dr. Miller")) == 1


def test_a_diagnosis_that_is_named_before_the_answer_is_found() -> None:
    sections = [Section(DIAGNOSIS, "**Wilson disease**\n\nproved", AFTER_ANSWER)]
    shown = {"unknown_title": "A girl with wilson disease", "history": "Tremor", "alt": "A panda"}
    found = spoilers("Face of the giant panda", sections, shown)
    assert [(one.field, one.kind, one.excerpt) for one in found] == [
        ("unknown_title", SPOILER, "Wilson disease")
    ]
    assert spoilers("Panda", [], {"alt": "A panda"})[0].excerpt == "Panda"
    assert spoilers("Pan", [], {"alt": "A pan"}) == []
    assert spoilers("Panda", [], {"alt": "Pandas"}) == []
