"""A worker that is killed while it de-identifies: nothing half-published, no original readable."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from sqlalchemy import select

from archive import answers, claims, publication, uploads
from archive.access import LOCAL, audience_of
from archive.archive import open_archive
from archive.database import reading
from archive.errors import Gone, NotFound
from archive.models import cleaned_instance, instance, loose_object, quarantined
from archive.outbox import sweep_objects
from archive.retrieve import find_instances, open_instance
from archive.sharing import list_audiences
from archive.uploads import PUBLISHED, find_upload, waiting
from tests.archives import new_archive, store
from tests.builders import ct_image
from worker import cleaning, gathering, shifts
from worker.deidentification import erase_due
from worker.pipeline import process_study

pytestmark = pytest.mark.alone

INSTANCES = 3
STUDY = {"StudyInstanceUID": "1.2.826.5", "SeriesInstanceUID": "1.2.826.5.1"}


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function):
    def then_die(*args, **kwargs):
        function(*args, **kwargs)
        die()

    return then_die


# Where it dies; the modules are those of a forked process.
STEPS = {
    "before anything": (gathering, "gather_all", die),
    "gathered": (gathering, "gather_all", after),
    "its basis noted": (claims, "begin", after),
    "originals claimed": (claims, "take", after),
    "in the middle of a file": (cleaning, "clean", die),
    "a file written": (cleaning, "clean", after),
    "before the second pass": (cleaning, "check_finished", die),
    "before bytes are durable": (answers.swap, "make_durable", die),
    "bytes durable, not noted": (answers.swap, "make_durable", after),
    "noted, not committed": (answers, "note_progress", after),
    "all noted": (shifts, "keep_answers", after),
    "before publication": (publication, "publish", die),
    "rows written, not committed": (publication, "_mark_published", after),
    "published, not announced": (publication, "announce", die),
    "before originals are erased": (publication, "erase_originals", die),
    "originals' rows gone, bytes there": (publication, "delete_objects", die),
    "originals erased": (publication, "delete_objects", after),
}
PUBLISHED_BY_THEN = {
    "published, not announced",
    "before originals are erased",
    "originals' rows gone, bytes there",
    "originals erased",
}


# Where names are made, kept or shared.
OF_A_PERSON = ("a file written", "rows written, not committed", "originals' rows gone, bytes there")
SENT_AND_KILLED = [("", step) for step in STEPS] + [("person a-1", step) for step in OF_A_PERSON]


@pytest.mark.parametrize(("sender", "step"), SENT_AND_KILLED)
def test_killed_at_any_step_it_is_all_or_nothing_and_goes_on(database_url, tmp_path, sender, step):
    told = []
    archive = new_archive(tmp_path, database_url, told.append)
    files = [ct_image(**STUDY, PatientName="Plantagenet^E") for _ in range(INSTANCES)]
    stored = store(archive, *files, collection="community", sender=sender)
    [coming] = {one.coming.study_instance_uid for one in stored}
    [news] = told

    def child() -> None:
        module, name, how = STEPS[step]
        function = getattr(module, name)
        setattr(module, name, how if how is die else after(function))
        process_study(open_archive(archive.settings), news)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    seen = visible(archive, coming)
    assert len(seen) == (INSTANCES if step in PUBLISHED_BY_THEN else 0)
    check_clean(seen)
    check_hidden(archive)
    resume(archive, stored[0].coming.upload)
    check_clean(visible(archive, coming))
    assert len(visible(archive, coming)) == INSTANCES
    whose = {audience_of("a-1")} if sender else set()
    assert list_audiences(archive, "community", coming) == whose
    check_nothing_left_over(archive, tmp_path)
    archive.close()


def resume(archive, token: str) -> None:
    """What the sweep does, until it has nothing to do."""
    for news in waiting(archive, timedelta(0)):
        process_study(archive, news)
    erase_due(archive)
    assert find_upload(archive, LOCAL, token).state == PUBLISHED
    sweep_objects(archive, timedelta(0))
    archive.objects.sweep_spool(0)


def visible(archive, study: str) -> list[bytes]:
    try:
        found = list(find_instances(archive, LOCAL, "community", study))
    except NotFound:
        return []
    return [open_instance(archive, one).read() for one in found]


def check_clean(files: list[bytes]) -> None:
    for data in files:
        assert b"lantagenet" not in data
        assert pydicom.dcmread(BytesIO(data)).PatientIdentityRemoved == "YES"


def check_hidden(archive) -> None:
    """The originals can be had under none of their names."""
    for name in ("community", "archive"):
        with pytest.raises((NotFound, Gone)):
            next(find_instances(archive, LOCAL, name, STUDY["StudyInstanceUID"]))
    with pytest.raises(NotFound):
        find_instances(archive, LOCAL, "community.quarantine", STUDY["StudyInstanceUID"])


def check_nothing_left_over(archive, home: Path) -> None:
    with reading(archive.engine) as connection:
        versions = set(connection.scalars(select(instance.c.version)))
        assert connection.execute(select(loose_object)).all() == []
        assert connection.execute(select(quarantined)).all() == []
        assert connection.execute(select(cleaned_instance)).all() == []
    assert {Path(key).stem for key in archive.objects.keys("")} == versions
    assert len(versions) == INSTANCES
    assert list(home.rglob("*.part")) == []
    assert uploads.count_states(archive)[PUBLISHED] == 1
