"""The answer to a store: one outcome an instance, and a status that sums them up."""

from http import HTTPStatus

import pydicom
import pytest

from archive.errors import (
    CannotUnderstand,
    DuplicateInstance,
    InvalidInstance,
    OutOfResources,
    StoreFailure,
)
from archive.ingest import COERCED, Failed, Outcome, Stored
from dicomweb.store_response import response_model, status_of

ROOT = "http://localhost:8000/dicom-web"
CT = "1.2.840.10008.5.1.4.1.1.2"

KEPT = Stored("1.1", "1.2", CT, "1.3")
ELSEWHERE = Stored("2.1", "2.2", CT, "2.3")
WARNED = Stored("1.1", "1.2", CT, "1.4", warning=0xB007)
QUARANTINED = Stored("1.1", "1.2", CT, "1.5", warning=COERCED, retrievable=False)
DUPLICATE = Failed(CT, "1.6", DuplicateInstance("other bytes are kept under this UID"))
UNREADABLE = Failed(None, None, CannotUnderstand("this is not DICOM"))
NO_UID = Failed(CT, None, InvalidInstance("the SOP Instance UID is missing"))


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([KEPT], HTTPStatus.OK),
        ([KEPT, ELSEWHERE], HTTPStatus.OK),
        ([Stored("1.1", "1.2", CT, "1.3", already=True)], HTTPStatus.OK),
        ([WARNED], HTTPStatus.ACCEPTED),
        ([KEPT, QUARANTINED], HTTPStatus.ACCEPTED),
        ([KEPT, UNREADABLE], HTTPStatus.ACCEPTED),
        ([WARNED, DUPLICATE], HTTPStatus.ACCEPTED),
        ([DUPLICATE], HTTPStatus.CONFLICT),
        ([UNREADABLE], HTTPStatus.CONFLICT),
        ([DUPLICATE, UNREADABLE, NO_UID], HTTPStatus.CONFLICT),
        ([], HTTPStatus.BAD_REQUEST),
    ],
)
def test_the_status_sums_up_the_outcomes(outcomes: list[Outcome], status: HTTPStatus) -> None:
    assert status_of(outcomes) is status


def test_a_stored_instance_is_told_with_its_url() -> None:
    assert response_model([KEPT], ROOT) == {
        "00081190": {"vr": "UR", "Value": [f"{ROOT}/studies/1.1"]},
        "00081199": {
            "vr": "SQ",
            "Value": [
                {
                    "00081150": {"vr": "UI", "Value": [CT]},
                    "00081155": {"vr": "UI", "Value": ["1.3"]},
                    "00081190": {
                        "vr": "UR",
                        "Value": [f"{ROOT}/studies/1.1/series/1.2/instances/1.3"],
                    },
                }
            ],
        },
    }


def test_a_failure_is_told_with_its_reason_and_in_words() -> None:
    model = response_model([DUPLICATE], ROOT)
    assert model == {
        "00081190": {"vr": "UR"},
        "00081198": {
            "vr": "SQ",
            "Value": [
                {
                    "00000902": {"vr": "LO", "Value": ["other bytes are kept under this UID"]},
                    "00081150": {"vr": "UI", "Value": [CT]},
                    "00081155": {"vr": "UI", "Value": ["1.6"]},
                    "00081197": {"vr": "US", "Value": [0x0111]},
                }
            ],
        },
    }


@pytest.mark.parametrize("outcome", [UNREADABLE, NO_UID])
def test_what_cannot_be_named_is_one_of_the_other_failures(outcome: Failed) -> None:
    model = response_model([outcome], ROOT)
    assert "00081198" not in model
    (item,) = model["0008119A"]["Value"]
    assert item["00081197"]["Value"] == [outcome.failure.reason]
    assert item["00000902"]["Value"] == [str(outcome.failure)]
    assert ("00081150" in item) is (outcome.sop_class_uid is not None)
    assert "00081155" not in item


def test_a_warning_is_told_beside_the_instance() -> None:
    (item,) = response_model([WARNED], ROOT)["00081199"]["Value"]
    assert item["00081196"] == {"vr": "US", "Value": [0xB007]}


def test_what_waits_in_quarantine_has_no_url() -> None:
    model = response_model([QUARANTINED], ROOT, "1.1")
    assert model["00081190"] == {"vr": "UR"}
    (item,) = model["00081199"]["Value"]
    assert item["00081190"] == {"vr": "UR"}
    assert item["00081196"]["Value"] == [0xB000]


def test_instances_of_several_studies_have_no_study_in_common() -> None:
    assert response_model([KEPT, ELSEWHERE], ROOT)["00081190"] == {"vr": "UR"}


def test_every_outcome_is_told_once() -> None:
    outcomes = [KEPT, UNREADABLE, DUPLICATE, WARNED, NO_UID, ELSEWHERE]
    model = response_model(outcomes, ROOT)
    told = [len(model[tag]["Value"]) for tag in ("00081198", "00081199", "0008119A")]
    assert told == [1, 3, 2]
    assert list(model) == sorted(model)
    for tag in ("00081198", "00081199", "0008119A"):
        for item in model[tag]["Value"]:
            assert list(item) == sorted(item)


def test_words_that_are_too_long_for_a_value_are_several_values() -> None:
    failure = OutOfResources("a word and another, " * 20 + "back\\slash \r\n end")
    (item,) = response_model([Failed(None, None, failure)], ROOT)["0008119A"]["Value"]
    words = item["00000902"]["Value"]
    assert 1 < len(words) <= 8
    assert all(len(value) <= 64 and "\\" not in value and "\r" not in value for value in words)


def test_a_failure_without_words_is_still_valid() -> None:
    (item,) = response_model([Failed(None, None, StoreFailure())], ROOT)["0008119A"]["Value"]
    assert item["00000902"] == {"vr": "LO"}


def test_the_model_is_a_data_set_to_other_readers() -> None:
    model = response_model([KEPT, DUPLICATE, UNREADABLE], ROOT)
    ds = pydicom.Dataset.from_json(model)
    assert ds.RetrieveURL == f"{ROOT}/studies/1.1"
    assert ds.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.3"
    assert ds.FailedSOPSequence[0].FailureReason == 0x0111
    assert ds.OtherFailuresSequence[0].FailureReason == 0xC000


def test_what_was_corrected_has_a_url_and_says_what_was_corrected() -> None:
    corrected = Stored("1.1", "1.2", CT, "1.5", warning=COERCED, note="corrected: (0028,0004)")
    model = response_model([corrected], ROOT, "1.1")
    [item] = model["00081199"]["Value"]
    assert item["00081190"]["Value"] == [f"{ROOT}/studies/1.1/series/1.2/instances/1.5"]
    assert item["00000902"]["Value"] == ["corrected: (0028,0004)"]
