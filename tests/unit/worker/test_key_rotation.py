"""After the key was rotated: who was known stays who they are, and references still lead."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from sqlalchemy import inspect, select

from archive import uploads
from archive.access import LOCAL
from archive.archive import Announcement, Archive
from archive.collections import get_collection
from archive.database import reading
from archive.deid_keys import add_key, drop_key, keys_at
from archive.ingest import Coming, Stored
from archive.key_use import key_use
from archive.models import metadata
from archive.policies import change_policy, policy_of
from archive.retrieve import find_instances, open_instance
from imaging.deidentify.profile import Option, Profile
from tests.archives import new_archive, store
from tests.builders import ct_image
from worker.pipeline import process_study

ELEANOR = {"PatientName": "Plantagenet^Eleanor", "PatientID": "PLANTED-4711"}
HENRY = {"PatientName": "Plantagenet^Henry", "PatientID": "PLANTED-0815"}
FIRST = {
    "StudyInstanceUID": "1.2.826.99.1",
    "SeriesInstanceUID": "1.2.826.99.1.1",
    "SOPInstanceUID": "1.2.826.99.1.7",
}
SECOND = {"StudyInstanceUID": "1.2.826.99.2", "SOPInstanceUID": "1.2.826.99.2.7"}
Told = list[Announcement]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def archive(tmp_path: Path, told: Told, database_url: str):
    made = new_archive(tmp_path, database_url, told.append)
    yield made
    made.close()


def send(archive: Archive, **attributes: object) -> Coming:
    [outcome] = store(archive, ct_image(**attributes), collection="community")
    assert isinstance(outcome, Stored)
    assert outcome.coming is not None
    return outcome.coming


def work(archive: Archive, told: Told) -> None:
    while told:
        process_study(archive, told.pop(0))


def rotate(archive: Archive) -> str:
    return add_key(archive.settings.deid_key_file).id


def published(archive: Archive, there: Coming) -> list[Dataset]:
    found = find_instances(archive, LOCAL, "community", there.study_instance_uid)
    return [pydicom.dcmread(BytesIO(open_instance(archive, one).read())) for one in found]


def only(archive: Archive, there: Coming) -> Dataset:
    [one] = published(archive, there)
    return one


def offset(one: Dataset, original: date) -> int:
    return (date.fromisoformat(one.StudyDate) - original).days


def key_of(archive: Archive, there: Coming) -> str:
    return uploads.find_upload(archive, LOCAL, there.upload).key_id


def retain_uids(archive: Archive) -> None:
    place = get_collection(archive, "community")
    options = policy_of(archive, place.id).profile.options | {Option.RETAIN_UIDS}
    change_policy(archive, place.id, profile=Profile(options))


def referring(uid: str) -> list[Dataset]:
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = uid
    return [item]


def test_a_later_study_of_a_patient_keeps_pseudonym_and_offset(archive, told):
    first = send(archive, **ELEANOR, **FIRST, StudyDate="20200229")
    work(archive, told)
    rotate(archive)
    second = send(archive, **ELEANOR, **SECOND, StudyDate="20210301")
    work(archive, told)
    one, other = only(archive, first), only(archive, second)
    assert one.PatientID == other.PatientID
    assert offset(one, date(2020, 2, 29)) == offset(other, date(2021, 3, 1))


def test_a_patient_whose_first_study_still_waits_keeps_the_key_too(archive, told):
    first = send(archive, **ELEANOR, **FIRST)
    rotate(archive)
    second = send(archive, **ELEANOR, **SECOND)
    work(archive, told)
    assert only(archive, first).PatientID == only(archive, second).PatientID


def test_a_new_patient_gets_the_new_key(archive, told):
    first = send(archive, **ELEANOR, **FIRST)
    newest = rotate(archive)
    second = send(archive, **HENRY, **SECOND)
    assert key_of(archive, first) != key_of(archive, second) == newest
    use = key_use(archive)
    assert use[newest].waiting == 1
    work(archive, told)
    use = key_use(archive)
    assert (use[newest].waiting, use[newest].published, use[newest].patients) == (0, 1, 1)


def test_the_same_study_sent_again_is_the_same_study(archive, told):
    first = send(archive, **ELEANOR, **FIRST)
    work(archive, told)
    rotate(archive)
    rotate(archive)
    assert send(archive, **ELEANOR, **FIRST) == first
    later = send(archive, **ELEANOR, **{**FIRST, "SOPInstanceUID": "1.2.826.99.1.8"})
    assert (later.study_instance_uid, later.upload) == (first.study_instance_uid, first.upload)
    work(archive, told)
    assert len({one.PatientID for one in published(archive, first)}) == 1


@pytest.mark.parametrize("waits", [False, True])
def test_a_reference_to_what_an_older_key_named_still_leads_there(archive, told, waits):
    first = send(archive, **ELEANOR, **FIRST)
    if not waits:
        work(archive, told)
    rotate(archive)
    sequence = referring(FIRST["SOPInstanceUID"])
    second = send(archive, **HENRY, **SECOND, ReferencedImageSequence=sequence)
    assert key_of(archive, first) != key_of(archive, second)
    while told:
        process_study(archive, told.pop())  # the referring study first
    [reference] = only(archive, second).ReferencedImageSequence
    assert reference.ReferencedSOPInstanceUID == only(archive, first).SOPInstanceUID
    assert reference.ReferencedSOPInstanceUID == first.sop_instance_uid


def test_what_a_viewer_adds_joins_a_study_whose_key_was_retired(archive, told):
    first = send(archive, **ELEANOR, **FIRST)
    work(archive, told)
    image = only(archive, first)
    retired = key_of(archive, first)
    newest = rotate(archive)
    drop_key(archive.settings.deid_key_file, retired)
    added = send(
        archive,
        PatientName=str(image.PatientName),
        PatientID=image.PatientID,
        StudyInstanceUID=image.StudyInstanceUID,
        SOPInstanceUID="1.2.3.4.5.6",
    )
    work(archive, told)
    assert added.upload == first.upload
    assert key_of(archive, added) == newest
    assert {one.PatientID for one in published(archive, first)} == {image.PatientID}
    assert uploads.find_upload(archive, LOCAL, added.upload).state == uploads.PUBLISHED


def test_where_uids_stay_patients_keep_their_key_as_well(archive, told):
    retain_uids(archive)
    first = send(archive, **ELEANOR, **FIRST)
    work(archive, told)
    rotate(archive)
    second = send(archive, **ELEANOR, **SECOND)
    work(archive, told)
    assert second.study_instance_uid == SECOND["StudyInstanceUID"]
    assert only(archive, first).PatientID == only(archive, second).PatientID


def test_where_uids_stay_a_late_original_is_no_report_of_ours(archive, told):
    # Its study's UID is that of the published one, and yet its dates are those of the patient.
    retain_uids(archive)
    first = send(archive, **ELEANOR, **FIRST, StudyDate="20200229")
    work(archive, told)
    send(archive, **ELEANOR, **{**FIRST, "SOPInstanceUID": "1.2.826.99.1.8"}, StudyDate="20200229")
    work(archive, told)
    dates = {one.StudyDate for one in published(archive, first)}
    assert len(dates) == 1
    assert "20200229" not in dates


def test_nothing_that_is_kept_leads_back_without_the_keys(archive, told):
    for number, patient in enumerate((ELEANOR, HENRY)):
        send(archive, **patient, StudyInstanceUID=f"1.2.826.99.{number}", StudyDate="20200229")
        work(archive, told)
        rotate(archive)
        send(archive, **patient, StudyInstanceUID=f"1.2.826.99.1{number}", StudyDate="20210301")
        work(archive, told)
    secrets = keys_at(archive.settings.deid_key_file)
    assert len(secrets) == 3
    planted = ["lantagenet", "PLANTED", "1.2.826.99", "20200229"]
    planted += [form for one in secrets for form in (one.key.hex(), repr(one.key)[2:-1])]
    with reading(archive.engine) as connection:
        for table in inspect(archive.engine).get_table_names():
            if table in metadata.tables:
                rows = repr(connection.execute(select(metadata.tables[table])).all())
                assert [one for one in planted if one in rows] == [], table
    for key in list(archive.objects.keys()):
        data = archive.objects.open(key).read()
        assert [one for one in planted if one.encode() in data] == []
        assert not any(one.key in data for one in secrets)
