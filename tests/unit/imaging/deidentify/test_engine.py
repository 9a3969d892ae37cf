"""A data set loses what identifies, at every depth, and keeps what it is made of."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence
from pydicom.uid import generate_uid

from imaging.data_set import DataSet
from imaging.deidentify.engine import Outcome, Plan, deidentify
from imaging.deidentify.profile import Option, Profile
from imaging.deidentify.secrets import Secret
from imaging.deidentify.uids import map_uid
from imaging.part10 import read_header
from imaging.write import part10_prefix, write_data_set
from tests.builders import ct_data_set, part10

SECRET = Secret("test", bytes(range(32)))


def read(ds: Dataset) -> DataSet:
    return read_header(BytesIO(part10(ds))).data_set


def cleaned(ds: Dataset, *options: Option, **plan: Any) -> Dataset:
    return reread(deidentify(read(ds), Plan(Profile(frozenset(options)), SECRET, "c", **plan)))


def reread(outcome: Outcome) -> Dataset:
    data = write_data_set(outcome.data_set, read_bulk=lambda element: b"\0" * 2)
    prefix = part10_prefix("1.2.3", "1.2.3", "1.2.840.10008.1.2.1")
    return dcmread(BytesIO(prefix + data))


def test_the_patient_becomes_a_pseudonym_and_says_so() -> None:
    ds = cleaned(ct_data_set(PatientName="Doe^Jane", PatientID="PID1"))
    assert ds.PatientIdentityRemoved == "YES"
    assert [code.CodeValue for code in ds.DeidentificationMethodCodeSequence] == ["113100"]
    assert ds.PatientName == ds.PatientID
    assert "Doe" not in str(ds)
    assert "PID1" not in str(ds)
    assert ds.LongitudinalTemporalInformationModified == "REMOVED"


def test_uids_inside_sequences_are_mapped_as_those_outside_are() -> None:
    original = ct_data_set()
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = original.SOPInstanceUID
    original.ReferencedImageSequence = Sequence([item])
    original.ReferencedStudySequence = Sequence()
    ds = cleaned(original, Option.RETAIN_UIDS)
    assert ds.SOPInstanceUID == original.SOPInstanceUID
    report = ct_data_set(Modality="SR", SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33")
    content = Dataset()
    content.RelationshipType, content.ValueType = "CONTAINS", "IMAGE"
    content.ReferencedSOPSequence = Sequence([item])
    report.ContentSequence = Sequence([content])
    ds = cleaned(report, Option.CLEAN_STRUCTURED_CONTENT)
    reference = ds.ContentSequence[0].ReferencedSOPSequence[0]
    assert reference.ReferencedSOPInstanceUID == map_uid(SECRET, "c", original.SOPInstanceUID)
    assert reference.ReferencedSOPClassUID == "1.2.840.10008.5.1.4.1.1.2"


def test_what_is_published_already_keeps_its_uid() -> None:
    ours = generate_uid()
    ds = cleaned(ct_data_set(StudyInstanceUID=ours), is_ours=lambda uid: uid == ours)
    assert ds.StudyInstanceUID == ours
    assert ds.SOPInstanceUID.startswith("2.25.")


def test_type_2_attributes_are_emptied_and_optional_ones_removed() -> None:
    ds = cleaned(ct_data_set(InstitutionName="General Hospital", PatientBirthDate="19700131"))
    assert ds.PatientBirthDate == ""
    assert "InstitutionName" not in ds
    assert ds.StudyDate == ""


def test_shifted_dates_keep_their_intervals() -> None:
    original = ct_data_set(StudyDate="20240131", SeriesDate="20240202")
    ds = cleaned(original, Option.RETAIN_LONG_MODIFIED_DATES)
    assert ds.StudyDate != "20240131"
    assert (ds["SeriesDate"].value, ds["StudyDate"].value) != ("", "")
    from datetime import datetime

    first, second = (datetime.strptime(d, "%Y%m%d") for d in (ds.StudyDate, ds.SeriesDate))
    assert (second - first).days == 2
    assert ds.LongitudinalTemporalInformationModified == "MODIFIED"


def test_the_name_is_taken_out_of_prose_that_is_kept() -> None:
    original = ct_data_set(
        PatientName="Müller^Jörg", StudyDescription="MR head of Muller, for Dr. Watson"
    )
    ds = cleaned(original, Option.CLEAN_DESCRIPTORS)
    assert ds.StudyDescription == "MR head of [REMOVED], for [REMOVED]"


def test_private_elements_go_unless_they_are_known_to_be_safe() -> None:
    original = ct_data_set()
    block = original.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "1000")
    block.add_new(0x77, "LO", "Doe Jane")
    original.private_block(0x0029, "ACME", create=True).add_new(1, "LO", "Doe Jane")
    assert not [e for e in cleaned(original) if e.tag.is_private]
    kept = [e for e in cleaned(original, Option.RETAIN_SAFE_PRIVATE) if e.tag.is_private]
    assert [str(e.value) for e in kept] == ["SIEMENS MR HEADER", "1000"]


def test_the_length_of_a_document_is_that_of_the_new_one() -> None:
    original = ct_data_set(SOPClassUID="1.2.840.10008.5.1.4.1.1.104.1", PixelData=None, Rows=None)
    original.MIMETypeOfEncapsulatedDocument = "application/pdf"
    original.EncapsulatedDocument, original.EncapsulatedDocumentLength = b"%PDF", 4
    ds = cleaned(original)
    assert ds.EncapsulatedDocumentLength > 500
    assert len(ds.EncapsulatedDocument) - ds.EncapsulatedDocumentLength in (0, 1)


def test_safe_private_text_is_cleaned_in_whatever_vr_it_comes() -> None:
    original = ct_data_set(PatientName="Großmann^Jane")
    block = original.private_block(0x0099, "NQHeader", create=True)
    block.add_new(0x05, "UN", b"Return to Dr. Watson of Gro\xc3\x9fmann")
    original.SpecificCharacterSet = "ISO_IR 192"
    kept = cleaned(original, Option.RETAIN_SAFE_PRIVATE)
    said = kept.private_block(0x0099, "NQHeader")[0x05].value
    assert (said if isinstance(said, str) else said.decode()).strip() == (
        "Return to [REMOVED] of [REMOVED]"
    )


def test_safe_private_sequences_keep_what_is_safe_in_them() -> None:
    original, item = ct_data_set(), Dataset()
    inner = item.private_block(0x2001, "Philips Imaging DD 001", create=True)
    inner.add_new(0x09, "FL", 2.0)
    item.private_block(0x0029, "ACME", create=True).add_new(1, "LO", "Doe Jane")
    item.PatientName, item.Rows = "Doe^Jane", 5
    block = original.private_block(0x2001, "Philips Imaging DD 001", create=True)
    block.add_new(0x5F, "SQ", [item])
    (left,) = (
        cleaned(original, Option.RETAIN_SAFE_PRIVATE)
        .private_block(0x2001, "Philips Imaging DD 001")[0x5F]
        .value
    )
    assert left.private_block(0x2001, "Philips Imaging DD 001")[0x09].value == 2.0
    assert left.Rows == 5
    assert "Doe" not in str(left)
    assert not left.private_creators(0x0029)


@pytest.mark.parametrize(
    ("charset", "name"),
    [
        ("ISO_IR 100", "Müller^Jörg"),
        ("ISO_IR 144", "Люкceмбypг"),
        ("ISO 2022 IR 149", "Hong^Gildong=洪^吉洞"),
        ("GB18030", "Wang^XiaoDong=王^小东"),
        ("ISO_IR 192", "山田^太郎"),
    ],
)
def test_text_of_every_character_set_comes_out_clean_and_as_utf_8(charset: str, name: str) -> None:
    part = name.partition("=")[2].partition("^")[0] or name.partition("^")[0]
    original = ct_data_set(
        SpecificCharacterSet=charset, PatientName=name, StudyDescription=f"for {part} today"
    )
    ds = cleaned(original, Option.CLEAN_DESCRIPTORS)
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.StudyDescription == "for [REMOVED] today"


def test_counts_tell_what_was_done_and_no_value() -> None:
    outcome = deidentify(read(ct_data_set()), Plan(Profile(), SECRET, "c"))
    assert outcome.counts["PatientBirthDate", "Z"] == 1
    assert outcome.counts["StudyInstanceUID", "U"] == 1
    assert "Doe" not in repr(outcome)


def test_the_source_is_left_as_it_was() -> None:
    data_set = read(ct_data_set())
    before = write_data_set(data_set, read_bulk=lambda element: b"")
    deidentify(data_set, Plan(Profile(), SECRET, "c"))
    assert write_data_set(data_set, read_bulk=lambda element: b"") == before


def test_cleaning_what_is_clean_changes_nothing() -> None:
    options = (Option.CLEAN_DESCRIPTORS, Option.RETAIN_LONG_MODIFIED_DATES)
    original = ct_data_set(StudyDescription="Head of Doe", ReferencedFrameOfReferenceUID="1.2.3.4")
    once = cleaned(original, *options)
    again = cleaned(once, *options, is_ours=lambda uid: True, patient=str(once.PatientID))
    assert {e.tag: e.value for e in again} == {e.tag: e.value for e in once}


def test_bytes_that_are_text_by_the_dictionary_are_cleaned_as_text() -> None:
    original = ct_data_set()
    original.add_new(0x00081030, "OB", b"Jane Doe")
    original.add_new(0x00180015, "OB", b"DOE ")
    ds = cleaned(original, Option.CLEAN_DESCRIPTORS)
    assert "Doe" not in str(ds)
    assert "DOE" not in str(ds)


@pytest.mark.parametrize(
    ("tag", "vr", "value"),
    [
        (0x00080001, "UL", 7),
        (0x00089999, "LO", "nobody knows this"),
        (0x04000520, "OB", b"locked"),
        (0xFFFCFFFC, "OB", b"\0\0"),
        (0x00104000, "LT", "Doe"),
    ],
)
def test_what_is_never_left(tag: int, vr: str, value: object) -> None:
    original = ct_data_set()
    original.add_new(tag, vr, value)
    assert tag not in cleaned(original)


def test_ages_from_ninety_on_are_ninety() -> None:
    option = Option.RETAIN_PATIENT_CHARACTERISTICS
    assert cleaned(ct_data_set(PatientAge="097Y"), option).PatientAge == "090Y"
    assert cleaned(ct_data_set(PatientAge="089Y"), option).PatientAge == "089Y"


def test_a_long_text_is_read_and_cleaned_or_says_nothing() -> None:
    from imaging.data_set import Element

    original = ct_data_set()
    original.add_new(0x00204000, "UT", "Axial of Doe " * 8000)
    source = read(original)
    assert source[0x00204000].bulk is not None
    plan = Plan(Profile(frozenset({Option.CLEAN_DESCRIPTORS})), SECRET, "c")

    def read_bulk(element: Element) -> bytes:
        return b"Axial of Doe " * 8000

    left = deidentify(source, plan, read_bulk=read_bulk).data_set[0x00204000].value
    assert left is not None
    assert b"Axial" in left
    assert b"Doe" not in left
    assert deidentify(source, plan).data_set[0x00204000].value == b"ANONYMIZED"


def test_a_recording_of_speech_is_refused() -> None:
    ds = ct_data_set(SOPClassUID="1.2.840.10008.5.1.4.1.1.9.4.1", PixelData=None)
    assert deidentify(read(ds), Plan(Profile(), SECRET, "c")).refused


def test_who_is_named_elsewhere_in_the_study_is_taken_out_here() -> None:
    known = deidentify(
        read(ct_data_set(OperatorsName="Moriarty^Jim")), Plan(Profile(), SECRET, "c")
    )
    plan = Plan(Profile(frozenset({Option.CLEAN_STRUCTURED_CONTENT})), SECRET, "c")
    outcome = deidentify(read(ct_data_set(SequenceName="moriarty_t1")), plan, known.identity)
    assert reread(outcome).SequenceName == "[REMOVED]_t1"


def test_an_option_keeps_its_own_and_not_what_others_take() -> None:
    original = ct_data_set(StationName="CT_SPRINGFIELD", InstitutionName="Springfield Clinic")
    ds = cleaned(original, Option.RETAIN_DEVICE_IDENTITY)
    assert ds.StationName == "CT_[REMOVED]"
    both = (Option.RETAIN_DEVICE_IDENTITY, Option.RETAIN_INSTITUTION_IDENTITY)
    assert cleaned(original, *both).StationName == "CT_SPRINGFIELD"
