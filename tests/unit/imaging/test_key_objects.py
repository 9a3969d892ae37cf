"""A Key Object Selection Document as pydicom and highdicom read it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from highdicom.ko import KeyObjectSelectionDocument
from pydicom import dcmread

from imaging.key_objects import KEY_OBJECT_SELECTION, KeyObject, derived_uid, select
from imaging.uids import is_uid
from tests.builders import ct_data_set


def model(**overrides: Any) -> dict[str, Any]:
    found = ct_data_set(StudyInstanceUID="1.2", **overrides).to_json_dict()
    found.pop("7FE00010", None)
    return found


def test_it_names_the_frames_and_belongs_to_their_study() -> None:
    first, second = model(SOPInstanceUID="1.2.1.1"), model(SOPInstanceUID="1.2.1.2")
    chosen = [KeyObject(first), KeyObject(second, 3), KeyObject(second, 5)]
    made = select(chosen, "Look here: Wörter", "case/1")
    ds = dcmread(BytesIO(made.data))
    assert ds.SOPClassUID == KEY_OBJECT_SELECTION
    assert ds.Modality == "KO"
    assert (ds.StudyInstanceUID, ds.PatientID, ds.StudyDate) == ("1.2", "PID1", "20240131")
    document = KeyObjectSelectionDocument.from_dataset(ds)
    assert document.content[0].ConceptNameCodeSequence[0].CodeMeaning == "For Teaching"
    items = ds.ContentSequence
    assert items[0].TextValue == "Look here: Wörter"
    said = [
        (one.ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
         one.ReferencedSOPSequence[0].get("ReferencedFrameNumber"))
        for one in items[1:]
    ]  # fmt: skip
    assert said == [("1.2.1.1", None), ("1.2.1.2", 3), ("1.2.1.2", 5)]
    evidence = ds.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
    assert sum(len(one.ReferencedSOPSequence) for one in evidence) == 2


def test_what_an_image_lacks_is_empty() -> None:
    bare = model(PatientBirthDate=None, PatientSex=None, AccessionNumber=None, StudyTime=None)
    ds = dcmread(BytesIO(select([KeyObject(bare)], "", "x").data))
    assert ds.PatientBirthDate == ""
    assert [item.ValueType for item in ds.ContentSequence] == ["IMAGE"]


def test_the_same_choice_has_the_same_uids_every_time() -> None:
    one, again = (select([KeyObject(model(SOPInstanceUID="1.2.9"))], "", "s") for _ in range(2))
    assert one.sop_instance_uid == again.sop_instance_uid
    other = select([KeyObject(model(SOPInstanceUID="1.2.9"))], "", "t")
    assert other.sop_instance_uid != one.sop_instance_uid


@pytest.mark.parametrize("seed", ["", "a", "/", "a/b"])
def test_derived_uids_are_uids(seed: str) -> None:
    assert is_uid(derived_uid(seed))
