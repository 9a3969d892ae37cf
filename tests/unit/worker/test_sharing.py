"""A published study is read by the people who sent it, and by nobody else until they share it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.access import Principal, audience_of, person_name
from archive.archive import Announcement
from archive.errors import NotAllowed, Unauthenticated
from archive.retrieve import find_instances
from archive.sharing import list_audiences, owns
from tests.archives import new_archive, store
from tests.builders import ct_image
from worker.pipeline import process_study

ANN, BEN = (
    Principal(person_name(who), audiences=frozenset({audience_of(who)})) for who in ("a-1", "b-2")
)
STUDY = {"StudyInstanceUID": "1.2.826.98.1", "SeriesInstanceUID": "1.2.826.98.1.1"}


def test_who_sent_a_study_reads_it_when_it_is_published(database_url: str, tmp_path: Path) -> None:
    told: list[Announcement] = []
    archive = new_archive(tmp_path, database_url, told.append, DICOMTUBE_ACCESS="accounts")

    def send(sender: str, number: int) -> str:
        image = ct_image(**STUDY, SOPInstanceUID=f"1.2.826.98.1.1.{number}")
        [stored] = store(archive, image, collection="community", sender=sender)
        while told:
            process_study(archive, told.pop(0))
        return str(stored.coming.study_instance_uid)

    study = send(ANN.name, 1)
    assert list_audiences(archive, "community", study) == {audience_of("a-1")}
    assert next(find_instances(archive, ANN, "community", study))
    assert owns(archive, ANN, "community", study)
    with pytest.raises(NotAllowed):
        next(find_instances(archive, BEN, "community", study))
    with pytest.raises(Unauthenticated):
        next(find_instances(archive, None, "community", study))
    machines = send("token 7", 2)  # a study of its own, which it reads by its grants alone
    assert machines != study
    assert list_audiences(archive, "community", machines) == set()
    assert list_audiences(archive, "community", study) == {audience_of("a-1")}
    archive.close()
