"""An ingest that is killed: nothing acknowledged is lost, nothing half-written is visible."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from archive import ingest
from archive.access import LOCAL
from archive.database import reading
from archive.models import instance, loose_object, study
from archive.outbox import sweep_objects, unprocessed
from archive.retrieve import find_instances, metadata, open_instance
from tests.archives import new_archive, store
from tests.builders import ct_image

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parent.parent.parent
KILLS = 12

PUSHER = """
import sys
from archive.archive import open_archive
from archive.settings import Settings
from tests.archives import store
from tests.builders import ct_image
archive = open_archive(Settings.from_environment())
first = int(sys.argv[1])
print("ready", flush=True)
for number in range(first, first + 100_000, 3):
    uids = [f"1.2.{n}" for n in range(number, number + 3)]
    study = f"1.{number % 2}"
    files = [ct_image(SOPInstanceUID=u, StudyInstanceUID=study, SeriesInstanceUID=study + ".1",
                      PatientID=u) for u in uids]
    for outcome in store(archive, *files):
        print(outcome.sop_instance_uid, flush=True)
"""


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(function):
    def then_die(*args, **kwargs):
        function(*args, **kwargs)
        die()

    return then_die


STEPS = {
    "keys noted": lambda: setattr(ingest.removal, "loosen", after(ingest.removal.loosen)),
    "before bytes": lambda: setattr(ingest, "_make_durable", die),
    "before rows": lambda: setattr(ingest, "_flip", die),
    "rows written, not committed": lambda: setattr(
        ingest, "write_batch", after(ingest.write_batch)
    ),
    "committed": lambda: setattr(ingest, "announce", die),
}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_leaves_all_or_nothing(database_url, tmp_path, step):
    archive = new_archive(tmp_path, database_url)
    store(archive, ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1"))

    def child() -> None:
        STEPS[step]()
        store(archive, *(ct_image(StudyInstanceUID="1") for _ in range(3)))

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    found = list(find_instances(archive, LOCAL, "archive", "1"))
    assert len(found) == (4 if step == "committed" else 1)
    check_everything_visible(archive)
    sweep_objects(archive, timedelta(0))
    archive.objects.sweep_spool(0)
    check_nothing_left_over(archive, tmp_path)
    assert [news.study_instance_uid for news in unprocessed(archive, timedelta(0))] == ["1"]
    archive.close()


def test_killed_at_random_keeps_every_acknowledged_instance(database_url, tmp_path):
    archive = new_archive(tmp_path, database_url)
    acknowledged: list[str] = []
    for kill in range(KILLS):
        acknowledged += push_and_kill(tmp_path, database_url, first=kill * 1_000_000)
        check_everything_visible(archive)
    assert len(acknowledged) > KILLS
    with reading(archive.engine) as connection:
        kept = set(connection.scalars(select(instance.c.sop_instance_uid)))
    assert set(acknowledged) <= kept
    sweep_objects(archive, timedelta(0))
    archive.objects.sweep_spool(0)
    check_nothing_left_over(archive, tmp_path)
    archive.close()


def push_and_kill(home: Path, database_url: str, first: int) -> list[str]:
    environ = {
        **os.environ,
        "DICOMTUBE_HOME": str(home),
        "DICOMTUBE_DATABASE_URL": database_url,
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", PUSHER, str(first)]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as pusher:
        assert pusher.stdout is not None
        assert pusher.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0.02, 0.6))  # the moment of the kill, not a wait
        pusher.kill()
        return pusher.stdout.read().split()


def check_everything_visible(archive) -> None:
    """Whatever a reader finds has its bytes, its metadata and its place in the counts."""
    with reading(archive.engine) as connection:
        studies = connection.execute(select(study)).all()
    for row in studies:
        found = list(find_instances(archive, LOCAL, "archive", row.study_instance_uid))
        assert len(found) == row.number_of_instances
        documents = metadata(archive, LOCAL, "archive", row.study_instance_uid).documents
        assert len(list(documents)) == len(found)
        for one in found:
            with open_instance(archive, one) as stream:
                data = stream.read()
            assert len(data) == one.size
            assert one.sop_instance_uid.encode() in data


def check_nothing_left_over(archive, home: Path) -> None:
    with reading(archive.engine) as connection:
        versions = set(connection.scalars(select(instance.c.version)))
        assert connection.execute(select(loose_object)).all() == []
    keys = list(archive.objects.keys())
    assert {Path(key).stem for key in keys} == versions
    assert len(keys) == len(versions)
    assert list(home.rglob("*.part")) == []
