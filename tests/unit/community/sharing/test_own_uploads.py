"""At the door: what a person sends is theirs, and nobody adds to what is somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from archive.access import PUBLIC
from archive.archive import Archive
from archive.sharing import list_audiences, share_study
from archive.uploads import waiting
from tests.builders import ct_image
from tests.people import Town, town
from tests.sent import content_type, message, part
from worker.pipeline import process_study

DOOR = "/community/dicom-web/studies"
ORIGINAL = {"StudyInstanceUID": "1.2.826.96.1", "SOPInstanceUID": "1.2.826.96.2"}


@pytest.fixture
def here(tmp_path, database_url) -> Iterator[Town]:
    with town(tmp_path, database_url) as found:
        for handle, role in (("ann", "member"), ("ben", "member"), ("boss", "operator")):
            found.person(handle, role)
        yield found


def stow(here: Town, handle: str, file: bytes) -> TestResponse:
    data = message([part(file, "application/dicom")])
    kind = content_type("application/dicom")
    answer = here.browser(handle).post(DOOR, data=data, content_type=kind)
    work(here.archive)
    return answer


def work(archive: Archive) -> None:
    for news in waiting(archive, timedelta(0)):
        process_study(archive, news)


def coming(answer: TestResponse) -> str:
    assert answer.status_code == 202, answer.text
    [item] = answer.get_json(force=True)["00081199"]["Value"]
    assert item["00081155"]["Value"] == [ORIGINAL["SOPInstanceUID"]]
    return str(answer.get_json(force=True)["00081190"]["Value"][0]).rpartition("/")[2]


def test_two_members_who_send_one_study_read_their_own_each(here: Town) -> None:
    study = {who: coming(stow(here, who, ct_image(**ORIGINAL))) for who in ("ann", "ben")}
    assert study["ann"] != study["ben"]
    for who, other in (("ann", "ben"), ("ben", "ann")):
        assert here.browser(who).get(f"{DOOR}/{study[who]}/metadata").status_code == 200
        assert here.browser(who).get(f"{DOOR}/{study[other]}/metadata").status_code == 403


def test_a_member_adds_nothing_to_what_somebody_else_made_public(here: Town) -> None:
    study = coming(stow(here, "ann", ct_image(**ORIGINAL)))
    share_study(here.archive, "community", study, PUBLIC)
    report = ct_image(StudyInstanceUID=study, SOPInstanceUID="1.2.3")
    refused = stow(here, "ben", report)
    assert refused.status_code == 409
    [item] = refused.get_json(force=True)["00081198"]["Value"]
    assert item["00081197"]["Value"] == [0x0124]
    assert "is not yours" in refused.text
    seen = here.browser("ben").get(f"{DOOR}/{study}/instances").get_json(force=True)
    assert len(seen) == 1
    for who, count in (("ann", 2), ("boss", 2)):
        assert stow(here, who, report).status_code == 202
        seen = here.browser("ann").get(f"{DOOR}/{study}/instances").get_json(force=True)
        assert len(seen) == count
    whose = list_audiences(here.archive, "community", study)
    assert whose == {PUBLIC, here.audience("ann")}
