"""What a person sends is their own: two people never meet in a study, whoever knows which names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset
from sqlalchemy import select

from archive import uploads
from archive.access import LOCAL, PUBLIC, Principal, Scope, audience_of, person_name
from archive.archive import Announcement, Archive
from archive.collections import COMMUNITY, get_collection, quarantine_of
from archive.database import reading, writing
from archive.deid_keys import add_key, keys_at
from archive.destinations import Destinations
from archive.erase import erase
from archive.errors import NotAllowed, NotFound, StoreUnavailable
from archive.ingest import Failed, Outcome, Stored, store_instances
from archive.models import instance
from archive.policies import DEFAULT_PROFILE, change_policy
from archive.promotion import promote
from archive.receiving import receive
from archive.retrieve import find_instances, open_instance
from archive.sharing import list_audiences, share_study, unshare_study
from imaging.deidentify.profile import Option, Profile
from imaging.deidentify.pseudonyms import patient_key, pseudonym
from imaging.deidentify.uids import map_uid
from tests.archives import new_archive, store
from tests.builders import ct_image
from worker.pipeline import process_study

ANN, BEN = (
    Principal(person_name(who), audiences=frozenset({audience_of(who)})) for who in ("a-1", "b-2")
)
MACHINE = "token 7"
STUDY, SERIES = "1.2.826.97.1", "1.2.826.97.1.1"
ORIGINAL = {
    "PatientName": "Plantagenet^Eleanor",
    "PatientID": "PLANTED-4711",
    "StudyInstanceUID": STUDY,
    "SeriesInstanceUID": SERIES,
    "SOPInstanceUID": f"{SERIES}.1",
    "FrameOfReferenceUID": f"{STUDY}.9",
    "StudyDate": "20200229",
}
PLANTED = (b"lantagenet", b"PLANTED", b"1.2.826.97", b"20200229")


@pytest.fixture
def told() -> list[Announcement]:
    return []


@pytest.fixture
def archive(tmp_path: Path, told: list[Announcement], database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url, told.append, DICOMTUBE_ACCESS="accounts")
    yield made
    made.close()


def sent(archive: Archive, sender: str, **attributes: Any) -> Outcome:
    image = ct_image(**{**ORIGINAL, **attributes})
    [outcome] = store(archive, image, collection=COMMUNITY, sender=sender)
    return outcome


def send(archive: Archive, sender: str, **attributes: Any) -> Stored:
    outcome = sent(archive, sender, **attributes)
    assert isinstance(outcome, Stored), outcome
    assert outcome.coming
    return outcome


def work(archive: Archive, told: list[Announcement]) -> None:
    while told:
        process_study(archive, told.pop(0))


def files(archive: Archive, who: Principal | None, stored: Stored) -> list[bytes]:
    assert stored.coming
    found = find_instances(archive, who, COMMUNITY, stored.coming.study_instance_uid)
    return [open_instance(archive, one).read() for one in found]


def seen(archive: Archive, who: Principal | None, stored: Stored) -> list[Dataset]:
    return [pydicom.dcmread(BytesIO(data)) for data in files(archive, who, stored)]


def waiting(archive: Archive) -> list[str]:
    hidden = quarantine_of(archive, get_collection(archive, COMMUNITY))
    query = select(instance.c.sop_instance_uid).where(instance.c.collection_id == hidden.id)
    with reading(archive.engine) as connection:
        return list(connection.scalars(query))


def names(one: Dataset) -> set[str]:
    """By what an instance, its patient and its time could be known again."""
    uids = {str(e.value) for e in one.iterall() if e.VR == "UI"}
    return {uid for uid in uids if uid.startswith("2.25.")} | {one.PatientID, one.StudyDate}


def test_two_people_who_send_the_same_study_have_a_study_each(archive, told):
    mine, theirs = send(archive, ANN.name), send(archive, BEN.name)
    assert not theirs.already
    work(archive, told)
    for reader, own, other in ((ANN, mine, theirs), (BEN, theirs, mine)):
        [one] = seen(archive, reader, own)
        assert one.SOPInstanceUID == own.coming.sop_instance_uid
        assert list_audiences(archive, COMMUNITY, one.StudyInstanceUID) == set(reader.audiences)
        with pytest.raises(NotAllowed):
            seen(archive, reader, other)
        with pytest.raises(NotFound):
            uploads.find_upload(archive, reader, other.coming.upload)


def test_nothing_tells_that_the_studies_of_two_people_show_one_patient(archive, told):
    mine, theirs = send(archive, ANN.name), send(archive, BEN.name)
    shared = send(archive, MACHINE)
    work(archive, told)
    [one], [other] = seen(archive, ANN, mine), seen(archive, BEN, theirs)
    [third] = seen(archive, Principal("token", frozenset({(COMMUNITY, "read")})), shared)
    assert names(one) & names(other) == set()
    assert names(one) & names(third) == set()
    assert one.pixel_array.tobytes() == other.pixel_array.tobytes()


def test_who_sends_something_under_the_names_of_an_original_learns_and_gets_nothing(archive, told):
    victim = send(archive, ANN.name)
    probe = send(archive, BEN.name, SOPInstanceUID="1.2.3.4", PatientName="Probe")
    work(archive, told)
    late = send(archive, BEN.name, SOPInstanceUID="1.2.3.5", PatientName="Probe")
    work(archive, told)
    assert late.coming.study_instance_uid == probe.coming.study_instance_uid
    [one] = seen(archive, ANN, victim)
    found = seen(archive, BEN, probe)
    assert len(found) == 2
    assert all(names(one) & names(each) == set() for each in found)


def test_another_file_under_a_name_that_waits_already_is_no_duplicate_of_somebody_elses(
    archive, told
):
    mine = send(archive, ANN.name)
    theirs = send(archive, BEN.name, PatientName="Somebody^Else")
    again = sent(archive, BEN.name, PatientName="Somebody^Else^Again")
    assert isinstance(again, Failed)
    assert again.sop_instance_uid == ORIGINAL["SOPInstanceUID"]
    work(archive, told)
    assert len(files(archive, ANN, mine)) == len(files(archive, BEN, theirs)) == 1


def test_senders_are_answered_in_their_own_names(archive):
    outcome = send(archive, ANN.name)
    assert (outcome.study_instance_uid, outcome.series_instance_uid) == (STUDY, SERIES)
    assert outcome.sop_instance_uid == ORIGINAL["SOPInstanceUID"]
    assert ORIGINAL["SOPInstanceUID"] not in waiting(archive)
    assert send(archive, ANN.name).already
    assert len(waiting(archive)) == 1


def test_what_one_person_sends_keeps_its_references_and_its_patient(archive, told):
    image = send(archive, ANN.name)
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = ORIGINAL["SOPInstanceUID"]
    later = send(
        archive,
        ANN.name,
        StudyInstanceUID="1.2.826.97.2",
        SeriesInstanceUID="1.2.826.97.2.1",
        SOPInstanceUID="1.2.826.97.2.1.1",
        StudyDate="20200307",
        ReferencedImageSequence=[item],
    )
    work(archive, told)
    [one], [other] = seen(archive, ANN, image), seen(archive, ANN, later)
    assert other.ReferencedImageSequence[0].ReferencedSOPInstanceUID == one.SOPInstanceUID
    assert (one.PatientID, one.FrameOfReferenceUID) == (other.PatientID, other.FrameOfReferenceUID)
    apart = date.fromisoformat(other.StudyDate) - date.fromisoformat(one.StudyDate)
    assert apart.days == 7
    assert not [word for data in files(archive, ANN, later) for word in PLANTED if word in data]


@pytest.mark.parametrize("published", [False, True])
def test_the_same_person_goes_on_with_their_study_also_after_the_keys_were_rotated(
    archive, told, published
):
    first = send(archive, ANN.name)
    if published:
        work(archive, told)
    add_key(archive.settings.deid_key_file)
    theirs = send(archive, BEN.name)
    again = send(archive, ANN.name)
    assert again.coming == first.coming
    assert (
        send(archive, ANN.name, SOPInstanceUID=f"{SERIES}.2").coming.upload == again.coming.upload
    )
    image = Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.ReferencedSOPInstanceUID = ORIGINAL["SOPInstanceUID"]
    refers = {"StudyInstanceUID": "1.2.826.97.5", "SOPInstanceUID": "1.2.826.97.5.1"}
    refers |= {"SeriesInstanceUID": "1.2.826.97.5.2", "PatientID": "PLANTED-0815"}
    other = send(archive, ANN.name, **refers, ReferencedImageSequence=[image])
    while told:
        process_study(archive, told.pop())  # the referring study first
    assert len(seen(archive, ANN, first)) == 2
    assert len(seen(archive, BEN, theirs)) == 1
    [referring] = seen(archive, ANN, other)
    [reference] = referring.ReferencedImageSequence
    assert reference.ReferencedSOPInstanceUID == first.coming.sop_instance_uid


def test_what_machines_send_is_named_as_ever(archive):
    [secret] = keys_at(archive.settings.deid_key_file)
    for sender in ("", MACHINE, "peer CT1 at 10.1.2.3", "local"):
        stored = send(archive, sender)
        assert stored.coming.study_instance_uid == map_uid(secret, COMMUNITY, STUDY)
    patient = patient_key("PLANTED-4711", "", "", "")
    mine = secret.of("a-1")
    assert pseudonym(mine, COMMUNITY, patient) != pseudonym(secret, COMMUNITY, patient)
    assert (secret.of(""), mine.id) == (secret, secret.id)


def added(archive: Archive, sender: str, image: Dataset, number: int = 1, **more: Any) -> Outcome:
    """What somebody who saw a published instance adds to its study."""
    names = ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "StudyDate")
    given = {name: str(image[name].value) for name in names}
    return sent(archive, sender, **{**given, "SOPInstanceUID": f"1.2.3.{number}", **more})


def test_a_report_on_a_study_of_ones_own_joins_it_under_its_names(archive, told):
    mine = send(archive, ANN.name)
    work(archive, told)
    [image] = seen(archive, ANN, mine)
    report = added(archive, ANN.name, image)
    assert isinstance(report, Stored)
    assert report.coming.upload == mine.coming.upload
    work(archive, told)
    assert isinstance(added(archive, MACHINE, image, 2), Stored)
    work(archive, told)
    found = seen(archive, ANN, mine)
    assert [one.SOPInstanceUID for one in found[1:]] == ["1.2.3.1", "1.2.3.2"]
    assert {(one.PatientID, one.StudyDate) for one in found} == {(image.PatientID, image.StudyDate)}
    assert list_audiences(archive, COMMUNITY, image.StudyInstanceUID) == set(ANN.audiences)
    later = send(archive, ANN.name, SOPInstanceUID=f"{SERIES}.2")
    work(archive, told)
    assert later.coming.upload == mine.coming.upload
    assert seen(archive, ANN, mine)[-1].SOPInstanceUID == later.coming.sop_instance_uid


def test_nobody_adds_to_a_published_study_that_is_not_theirs(archive, told):
    mine, common = send(archive, ANN.name), send(archive, MACHINE, StudyInstanceUID="1.2.3")
    work(archive, told)
    for stored in (mine, common):
        share_study(archive, COMMUNITY, stored.coming.study_instance_uid, PUBLIC)
        [image] = seen(archive, None, stored)
        refused = added(archive, BEN.name, image)
        assert isinstance(refused, Failed)
        assert refused.failure.reason == 0x0124
        assert str(refused.failure).endswith("is not yours: only whose it is can add to it")
        assert refused.sop_instance_uid == "1.2.3.1"
        assert len(files(archive, None, stored)) == 1
    assert waiting(archive) == []
    [image] = seen(archive, None, mine)
    unshare_study(archive, COMMUNITY, image.StudyInstanceUID, *ANN.audiences)
    assert isinstance(added(archive, ANN.name, image), Failed)


def test_a_refused_file_takes_none_of_its_neighbours_along(archive, told):
    mine = send(archive, ANN.name)
    work(archive, told)
    [image] = seen(archive, ANN, mine)
    theirs = ct_image(StudyInstanceUID=image.StudyInstanceUID)
    outcomes = store(archive, theirs, ct_image(**ORIGINAL), collection=COMMUNITY, sender=BEN.name)
    assert [isinstance(one, Stored) for one in outcomes] == [False, True]


def test_an_operator_adds_to_any_study_and_it_becomes_nobody_elses(archive, told):
    mine = send(archive, ANN.name)
    work(archive, told)
    [image] = seen(archive, ANN, mine)
    report = ct_image(StudyInstanceUID=image.StudyInstanceUID, PatientID=image.PatientID)
    spool = archive.objects.spool()
    spool.write(report)
    [outcome] = store_instances(archive, COMMUNITY, [spool], sender=BEN.name, adds_to_all=True)
    assert isinstance(outcome, Stored)
    work(archive, told)
    assert len(files(archive, ANN, mine)) == 2
    assert list_audiences(archive, COMMUNITY, image.StudyInstanceUID) == set(ANN.audiences)


def retain_uids(archive: Archive) -> None:
    profile = Profile(DEFAULT_PROFILE.options | {Option.RETAIN_UIDS})
    change_policy(archive, get_collection(archive, COMMUNITY).id, profile=profile)


def test_where_uids_stay_a_study_is_whose_it_was_first(archive, told):
    retain_uids(archive)
    mine = send(archive, ANN.name)
    assert isinstance(sent(archive, BEN.name, SOPInstanceUID="1.2.3.4"), Failed)
    work(archive, told)
    assert isinstance(sent(archive, BEN.name), Failed)
    send(archive, ANN.name, SOPInstanceUID=f"{SERIES}.2")
    send(archive, MACHINE, SOPInstanceUID=f"{SERIES}.3")
    work(archive, told)
    found = seen(archive, ANN, mine)
    assert len(found) == 3
    assert len({(one.PatientID, one.StudyDate) for one in found}) == 1
    assert list_audiences(archive, COMMUNITY, STUDY) == set(ANN.audiences)


def test_two_who_begin_a_study_that_keeps_its_uids_at_one_moment_do_not_meet_either(archive):
    retain_uids(archive)
    place = get_collection(archive, COMMUNITY)
    at_once = Destinations(archive, place).of(STUDY, "somebody", BEN.name)
    send(archive, ANN.name)
    with pytest.raises(StoreUnavailable, match="try again"), writing(archive.engine) as connection:
        receive(connection, place, quarantine_of(archive, place), {STUDY: at_once}, {})


def test_operators_erase_what_waits_by_the_names_it_was_sent_under(archive):
    for sender in (ANN.name, BEN.name, MACHINE):
        send(archive, sender)
        send(archive, sender, SOPInstanceUID=f"{SERIES}.2")
    named = (STUDY, SERIES, f"{SERIES}.2")
    assert erase(archive, LOCAL, COMMUNITY, *named, quarantined=True) == 3
    assert erase(archive, LOCAL, COMMUNITY, STUDY, quarantined=True) == 3
    assert waiting(archive) == []


def test_a_study_of_the_archive_is_given_to_the_community_by_each_for_themselves(archive, told):
    store(archive, ct_image(**ORIGINAL))
    grants = frozenset({("archive", Scope.READ), (COMMUNITY, Scope.WRITE)})
    given = {}
    for who in (ANN, BEN):
        asking = Principal(who.name, grants, audiences=who.audiences)
        given[who.name] = promote(archive, asking, STUDY, "archive", COMMUNITY)
        work(archive, told)
        again = promote(archive, asking, STUDY, "archive", COMMUNITY)
        assert (again.taken, again.already, again.failed) == (0, 1, 0)
        audiences = list_audiences(archive, COMMUNITY, again.study_instance_uid)
        assert audiences == set(who.audiences)
    assert len({one.study_instance_uid for one in given.values()}) == 2
