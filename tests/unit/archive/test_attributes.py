"""The table of indexed attributes against the standard's tables."""

from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from archive.attributes import (
    ATTRIBUTES,
    BY_PATH,
    Level,
    find_path,
    level_of,
    returned_at,
    search_columns,
)

REQUIRED = {
    # PS3.18 Tables 10.6.3-3, 10.6.3-4 and 10.6.3-5, without what doors add (Retrieve URL).
    Level.STUDY: """StudyDate StudyTime AccessionNumber ModalitiesInStudy ReferringPhysicianName
        TimezoneOffsetFromUTC PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID
        StudyID NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances""",
    Level.SERIES: """Modality SeriesDescription SeriesInstanceUID SeriesNumber
        NumberOfSeriesRelatedInstances PerformedProcedureStepStartDate
        PerformedProcedureStepStartTime RequestAttributesSequence.ScheduledProcedureStepID
        RequestAttributesSequence.RequestedProcedureID""",
    Level.INSTANCE: """SOPClassUID SOPInstanceUID InstanceAvailability InstanceNumber Rows Columns
        BitsAllocated NumberOfFrames""",
}


@pytest.mark.parametrize("level", Level)
def test_answers_have_what_the_standard_names(level: Level) -> None:
    assert {a.keyword for a in returned_at(level)} == set(REQUIRED[level].split())


def test_an_attribute_has_one_row_and_a_column_one_attribute() -> None:
    assert len(BY_PATH) == len(ATTRIBUTES)
    for level in Level:
        columns = search_columns(level)
        assert len(set(columns)) == len(columns)


def test_value_representations_are_the_dictionarys() -> None:
    for attribute in ATTRIBUTES:
        assert attribute.vr == dictionary_VR(attribute.path[-1])


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("PatientID", (0x00100020,)),
        ("00100020", (0x00100020,)),
        ("0008103e", (0x0008103E,)),
        ("RequestAttributesSequence.ScheduledProcedureStepID", (0x00400275, 0x00400009)),
        ("00400275.00400009", (0x00400275, 0x00400009)),
        ("00091001", (0x00091001,)),
        ("patientid", None),
        ("0010002", None),
        ("PatientID.", None),
        ("", None),
        ("٠٠١٠٠٠٢٠", None),
    ],
)
def test_names_are_keywords_or_tags(name: str, path: tuple[int, ...] | None) -> None:
    assert find_path(name) == path


def test_what_the_table_does_not_know_is_the_instances() -> None:
    assert level_of(tag_for_keyword("ImageType") or 0) is Level.INSTANCE
    assert level_of(tag_for_keyword("PatientComments") or 0) is Level.STUDY
    assert level_of(tag_for_keyword("Manufacturer") or 0) is Level.SERIES
