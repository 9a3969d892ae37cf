"""What is erased is gone everywhere, and nothing else is."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from archive import publish
from archive.access import LOCAL, Principal
from archive.database import reading
from archive.erase import erase
from archive.errors import Gone, NotAllowed, NotFound, StoreUnavailable
from archive.models import (
    instance,
    instance_document,
    kept_metadata,
    loose_object,
    series,
    study,
    thumbnail,
    tombstone,
)
from archive.outbox import sweep_objects
from archive.retrieve import find_instances, metadata
from archive.values import decode
from tests.archives import store
from tests.builders import ct_image


def rows(archive, table):
    with reading(archive.engine) as connection:
        return connection.execute(select(table).order_by(*table.primary_key)).all()


@pytest.fixture
def filled(archive):
    """Two studies: 1 with series 1.1 (CT, two instances) and 1.2 (MR, one), and 2."""
    store(
        archive,
        *(
            ct_image(
                StudyInstanceUID="1",
                SeriesInstanceUID="1.1",
                SOPInstanceUID=f"1.1.{n}",
                StudyDescription=f"from {n}",
            )
            for n in (1, 2)
        ),
        ct_image(
            StudyInstanceUID="1", SeriesInstanceUID="1.2", SOPInstanceUID="1.2.1", Modality="MR"
        ),
        ct_image(StudyInstanceUID="2"),
    )
    return archive


def test_an_erased_study_leaves_no_row_and_no_object_of_its_own(filled):
    publish.keep_series_metadata(filled, "archive", "1", "1.1")
    assert erase(filled, LOCAL, "archive", "1") == 3
    assert [row.study_instance_uid for row in rows(filled, study)] == ["2"]
    assert len(rows(filled, series)) == len(rows(filled, instance)) == 1
    assert len(rows(filled, instance_document)) == len(list(filled.objects.keys())) == 1
    assert rows(filled, loose_object) == []


def test_an_erased_instance_is_in_no_kept_metadata_and_no_thumbnail_any_more(filled):
    publish.keep_series_metadata(filled, "archive", "1", "1.1")
    publish.keep_thumbnail(filled, publish.representative(filled, "archive", "1", "1.1"), b"jpeg")
    assert erase(filled, LOCAL, "archive", "1", "1.1", "1.1.1") == 1
    assert [key for key in filled.objects.keys() if not key.endswith(".dcm")] == []  # noqa: SIM118
    assert rows(filled, kept_metadata) == rows(filled, thumbnail) == []


def test_an_erased_series_leaves_the_study_counted_again(filled, announced):
    assert erase(filled, LOCAL, "archive", "1", "1.2") == 1
    row = rows(filled, study)[0]
    assert (row.number_of_series, row.number_of_instances) == (1, 2)
    assert decode(row.modalities_in_study) == ["CT"]
    assert announced[-1].revision == row.revision
    with pytest.raises(Gone):
        find_instances(filled, LOCAL, "archive", "1", "1.2")
    assert len(list(find_instances(filled, LOCAL, "archive", "1"))) == 2


def test_an_erased_instance_no_longer_describes_its_study(filled):
    assert rows(filled, study)[0].study_description == "from 1"
    erase(filled, LOCAL, "archive", "1", "1.1", "1.1.1")
    row = rows(filled, study)[0]
    assert row.study_description == "from 2"
    assert row.document_from == "1.1.2"
    assert rows(filled, series)[0].document_from == "1.1.2"
    assert rows(filled, series)[0].number_of_instances == 1


def test_the_last_instance_takes_its_series_and_its_study_along(filled):
    erase(filled, LOCAL, "archive", "1", "1.2", "1.2.1")
    with pytest.raises(Gone):
        metadata(filled, LOCAL, "archive", "1", "1.2")
    erase(filled, LOCAL, "archive", "1", "1.1")
    with pytest.raises(Gone):
        metadata(filled, LOCAL, "archive", "1")


def test_erasing_twice_is_gone_and_erasing_nothing_is_not_found(filled):
    erase(filled, LOCAL, "archive", "1", "1.1")
    with pytest.raises(Gone):
        erase(filled, LOCAL, "archive", "1", "1.1")
    with pytest.raises(NotFound):
        erase(filled, LOCAL, "archive", "1", "1.2", "9.9")
    with pytest.raises(NotFound):
        erase(filled, LOCAL, "archive", "7")
    assert rows(filled, study)[0].number_of_instances == 1


def test_erasing_needs_the_scope(filled):
    reader = Principal("token 1", frozenset({("archive", "read"), ("archive", "write")}))
    with pytest.raises(NotAllowed):
        erase(filled, reader, "archive", "1")
    assert len(rows(filled, study)) == 2


def test_a_large_study_is_erased_page_by_page(archive, monkeypatch):
    monkeypatch.setattr("archive.erase._INSTANCES_A_PAGE", 3)
    store(archive, *(ct_image(StudyInstanceUID="1") for _ in range(10)))
    assert erase(archive, LOCAL, "archive", "1") == 10
    assert list(archive.objects.keys()) == []


def test_objects_that_cannot_be_deleted_now_are_deleted_by_the_sweep(filled, monkeypatch):
    def down(*_):
        raise StoreUnavailable("down")

    monkeypatch.setattr(filled.objects, "delete", down)
    with pytest.raises(StoreUnavailable):
        erase(filled, LOCAL, "archive", "1")
    with pytest.raises(Gone):
        find_instances(filled, LOCAL, "archive", "1")
    monkeypatch.undo()
    assert sweep_objects(filled, timedelta(0)) == 3
    assert len(list(filled.objects.keys())) == 1


def test_what_waits_in_quarantine_is_erased_by_operators(archive):
    store(archive, ct_image(StudyInstanceUID="1"), ct_image(), collection="community")
    assert erase(archive, LOCAL, "community", "1", quarantined=True) == 1
    assert len(rows(archive, instance)) == 1
    with pytest.raises(NotFound):
        erase(archive, LOCAL, "community", "1", quarantined=True)


def test_who_asks_a_door_erases_nothing_that_waits_and_learns_nothing_of_it(archive):
    store(archive, ct_image(StudyInstanceUID="1"), collection="community")
    for uid in ("1", "2"):
        with pytest.raises(NotFound) as refused:
            erase(archive, LOCAL, "community", uid)
        assert str(refused.value) == "no such study"
    assert len(rows(archive, instance)) == 1


def test_no_mark_keeps_the_uids_of_what_was_erased_from_a_quarantine(archive):
    store(archive, ct_image(StudyInstanceUID="1"), collection="community")
    erase(archive, LOCAL, "community", "1", quarantined=True)
    with reading(archive.engine) as connection:
        assert connection.execute(select(tombstone)).all() == []


def test_nothing_is_announced_of_a_quarantine(archive, announced):
    store(
        archive,
        *(
            ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1", SOPInstanceUID=f"1.1.{n}")
            for n in (1, 2)
        ),
        collection="community",
    )
    announced.clear()
    assert erase(archive, LOCAL, "community", "1", "1.1", "1.1.1", quarantined=True) == 1
    assert announced == []
