"""What is left to do is read from the state."""

from datetime import timedelta

import pytest

from archive import outbox
from archive.archive import Announcement
from archive.errors import StoreUnavailable
from archive.outbox import (
    clear_dead_letter,
    count_unprocessed,
    list_dead_letters,
    record_dead_letter,
    sweep_objects,
    unprocessed,
)
from archive.swap import make_durable
from tests.archives import store
from tests.builders import ct_image


def test_a_young_change_is_left_to_its_own_announcement(archive):
    store(archive, ct_image())
    assert unprocessed(archive, timedelta(minutes=1)) == []
    assert count_unprocessed(archive) == len(unprocessed(archive, timedelta(0))) == 1


def test_quarantine_waits_for_nobody(archive):
    store(archive, ct_image(), collection="community")
    assert unprocessed(archive, timedelta(0)) == []
    assert count_unprocessed(archive) == 0


def test_what_was_given_up_rests_until_it_changes_or_is_cleared(archive, announced):
    store(archive, ct_image(StudyInstanceUID="1"))
    record_dead_letter(archive, announced[0], "process_study", "it failed five times")
    record_dead_letter(archive, announced[0], "process_study", "it failed again")
    [letter] = list_dead_letters(archive)
    assert (letter.announcement, letter.reason) == (announced[0], "it failed again")
    assert unprocessed(archive, timedelta(0)) == []
    store(archive, ct_image(StudyInstanceUID="1"))
    assert unprocessed(archive, timedelta(0)) == [Announcement("archive", "1", 2)]
    assert clear_dead_letter(archive, letter.id)
    assert not clear_dead_letter(archive, letter.id)
    assert list_dead_letters(archive) == []


def test_the_sweep_deletes_loose_objects_of_a_certain_age_and_no_others(archive):
    store(archive, ct_image())
    spool = archive.objects.spool()
    make_durable(archive, {"1/aa/bb/loose.dcm": spool})
    assert sweep_objects(archive, timedelta(hours=1)) == 0
    assert sweep_objects(archive, timedelta(0)) == 1
    assert len(list(archive.objects.keys())) == 1
    assert sweep_objects(archive, timedelta(0)) == 0


def test_a_key_whose_object_never_came_is_forgotten(archive):
    spool = archive.objects.spool()
    make_durable(archive, {"1/aa/bb/loose.dcm": spool})
    archive.objects.delete("1/aa/bb/loose.dcm")
    assert sweep_objects(archive, timedelta(0)) == 1
    assert sweep_objects(archive, timedelta(0)) == 0


@pytest.mark.parametrize("at_once", [1, 2, 200])
def test_an_object_that_cannot_be_deleted_does_not_keep_the_others(
    archive, monkeypatch, caplog, at_once
):
    keys = [f"1/aa/bb/{name}.dcm" for name in ("first", "second", "third", "fourth")]
    for key in keys:
        make_durable(archive, {key: archive.objects.spool()})
    monkeypatch.setattr(outbox, "_OBJECTS_AT_ONCE", at_once)
    delete, tried = archive.objects.delete, []

    def refuse_the_first(*some):
        tried.extend(some)
        if keys[0] in some:
            raise StoreUnavailable("the object folder cannot be written")
        delete(*some)

    monkeypatch.setattr(archive.objects, "delete", refuse_the_first)
    assert sweep_objects(archive, timedelta(0)) == 3
    assert list(archive.objects.keys()) == keys[:1]
    assert [record.getMessage() for record in caplog.records] == [
        "a loose object cannot be deleted; the next sweep tries again"
    ]
    monkeypatch.setattr(archive.objects, "delete", delete)
    assert sweep_objects(archive, timedelta(0)) == 1


def test_a_store_that_is_away_ends_the_sweep(archive, monkeypatch):
    make_durable(archive, {"1/aa/bb/loose.dcm": archive.objects.spool()})

    def away(*_keys):
        raise StoreUnavailable("the bucket cannot be reached")

    monkeypatch.setattr(archive.objects, "delete", away)
    monkeypatch.setattr(archive.objects, "check", away)
    with pytest.raises(StoreUnavailable):
        sweep_objects(archive, timedelta(0))
