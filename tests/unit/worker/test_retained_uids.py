"""A collection that retains UIDs: a study has the names of its original, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from archive import publication, uploads
from archive.access import LOCAL
from archive.archive import Announcement, Archive
from archive.collections import COMMUNITY, get_collection
from archive.errors import ArchiveError, NotFound
from archive.ingest import Stored
from archive.policies import DEFAULT_PROFILE, change_policy
from archive.policy_changes import set_policy
from archive.publish import thumbnail
from archive.retrieve import find_instances, metadata, open_instance
from imaging.deidentify.profile import Option, Profile
from imaging.deidentify.secrets import KEY_BYTES, Secret
from imaging.deidentify.uids import is_made, map_uid
from tests.archives import new_archive, store
from tests.builders import ct_image
from worker.pipeline import process_study

RETAINING = Profile(DEFAULT_PROFILE.options | {Option.RETAIN_UIDS})
STUDY, SERIES = "1.2.826.98.1", "1.2.826.98.1.1"
ORIGINAL = {
    "PatientName": "Plantagenet^Eleanor",
    "PatientID": "PLANTED-4711",
    "StudyInstanceUID": STUDY,
    "SeriesInstanceUID": SERIES,
    "SOPInstanceUID": f"{SERIES}.1",
    "StudyDate": "20200229",
}
Told = list[Announcement]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def archive(tmp_path: Path, told: Told, database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url, told.append)
    retain(made, RETAINING)
    yield made
    made.close()


def retain(archive: Archive, profile: Profile, **more: Any) -> None:
    change_policy(archive, get_collection(archive, COMMUNITY).id, profile=profile, **more)


def send(archive: Archive, **attributes: Any) -> Stored:
    data = ct_image(**{**ORIGINAL, **attributes})
    [stored] = store(archive, data, collection=COMMUNITY)
    assert isinstance(stored, Stored)
    return stored


def work(archive: Archive, told: Told) -> None:
    while told:
        process_study(archive, told.pop(0))


def published(archive: Archive, study: str = STUDY) -> list[Dataset]:
    found = find_instances(archive, LOCAL, COMMUNITY, study)
    return [pydicom.dcmread(BytesIO(open_instance(archive, one).read())) for one in found]


def state(archive: Archive, stored: Stored) -> str:
    assert stored.coming
    return uploads.find_upload(archive, LOCAL, stored.coming.upload).state


def test_a_study_is_published_under_the_names_that_it_came_with(
    archive: Archive, told: Told
) -> None:
    stored = send(archive)
    assert stored.coming
    assert stored.coming.study_instance_uid == STUDY
    work(archive, told)
    [found] = published(archive)
    assert (found.SeriesInstanceUID, found.SOPInstanceUID) == (SERIES, f"{SERIES}.1")
    assert found.file_meta.MediaStorageSOPInstanceUID == f"{SERIES}.1"
    assert found.PatientID != "PLANTED-4711"
    assert found.StudyDate != "20200229"


def test_a_kept_original_of_the_same_names_is_another_object_and_never_met(
    archive: Archive, told: Told
) -> None:
    retain(archive, RETAINING, keep_original_s=3600)
    stored = send(archive)
    with pytest.raises(NotFound):
        published(archive)
    work(archive, told)
    assert state(archive, stored) == uploads.PUBLISHED
    assert [one.PatientID for one in published(archive)] != ["PLANTED-4711"]
    [document] = metadata(archive, LOCAL, COMMUNITY, STUDY, SERIES).documents
    assert b"lantagenet" not in document
    picture = thumbnail(archive, LOCAL, COMMUNITY, STUDY, SERIES)
    assert picture is not None
    assert stored.coming
    upload = uploads.find_upload(archive, LOCAL, stored.coming.upload)
    assert publication.erase_originals(archive, upload) == 1
    assert len(published(archive)) == 1
    with archive.objects.open(picture.key) as kept:
        assert kept.read(2) == b"\xff\xd8"


def test_the_same_original_again_changes_nothing(archive: Archive, told: Told) -> None:
    send(archive)
    work(archive, told)
    before = published(archive)
    send(archive)
    work(archive, told)
    assert published(archive) == before


@pytest.mark.parametrize("patient", ["PLANTED-4711", ""])
def test_a_late_original_is_no_report_of_somebody_who_saw_the_study(
    archive: Archive, told: Told, patient: str
) -> None:
    send(archive, PatientID=patient)
    work(archive, told)
    send(archive, PatientID=patient, SOPInstanceUID=f"{SERIES}.2")
    work(archive, told)
    first, second = published(archive)
    assert first.StudyDate == second.StudyDate != "20200229"
    assert first.PatientID == second.PatientID


def test_a_report_of_somebody_who_saw_the_study_keeps_its_dates_and_the_pseudonym(
    archive: Archive, told: Told
) -> None:
    send(archive)
    work(archive, told)
    [seen] = published(archive)
    send(
        archive,
        PatientID=seen.PatientID,
        PatientName=seen.PatientName,
        StudyDate=seen.StudyDate,
        SOPInstanceUID="1.2.3.4.5",
    )
    work(archive, told)
    _, report = published(archive)
    assert report.SOPInstanceUID == "1.2.3.4.5"
    assert (report.PatientID, report.StudyDate) == (seen.PatientID, seen.StudyDate)


def test_an_original_is_no_report_after_the_collection_ceased_to_retain_uids(
    archive: Archive, told: Told
) -> None:
    send(archive)
    work(archive, told)
    retain(archive, DEFAULT_PROFILE)
    late = send(archive, SOPInstanceUID=f"{SERIES}.2")
    assert late.coming
    work(archive, told)
    first, second = published(archive)
    assert second.SOPInstanceUID == late.coming.sop_instance_uid
    assert first.StudyDate == second.StudyDate != "20200229"
    other = send(archive, StudyInstanceUID="1.2.826.98.2", SOPInstanceUID=f"{SERIES}.3")
    assert other.coming
    assert is_made(other.coming.study_instance_uid)


def test_whether_uids_stay_is_not_changed_while_somebody_was_told_otherwise(
    archive: Archive, told: Told
) -> None:
    place = get_collection(archive, COMMUNITY)
    send(archive)
    with pytest.raises(ArchiveError, match="on their way"):
        set_policy(archive, place, profile=DEFAULT_PROFILE)
    set_policy(archive, place, profile=RETAINING, review="always")
    set_policy(archive, place, review="uncertain")
    work(archive, told)
    assert set_policy(archive, place, profile=DEFAULT_PROFILE).profile == DEFAULT_PROFILE


@pytest.mark.parametrize(("before", "after"), [(True, False), (False, True)])
def test_a_study_that_would_get_other_names_than_its_sender_was_told_is_sent_back(
    archive: Archive, told: Told, before: bool, after: bool
) -> None:
    profiles = {True: RETAINING, False: DEFAULT_PROFILE}
    retain(archive, profiles[before])
    stored = send(archive)
    retain(archive, profiles[after])
    work(archive, told)
    assert state(archive, stored) == uploads.REJECTED
    assert stored.coming
    for study in (STUDY, stored.coming.study_instance_uid):
        with pytest.raises(NotFound):
            published(archive, study)
    again = send(archive)
    work(archive, told)
    assert state(archive, again) == uploads.PUBLISHED


def test_uids_that_we_make_are_told_from_those_of_others() -> None:
    secret = Secret("test", bytes(KEY_BYTES))
    assert all(is_made(map_uid(secret, COMMUNITY, f"1.2.{n}")) for n in range(100))
    others = ("1.2.826.98.1", "2.25", "2.25.0", "2.25.x", "2.25." + "9" * 60, "")
    version_4 = "2.25.329800735698586629295641978511506172918"
    assert not any(is_made(uid) for uid in (*others, version_4))
