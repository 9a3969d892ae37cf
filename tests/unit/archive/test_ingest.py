"""What is stored, what is refused and why, and what each leaves in the index."""

import os
from datetime import timedelta

import pytest
from pydicom.uid import ImplicitVRLittleEndian, generate_uid
from sqlalchemy import event, func, select, text

from archive.access import LOCAL
from archive.archive import Announcement
from archive.collections import create_collection
from archive.database import reading, writing
from archive.erase import erase
from archive.errors import StoreUnavailable
from archive.ingest import Failed, Stored, store_instances
from archive.models import instance, loose_object, series, study, tombstone
from archive.outbox import sweep_objects
from archive.values import decode
from tests.archives import new_archive, store
from tests.builders import ct_data_set, ct_image, file_of, part10

pytestmark = pytest.mark.filterwarnings("ignore:Invalid value for VR UI", "ignore:The value length")


def rows(archive, table):
    with reading(archive.engine) as connection:
        return connection.execute(select(table).order_by(*table.primary_key)).all()


def objects(archive):
    return sorted(archive.objects.keys())


def test_a_stored_instance_is_in_the_index_and_its_bytes_in_the_store(archive):
    data = ct_image(SOPInstanceUID="1.2.3", SeriesInstanceUID="1.2", StudyInstanceUID="1")
    [outcome] = store(archive, data)
    assert outcome == Stored("1", "1.2", "1.2.840.10008.5.1.4.1.1.2", "1.2.3")
    [row] = rows(archive, instance)
    [key] = objects(archive)
    assert row.version in key
    assert archive.objects.read(key, 0, len(data) + 1) == data
    assert rows(archive, loose_object) == []


def test_no_uid_of_the_sender_stands_in_a_key(archive):
    store(archive, ct_image(StudyInstanceUID="9.8.7", SOPInstanceUID="9.8.7.6"))
    assert "9.8.7" not in objects(archive)[0]


def test_counts_modalities_and_classes_follow_every_batch(archive):
    sr = "1.2.840.10008.5.1.4.1.1.88.33"
    store(archive, *(ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1") for _ in range(3)))
    store(
        archive,
        ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1"),
        ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.2", Modality="SR", SOPClassUID=sr),
        ct_image(StudyInstanceUID="2", SeriesInstanceUID="2.1"),
    )
    first, second = rows(archive, study)
    assert (first.number_of_series, first.number_of_instances) == (2, 5)
    assert (second.number_of_series, second.number_of_instances) == (1, 1)
    assert decode(first.modalities_in_study) == ["CT", "SR"]
    assert decode(first.sop_classes_in_study) == ["1.2.840.10008.5.1.4.1.1.2", sr]
    assert sorted(row.number_of_instances for row in rows(archive, series)) == [1, 1, 4]


def test_the_same_bytes_again_are_a_success_that_stores_nothing(archive, announced):
    data = ct_image()
    store(archive, data)
    [again] = store(archive, data)
    assert isinstance(again, Stored)
    assert again.already
    assert len(objects(archive)) == 1
    assert len(announced) == 1
    assert rows(archive, study)[0].number_of_instances == 1


def test_the_same_data_set_under_other_meta_information_is_the_same_instance(archive):
    ds = ct_data_set()
    store(archive, part10(ds))
    [again] = store(archive, part10(ds).replace(b"PYDICOM", b"pydicom"))
    assert again.already


def test_other_bytes_under_a_known_uid_fail_and_the_first_are_kept(archive):
    first = ct_image(SOPInstanceUID="1.2.3", PatientID="A")
    store(archive, first)
    [failed] = store(archive, ct_image(SOPInstanceUID="1.2.3", PatientID="B"))
    assert isinstance(failed, Failed)
    assert failed.failure.reason == 0x0111
    assert "first is kept" in str(failed.failure)
    assert archive.objects.read(objects(archive)[0], 0, 1 << 20) == first


def test_the_same_pixels_in_another_transfer_syntax_are_other_bytes(archive):
    ds = ct_data_set()
    store(archive, part10(ds))
    [failed] = store(archive, part10(ds, ImplicitVRLittleEndian))
    assert failed.failure.reason == 0x0111


def test_one_uid_twice_in_a_batch_follows_the_same_rule(archive):
    one, other = (ct_image(SOPInstanceUID="1.2.3", PatientID=pid) for pid in "AB")
    outcomes = store(archive, one, other, one)
    assert [type(outcome) for outcome in outcomes] == [Stored, Failed, Stored]
    assert outcomes[2].already
    assert len(rows(archive, instance)) == 1


def test_a_collection_that_replaces_shows_the_newer_bytes_and_loosens_the_older(archive):
    create_collection(archive, "latest", duplicate_rule="replace")
    uids = {"StudyInstanceUID": "1", "SeriesInstanceUID": "1.1", "SOPInstanceUID": "1.2.3"}
    store(archive, ct_image(**uids, PatientID="A", Modality="CT"), collection="latest")
    [old] = objects(archive)
    newer = ct_image(**uids, PatientID="B", Modality="MR")
    [outcome] = store(archive, newer, collection="latest")
    assert isinstance(outcome, Stored)
    [row] = rows(archive, instance)
    assert archive.objects.read(next(k for k in objects(archive) if row.version in k), 0, 9999) == (
        newer
    )
    assert [row.object_key for row in rows(archive, loose_object)] == [old]
    [described] = rows(archive, study)
    assert described.patient_id == "B"
    assert decode(described.modalities_in_study) == ["MR"]
    assert (described.number_of_series, described.number_of_instances) == (1, 1)


def test_a_replaced_instance_may_move_to_another_study(archive, announced):
    create_collection(archive, "latest", duplicate_rule="replace")
    store(
        archive,
        ct_image(StudyInstanceUID="1", SOPInstanceUID="1.2.3"),
        ct_image(StudyInstanceUID="1"),
        ct_image(StudyInstanceUID="2"),
        collection="latest",
    )
    store(archive, ct_image(StudyInstanceUID="2", SOPInstanceUID="1.2.3"), collection="latest")
    counts = {row.study_instance_uid: row.number_of_instances for row in rows(archive, study)}
    assert counts == {"1": 1, "2": 2}
    assert {news.study_instance_uid for news in announced[-2:]} == {"1", "2"}


def test_the_same_instance_lives_in_two_collections(archive):
    create_collection(archive, "research")
    data = ct_image()
    [first] = store(archive, data)
    [second] = store(archive, data, collection="research")
    assert not first.already
    assert not second.already
    assert len(rows(archive, study)) == 2


def test_a_series_uid_that_two_studies_use_is_a_series_of_each(archive):
    store(archive, *(ct_image(StudyInstanceUID=s, SeriesInstanceUID="7") for s in ("1", "2")))
    assert len(rows(archive, series)) == 2
    assert [row.number_of_instances for row in rows(archive, series)] == [1, 1]


def test_another_patient_id_in_a_known_study_is_kept_and_the_study_says_the_first(archive):
    for pid in ("A", "B"):
        [outcome] = store(archive, ct_image(StudyInstanceUID="1", PatientID=pid))
        assert isinstance(outcome, Stored)
    [row] = rows(archive, study)
    assert (row.patient_id, row.number_of_instances) == ("A", 2)


def test_private_classes_and_unknown_transfer_syntaxes_are_kept(archive):
    jpeg, private = b"1.2.840.10008.1.2.4.50", b"1.3.6.1.4.1.99999.1.50"
    data = ct_image(jpeg.decode(), frames=[b"ab"], SOPClassUID="1.3.6.1.4.1.9999.1")
    [outcome] = store(archive, data.replace(jpeg, private))
    assert isinstance(outcome, Stored)
    assert rows(archive, instance)[0].transfer_syntax_uid == private.decode()


HOSTILE = "1.2\\..\\etc\r\nX: y'; DROP TABLE study;--"


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", 0xC000, "empty"),
        (b"GIF89a" * 100, 0xC000, "DICM"),
        (ct_image()[:-20], 0xC000, "end of the file"),
        (ct_image(SOPClassUID=None), 0xC000, "SOP Class UID (0008,0016) is missing"),
        (ct_image(SOPClassUID="x"), 0xC000, "SOP Class UID (0008,0016) is not a UID"),
        (ct_image(SOPInstanceUID=None), 0x0117, "SOP Instance UID (0008,0018) is missing"),
        (ct_image(SOPInstanceUID="1." * 40 + "1"), 0x0117, "not a UID"),
        (ct_image(StudyInstanceUID=None), 0xA900, "Study Instance UID (0020,000D) is missing"),
        (ct_image(StudyInstanceUID="../../etc"), 0xA900, "(0020,000D) is not a UID"),
        (ct_image(SeriesInstanceUID=None), 0xA900, "Series Instance UID (0020,000E) is missing"),
        (ct_image(SeriesInstanceUID="1\\2"), 0xA900, "(0020,000E) is not a UID"),
        (file_of(b"\x08\x00"), 0xC000, ""),
    ],
)
def test_what_cannot_be_stored_says_why_and_leaves_nothing(tmp_path, data, reason, words):
    archive = new_archive(tmp_path)
    [failed] = store(archive, data)
    assert isinstance(failed, Failed)
    assert failed.failure.reason == reason
    assert words in str(failed.failure)
    assert objects(archive) == []
    assert rows(archive, study) == []


def test_a_value_that_is_no_uid_is_never_repeated(tmp_path):
    for keyword in ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "SOPClassUID"):
        [failed] = store(new_archive(tmp_path), ct_image(**{keyword: HOSTILE}))
        shown = f"{failed.failure} {failed.sop_class_uid} {failed.sop_instance_uid}"
        assert "DROP" not in shown
        assert "\n" not in shown


def test_a_dicomdir_is_refused_by_its_name(tmp_path):
    data = ct_image(SOPClassUID="1.2.840.10008.1.3.10")
    [failed] = store(new_archive(tmp_path), data)
    assert (failed.failure.reason, "DICOMDIR" in str(failed.failure)) == (0x0122, True)


def with_meta_of_another_instance() -> bytes:
    data = part10(ct_data_set(SOPInstanceUID="1.2.3.4"))
    at = data.index(b"1.2.3.4")
    return data[:at] + b"1.2.3.5" + data[at + 7 :]


def test_meta_information_of_a_file_may_name_another_instance_and_the_data_set_counts(tmp_path):
    [stored] = store(new_archive(tmp_path), with_meta_of_another_instance())
    assert stored.sop_instance_uid == "1.2.3.4"


def test_meta_information_that_repeats_a_command_must_name_the_same_instance(tmp_path):
    [failed] = store(new_archive(tmp_path), with_meta_of_another_instance(), meta_agrees=True)
    assert (failed.failure.reason, failed.sop_instance_uid) == (0xA900, "1.2.3.4")


def test_an_instance_of_another_study_than_the_one_asked_for_is_refused(archive):
    right, wrong = ct_image(StudyInstanceUID="1"), ct_image(StudyInstanceUID="2")
    outcomes = store(archive, right, wrong, study_instance_uid="1")
    assert isinstance(outcomes[0], Stored)
    assert outcomes[1].failure.reason == 0xA900


def test_one_bad_file_of_three_is_an_outcome_in_its_place(archive):
    outcomes = store(archive, ct_image(), b"junk" * 100, ct_image())
    assert [type(outcome) for outcome in outcomes] == [Stored, Failed, Stored]


def test_an_instance_above_the_limit_is_refused(tmp_path):
    archive = new_archive(tmp_path, DICOMTUBE_MAX_INSTANCE_BYTES="200")
    [failed] = store(archive, ct_image())
    assert failed.failure.reason == 0xA700


def test_a_file_that_a_full_disk_cuts_is_an_outcome_and_its_neighbour_is_stored(archive):
    with archive.objects.spool() as cut, archive.objects.spool() as whole:
        whole.write(ct_image())
        cut._file.close()
        cut._file = os.fdopen(os.open("/dev/full", os.O_WRONLY), "wb")
        cut.write(b"still in the buffer")
        refused, kept = store_instances(archive, "archive", [cut, whole])
    assert isinstance(kept, Stored)
    assert refused.failure.reason == 0xA700


def test_more_than_a_batch_holds_is_stored_in_several_transactions(tmp_path):
    archive = new_archive(tmp_path, DICOMTUBE_MAX_BATCH_FILES="4")
    outcomes = store(archive, *(ct_image(StudyInstanceUID="1") for _ in range(10)))
    assert all(isinstance(outcome, Stored) for outcome in outcomes)
    assert rows(archive, study)[0].revision == 3


def test_a_study_is_announced_after_its_commit_with_its_revision(database_url, tmp_path):
    seen = []

    def announce(news):
        with reading(archive.engine) as connection:
            seen.append((news, connection.scalar(select(func.count()).select_from(instance))))

    archive = new_archive(tmp_path, database_url, announce)
    store(archive, ct_image(StudyInstanceUID="1"))
    store(archive, ct_image(StudyInstanceUID="1"))
    assert seen == [
        (Announcement("archive", "1", 1), 1),
        (Announcement("archive", "1", 2), 2),
    ]
    archive.close()


def test_a_queue_that_is_down_does_not_touch_ingest(database_url, tmp_path):
    def announce(_):
        raise ConnectionRefusedError("no broker")

    archive = new_archive(tmp_path, database_url, announce)
    [outcome] = store(archive, ct_image())
    assert isinstance(outcome, Stored)
    archive.close()


def test_what_is_sent_to_community_goes_into_quarantine_with_a_warning(archive, announced):
    [outcome] = store(archive, ct_image(), collection="community")
    assert outcome.warning == 0xB000
    [row] = rows(archive, study)
    with reading(archive.engine) as connection:
        hidden = connection.scalar(
            text("SELECT name FROM collection WHERE id = :id").bindparams(id=row.collection_id)
        )
    assert hidden == "community.quarantine"
    [news] = announced
    assert news.collection == "community.quarantine"
    assert news.study_instance_uid == outcome.coming.study_instance_uid
    assert news.study_instance_uid != outcome.study_instance_uid


def test_bytes_that_a_dead_ingest_left_are_found_and_deleted(archive, monkeypatch):
    def die(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("archive.ingest._flip", die)
    with pytest.raises(KeyboardInterrupt):
        store(archive, ct_image())
    monkeypatch.undo()
    assert objects(archive) == [row.object_key for row in rows(archive, loose_object)]
    assert rows(archive, study) == []
    assert sweep_objects(archive, timedelta(hours=1)) == 0
    assert sweep_objects(archive, timedelta(0)) == 1
    assert objects(archive) == []


def test_an_ingest_that_a_sweep_overtook_fails_instead_of_showing_lost_bytes(archive, monkeypatch):
    adopt = archive.objects.adopt

    def slow(files):
        adopt(files)
        assert sweep_objects(archive, timedelta(0)) == 1

    monkeypatch.setattr(archive.objects, "adopt", slow)
    with pytest.raises(StoreUnavailable):
        store(archive, ct_image())
    assert rows(archive, instance) == []
    assert rows(archive, study) == []


def test_an_index_that_is_down_is_said_and_nothing_is_acknowledged(archive):
    with writing(archive.engine) as connection:
        connection.execute(text("DROP TABLE instance_document"))
    with pytest.raises(StoreUnavailable):
        store(archive, ct_image())
    assert rows(archive, study) == []


def test_storing_again_clears_the_mark_of_an_erasure(archive):
    data = ct_image(StudyInstanceUID="1")
    store(archive, data)
    erase(archive, LOCAL, "archive", "1")
    assert rows(archive, tombstone)
    [outcome] = store(archive, data)
    assert (outcome.already, rows(archive, tombstone)) == (False, [])


def test_bulk_rows_take_few_statements_whatever_the_batch(archive):
    def count(size):
        seen = []

        def note(*args):
            seen.append(args[2])

        event.listen(archive.engine, "before_cursor_execute", note)
        uid = generate_uid()
        store(archive, *(ct_image(StudyInstanceUID=uid) for _ in range(size)))
        event.remove(archive.engine, "before_cursor_execute", note)
        return len(seen)

    count(1)  # the collection is looked up once
    assert count(30) == count(2)
