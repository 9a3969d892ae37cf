"""What is left to do is read from the state."""

from datetime import timedelta

from archive.archive import Announcement
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
