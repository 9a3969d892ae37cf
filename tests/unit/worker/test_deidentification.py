"""A study in quarantine becomes a published one, whole and clean, or none at all."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from sqlalchemy import inspect, select

from archive import review, uploads
from archive.access import LOCAL
from archive.archive import Announcement, Archive
from archive.database import reading
from archive.errors import NotFound
from archive.ingest import Stored
from archive.models import cleaned_instance, metadata, quarantined
from archive.outbox import sweep_objects
from archive.retrieve import find_instances, open_instance
from archive.uploads import PUBLISHED, receipt, upload_of_study
from tests.archives import new_archive, store
from tests.builders import ct_image
from tests.videos import syntax_of, with_user_data
from worker.pipeline import process_study

SECRET = {
    "PatientName": "Plantagenet^Eleanor",
    "PatientID": "PLANTED-4711",
    "StudyInstanceUID": "1.2.826.99.1",
    "SeriesInstanceUID": "1.2.826.99.1.1",
    "AccessionNumber": "ACCPLANTED",
    "StudyDescription": "Head of Plantagenet",
}


Told = list[Announcement]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def archive(tmp_path: Path, told: Told, database_url: str):
    made = new_archive(tmp_path, database_url, told.append)
    yield made
    made.close()


def work(archive: Archive, told: Told) -> None:
    """Do what the queue would, until nothing is left to do."""
    while told:
        process_study(archive, told.pop(0))


def send(archive: Archive, *files: bytes) -> list[Stored]:
    outcomes = store(archive, *files, collection="community")
    assert all(isinstance(one, Stored) for one in outcomes), outcomes
    return outcomes


def published(archive: Archive, uid: str) -> list[pydicom.Dataset]:
    found = find_instances(archive, LOCAL, "community", uid)
    return [pydicom.dcmread(BytesIO(open_instance(archive, one).read())) for one in found]


def test_the_sender_is_told_at_once_where_the_study_will_be(archive, told):
    [stored] = send(archive, ct_image(**SECRET))
    assert stored.coming is not None
    assert stored.coming.study_instance_uid.startswith("2.25.")
    assert uploads.find_upload(archive, LOCAL, stored.coming.upload).state == uploads.RECEIVED
    with pytest.raises(NotFound):
        next(find_instances(archive, LOCAL, "community", stored.coming.study_instance_uid))
    work(archive, told)
    [found] = published(archive, stored.coming.study_instance_uid)
    assert found.SOPInstanceUID == stored.coming.sop_instance_uid
    assert found.SeriesInstanceUID == stored.coming.series_instance_uid
    assert uploads.find_upload(archive, LOCAL, stored.coming.upload).state == PUBLISHED


def test_the_queue_never_hears_of_the_original(archive, told):
    send(archive, ct_image(**SECRET))
    [news] = told
    assert news.collection == "community.quarantine"
    assert news.study_instance_uid.startswith("2.25.")


def test_nothing_of_the_original_is_left(archive, told, tmp_path):
    uid = "1.2.826.99.1.1.7"
    [stored] = send(archive, ct_image(**SECRET, SOPInstanceUID=uid))
    work(archive, told)
    sweep_objects(archive, older_than=_now())
    with reading(archive.engine) as connection:
        for table in inspect(archive.engine).get_table_names():
            for row in (
                connection.execute(select(metadata.tables[table]))
                if (table in metadata.tables)
                else ()
            ):
                text = repr(tuple(row))
                for planted in ("Plantagenet", "PLANTED", "1.2.826.99"):
                    assert planted not in text, table
        assert connection.execute(select(cleaned_instance)).all() == []
        assert connection.execute(select(quarantined)).all() == []
    keys = list(archive.objects.keys())
    assert keys
    for key in keys:
        data = archive.objects.open(key).read()
        for planted in (b"Plantagenet", b"PLANTED", b"1.2.826.99"):
            assert planted not in data
    assert list(tmp_path.rglob("*.part")) == []
    assert stored.coming is not None


def test_a_receipt_counts_and_names_no_value(archive, told):
    [stored] = send(archive, ct_image(**SECRET))
    work(archive, told)
    place = uploads.find_upload(archive, LOCAL, stored.coming.upload)
    said = receipt(archive, place)
    assert said["instances"] == 1
    assert said["attributes"]["PatientName"]
    assert said["key"] == place.key_id
    assert "lantagenet" not in str(said)


def test_later_instances_join_the_published_study(archive, told):
    [first] = send(archive, ct_image(**SECRET))
    work(archive, told)
    [second] = send(archive, ct_image(**SECRET))
    assert second.coming.study_instance_uid == first.coming.study_instance_uid
    assert second.coming.upload == first.coming.upload
    work(archive, told)
    assert len(published(archive, first.coming.study_instance_uid)) == 2
    place = uploads.find_upload(archive, LOCAL, first.coming.upload)
    assert receipt(archive, place)["instances"] == 2
    assert place.published == 2


def test_the_same_bytes_again_change_nothing(archive, told):
    file = ct_image(**SECRET)
    [first] = send(archive, file)
    work(archive, told)
    before = published(archive, first.coming.study_instance_uid)
    send(archive, file)
    work(archive, told)
    assert published(archive, first.coming.study_instance_uid) == before


def test_what_refers_to_a_published_study_keeps_its_uids(archive, told):
    [first] = send(archive, ct_image(**SECRET))
    work(archive, told)
    [image] = published(archive, first.coming.study_instance_uid)
    [again] = send(
        archive,
        ct_image(
            StudyInstanceUID=image.StudyInstanceUID,
            SeriesInstanceUID="1.2.3.4.5",
            SOPInstanceUID="1.2.3.4.5.6",
            PatientID=image.PatientID,
            PatientName=image.PatientName,
            FrameOfReferenceUID="1.2.3.4.7",
        ),
    )
    assert again.coming.sop_instance_uid == "1.2.3.4.5.6"
    work(archive, told)
    _, report = published(archive, image.StudyInstanceUID)
    assert report.SOPInstanceUID == "1.2.3.4.5.6"
    assert report.FrameOfReferenceUID == "1.2.3.4.7"
    assert report.PatientID == image.PatientID


def test_a_study_that_cannot_be_cleaned_waits_and_the_next_is_published(archive, told):
    [bad] = send(archive, ct_image(transfer_syntax="1.2.840.10008.1.2.4.90", frames=[b"none"]))
    [good] = send(archive, ct_image())
    work(archive, told)
    state = uploads.find_upload(archive, LOCAL, good.coming.upload).state
    assert state == PUBLISHED
    assert uploads.find_upload(archive, LOCAL, bad.coming.upload).state in (
        uploads.REVIEW,
        uploads.PUBLISHED,
    )


def test_a_video_waits_for_a_person_and_passes_without_what_is_no_picture(archive, told):
    stream = with_user_data("h264", b"hidden by the recorder")
    [sent] = send(archive, ct_image(syntax_of("h264"), frames=[stream], **SECRET))
    work(archive, told)
    assert uploads.find_upload(archive, LOCAL, sent.coming.upload).state == uploads.REVIEW
    [asked] = review.items(archive, LOCAL, sent.coming.upload)
    assert "video" in asked.reason
    review.decide(archive, LOCAL, sent.coming.upload, asked.number, asked.proposed)
    work(archive, told)
    [found] = published(archive, sent.coming.study_instance_uid)
    assert found.file_meta.TransferSyntaxUID == syntax_of("h264")
    assert len(found.PixelData) >= len(stream)
    assert b"hidden" not in found.PixelData


def test_one_upload_is_found_by_the_new_study(archive, told):
    from archive.collections import get_collection

    [stored] = send(archive, ct_image())
    place = get_collection(archive, "community")
    found = upload_of_study(archive, place, stored.coming.study_instance_uid)
    assert found is not None
    assert found.token == stored.coming.upload


def _now():
    from datetime import timedelta

    return timedelta(0)
