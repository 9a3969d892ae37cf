"""From the doors through a real worker to a published study, and nothing of the patient left."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import inspect, text

from archive.access import LOCAL
from archive.archive import Archive
from archive.collections import get_collection
from archive.errors import NotFound
from archive.policies import DAY_S, change_policy
from archive.retrieve import find_instances
from archive.review import decide, items
from archive.uploads import PUBLISHED, REVIEW, Upload, find_upload
from tests.archives import store
from tests.builders import ct_image
from tests.conftest import Stack
from tests.integration.test_worker import Place, here, place, small
from tests.services import wait_until
from worker.deidentification import erase_due

__all__ = ["here", "place", "small"]

PLANTED = (
    "Plantagenet",
    "PLANTED4711",
    "1.2.826.77",
    "ACCPLANTED",
    "Doktor^Planted",
    "+49-351-4711",
)
FILE = {
    "PatientName": "Plantagenet^Eleanor",
    "PatientID": "PLANTED4711",
    "StudyInstanceUID": "1.2.826.77.1",
    "SeriesInstanceUID": "1.2.826.77.1.1",
    "AccessionNumber": "ACCPLANTED",
    "ReferringPhysicianName": "Doktor^Planted",
    "PatientTelephoneNumbers": "+49-351-4711",
    "StudyDescription": "Head of Plantagenet, call +49-351-4711",
}


def send(place: Place, *files: bytes) -> Upload:
    outcomes = store(place.archive, *files, collection="community")
    [token] = {one.coming.upload for one in outcomes}
    return find_upload(place.archive, LOCAL, token)


def state(place: Place, upload: Upload) -> str:
    return find_upload(place.archive, LOCAL, upload.token).state


def test_a_study_is_published_and_nothing_of_the_patient_is_left(here: Place, stack: Stack) -> None:
    upload = send(
        here, *(ct_image(**FILE, SOPInstanceUID=f"1.2.826.77.1.1.{n}") for n in range(1, 6))
    )
    with here.worker():
        wait_until(lambda: state(here, upload) == PUBLISHED, "the study to be published")
        here.wait_processed()
        wait_until(lambda: not _originals(here.archive), "the originals to be erased")
    found = find_upload(here.archive, LOCAL, upload.token)
    assert (found.instances, found.cleaned, found.published) == (5, 5, 5)
    assert _leaks_in_index(here.archive) == []
    assert _leaks_in_objects(here.archive) == []
    assert _leaks_in_broker(here) == []
    # The last commit stays in the log of SQLite for a moment.
    wait_until(lambda: _leaks_in_files(here.home) == [], "the files to be clean", 10)


def test_originals_are_kept_as_long_as_the_policy_says_and_then_nothing_is_left(
    here: Place,
) -> None:
    community = get_collection(here.archive, "community")
    here.environment["TMPDIR"] = str(here.home / "tmp")
    (here.home / "tmp").mkdir()
    change_policy(here.archive, community.id, keep_original_s=3 * DAY_S)
    try:
        values = FILE | {"StudyInstanceUID": "1.2.826.77.2", "SeriesInstanceUID": "1.2.826.77.2.1"}
        upload = send(here, *(ct_image(**values) for _ in range(2)))
        with here.worker(), here.beat():
            wait_until(lambda: state(here, upload) == PUBLISHED, "the study to be published")
            here.wait_processed()
        over = find_upload(here.archive, LOCAL, upload.token).changed_at + timedelta(days=3)
        assert erase_due(here.archive, over - timedelta(seconds=1)) == 0
        # They are there, and would be found by what is asked below.
        assert _leaks_in_index(here.archive)
        assert len(_leaks_in_objects(here.archive)) == 2
        assert _leaks_in_broker(here) == []
        with pytest.raises(NotFound):
            next(find_instances(here.archive, LOCAL, "community", "1.2.826.77.2"))
        assert erase_due(here.archive, over) == 2
    finally:
        change_policy(here.archive, community.id, keep_original_s=0)
    assert _originals(here.archive) == 0
    assert _leaks_in_index(here.archive) == []
    assert _leaks_in_objects(here.archive) == []
    assert _leaks_in_broker(here) == []
    wait_until(lambda: _leaks_in_files(here.home) == [], "the files to be clean", 10)
    seen = find_instances(here.archive, LOCAL, "community", upload.study_instance_uid)
    assert len(list(seen)) == 2


def test_a_study_that_waits_for_a_person_goes_on_when_it_was_decided(here: Place) -> None:
    community = get_collection(here.archive, "community")
    change_policy(here.archive, community.id, review="always")
    try:
        upload = send(here, ct_image())
        with here.worker():
            wait_until(lambda: state(here, upload) == REVIEW, "the question")
            [item] = items(here.archive, LOCAL, upload.token)
            assert item.frames == 1
            assert decide(here.archive, LOCAL, upload.token, item.number, ())
            wait_until(lambda: state(here, upload) == PUBLISHED, "the study to be published")
    finally:
        change_policy(here.archive, community.id, review="uncertain")


def test_a_poisoned_study_fails_alone(here: Place) -> None:
    bad = send(here, ct_image(SOPInstanceUID="1.2.3.66"))
    hidden = [key for key in here.archive.objects.keys("") if key.endswith(".dcm")]
    good = send(here, ct_image())
    here.archive.objects.delete(*hidden)
    with here.worker():
        wait_until(lambda: state(here, good) == PUBLISHED, "the good study")
        wait_until(lambda: state(here, bad) == REVIEW, "the bad study")


def _originals(archive: Archive) -> int:
    with archive.engine.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM quarantined")) or 0)


def _leaks_in_index(archive: Archive) -> list[str]:
    """Tables in whose rows a planted string stands, as a dump of the database would show it."""
    found = []
    with archive.engine.connect() as connection:
        for name in inspect(archive.engine).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{name}"')):
                if any(planted in repr(tuple(row)) for planted in PLANTED):
                    found.append(name)
    return found


def _leaks_in_objects(archive: Archive) -> list[str]:
    return [key for key in archive.objects.keys("") if _leaks(archive.objects.open(key).read())]


def _leaks_in_broker(place: Place) -> list[str]:
    client = redis.Redis.from_url(place.environment["DICOMTUBE_BROKER_URL"])
    return [key.decode() for key in client.keys("*") if _leaks(key) or _leaks(_dump(client, key))]


def _dump(client: redis.Redis, key: bytes) -> bytes:
    kind = client.type(key)
    if kind == b"list":
        return b"".join(client.lrange(key, 0, -1))
    if kind == b"hash":
        return repr(client.hgetall(key)).encode()
    return repr(client.get(key)).encode() if kind == b"string" else b""


def _leaks_in_files(home: Path) -> list[str]:
    """Everything else in the home: logs, the spool, and SQLite's files as they lie on disk."""
    return [
        str(path.relative_to(home))
        for path in home.rglob("*")
        if path.is_file() and _leaks(path.read_bytes())
    ]


def _leaks(data: bytes) -> bool:
    return any(planted.encode() in data for planted in PLANTED)


def test_no_door_names_a_quarantine(here: Place) -> None:
    with pytest.raises(NotFound):
        get_collection(here.archive, "community.quarantine")
