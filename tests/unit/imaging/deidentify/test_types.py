"""Actions are resolved by what the IOD demands, and never to less than the table asks for."""

from __future__ import annotations

import pytest

from imaging.deidentify.profile import rules
from imaging.deidentify.tables import load
from imaging.deidentify.types import iod_of, resolve, type_of

CT, SR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.88.33"


@pytest.mark.parametrize(
    ("sop_class", "within", "keyword", "expected"),
    [
        (CT, "", "StudyInstanceUID", "1"),
        (CT, "", "PatientName", "2"),
        (CT, "", "InstitutionName", "3"),
        (CT, "", "ContentDate", "2C"),
        (SR, "", "ContentDate", "1"),
        (SR, "ContentSequence", "PersonName", "1C"),
        (CT, "RequestAttributesSequence", "RequestedProcedureDescription", "3"),
        (CT, "ReferencedStudySequence", "ReferencedSOPInstanceUID", "1"),
        ("1.2.3.4", "", "PatientID", "2"),
        (CT, "", "NoSuchKeyword", "3"),
    ],
)
def test_an_attribute_has_the_type_of_its_iod(
    sop_class: str, within: str, keyword: str, expected: str
) -> None:
    assert type_of(iod_of(sop_class), within, keyword) == expected


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("X", "DZX"),
        ("Z", "DZZ"),
        ("D", "DDD"),
        ("X/Z", "DZX"),
        ("X/D", "DZX"),
        ("Z/D", "DZZ"),
        ("X/Z/D", "DZX"),
        ("X/Z/U*", "UZX"),
        ("U", "UUU"),
        ("K", "KKK"),
        ("C", "CCC"),
    ],
)
def test_an_action_is_resolved_by_type_1_2_and_3(action: str, expected: str) -> None:
    assert "".join(resolve(action, kind) for kind in ("1", "2", "3")) == expected
    assert "".join(resolve(action, kind) for kind in ("1C", "2C", "3")) == expected


def test_every_action_of_the_table_can_be_resolved() -> None:
    for rule in rules().values():
        for action in (rule.basic, *rule.options.values()):
            assert resolve(action, "1") in "XZDKCU"


def test_the_kept_tables_are_what_their_maker_makes() -> None:
    from imaging.deidentify.tables.make_types import make_types

    assert make_types() == load("types")
