"""A DICOMDIR as others read it: pydicom walks its records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.fileset import FileSet, _four_level_record_type
from pydicom.uid import UID_dictionary

from imaging.dicomdir import Directory, Referenced
from imaging.dicomdir_records import KEYS, RECORDS, record_of
from tests.builders import ct_data_set, part10

SR = "1.2.840.10008.5.1.4.1.1.88.33"
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"


def listed(*data_sets: Any) -> bytes:
    directory = Directory()
    for number, ds in enumerate(data_sets, 1):
        model = ds.to_json_dict()
        model.pop("7FE00010", None)
        place = ("DICOM", "SE000001", f"IM{number:06d}")
        referenced = Referenced(ds.SOPClassUID, ds.SOPInstanceUID, EXPLICIT, place)
        directory.add(model, referenced)
    return directory.to_bytes()


def test_every_instance_is_found_below_its_series_study_and_patient(tmp_path: Path) -> None:
    same = {"StudyInstanceUID": "1.2", "PatientName": "Müller^Jürgen"}
    images = [ct_data_set(SeriesInstanceUID=f"1.2.{n % 3}", **same) for n in range(7)]
    folder = tmp_path / "DICOM" / "SE000001"
    folder.mkdir(parents=True)
    for number, ds in enumerate(images, 1):
        (folder / f"IM{number:06d}").write_bytes(part10(ds))
    (tmp_path / "DICOMDIR").write_bytes(listed(*images))
    found = FileSet(tmp_path / "DICOMDIR")
    assert len(found) == 7
    assert {one.SOPInstanceUID for one in found} == {ds.SOPInstanceUID for ds in images}
    assert sorted(found.find_values("SeriesInstanceUID")) == ["1.2.0", "1.2.1", "1.2.2"]
    assert found.find_values("PatientName") == ["Müller^Jürgen"]
    assert all(one.load().SOPInstanceUID == one.SOPInstanceUID for one in found)


def test_several_studies_of_several_patients_stand_side_by_side() -> None:
    images = [
        ct_data_set(
            PatientID=f"P{n % 2}", StudyInstanceUID=f"1.2.{n % 4}", SeriesInstanceUID=f"1.3.{n % 4}"
        )
        for n in range(6)
    ]
    ds = dcmread(DicomBytesIO(listed(*images)))
    kinds = [record.DirectoryRecordType for record in ds.DirectoryRecordSequence]
    assert (kinds.count("PATIENT"), kinds.count("STUDY"), kinds.count("IMAGE")) == (2, 4, 6)
    records = {record.seq_item_tell: record for record in ds.DirectoryRecordSequence}
    first = records[ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity]
    last = records[first.OffsetOfTheNextDirectoryRecord]
    assert (first.PatientID, last.PatientID) == ("P0", "P1")
    assert last.OffsetOfTheNextDirectoryRecord == 0
    assert records[ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity] is last


def test_a_report_is_listed_as_one() -> None:
    report = ct_data_set(SOPClassUID=SR, Modality="SR", CompletionFlag="COMPLETE", PixelData=None)
    ds = dcmread(DicomBytesIO(listed(report)))
    kinds = [record.DirectoryRecordType for record in ds.DirectoryRecordSequence]
    assert kinds == ["PATIENT", "STUDY", "SERIES", "SR DOCUMENT"]
    assert ds.DirectoryRecordSequence[3].CompletionFlag == "COMPLETE"


@pytest.mark.parametrize("uid", sorted(UID_dictionary))
def test_records_are_those_that_pydicom_makes(uid: str) -> None:
    name, kind, *_ = UID_dictionary[uid]
    if kind != "SOP Class" or not uid.startswith("1.2.840.10008.5.1.4.1.1."):
        return
    ds = ct_data_set(SOPClassUID=uid)
    theirs = _four_level_record_type(ds)
    # It tells these by other attributes, which an empty image lacks.
    if theirs != "IMAGE":
        assert record_of(uid) == theirs, name


def test_every_record_type_has_its_keys() -> None:
    assert set(RECORDS.values()) <= KEYS.keys()


def test_an_empty_directory_has_no_records() -> None:
    ds = dcmread(DicomBytesIO(Directory().to_bytes()))
    assert len(ds.DirectoryRecordSequence) == 0
    assert ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity == 0
