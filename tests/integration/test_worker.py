"""A real Celery worker, a real broker: studies are processed, whatever is down and whoever dies."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import psutil
import pytest
import redis
from PIL import Image

from archive.access import LOCAL
from archive.archive import Archive, migrate, open_archive
from archive.ingest import Stored, store_instance
from archive.kept import kept_metadata
from archive.outbox import (
    clear_dead_letter,
    count_unprocessed,
    list_dead_letters,
    oldest_unprocessed_s,
    record_dead_letter,
    unprocessed,
)
from archive.publish import thumbnail
from archive.settings import Settings
from tests.builders import ct_image
from tests.conftest import ROOT, Stack
from tests.services import free_port, running, valkey_server, wait_until
from worker.announcer import Announcer, create_announcer
from worker.application import PROCESS_STUDY, WORKER_ARGUMENTS, create_app
from worker.settings import WorkerSettings

QUICK = {
    "DICOMTUBE_WORKER_SWEEP_S": "1",
    "DICOMTUBE_WORKER_STUCK_S": "1",
    "DICOMTUBE_WORKER_QUIET_S": "0.2",
}


@dataclass
class Place:
    """An archive that announces, and the environment that a worker of it is started with."""

    archive: Archive
    announcer: Announcer
    environment: dict[str, str]
    home: Path

    def store(self, **overrides: object) -> Stored:
        with self.archive.objects.spool() as spool:
            spool.write(ct_image(**overrides))  # type: ignore[arg-type]
            outcome = store_instance(self.archive, "archive", spool)
        assert isinstance(outcome, Stored)
        return outcome

    @contextmanager
    def worker(self, *more: str) -> Iterator[subprocess.Popen[bytes]]:
        words = [*WORKER_ARGUMENTS, "--concurrency", "2", *more]
        with self._celery("worker", *words) as process:
            yield process

    @contextmanager
    def beat(self) -> Iterator[subprocess.Popen[bytes]]:
        schedule = self.home / f"beat-{time.monotonic_ns()}"
        with self._celery("beat", "beat", "--schedule", str(schedule), "--pidfile", "") as process:
            yield process

    @contextmanager
    def _celery(self, name: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DICOMTUBE_", "AWS_"))}
        command = [sys.executable, "-m", "celery", "--app", "celery_app", *words]
        log = self.home / f"{name}.log"
        with running(command, log, cwd=ROOT, env=clean | self.environment) as process:
            yield process

    @property
    def log(self) -> str:
        return (self.home / "worker.log").read_text()

    def wait_processed(self) -> None:
        wait_until(lambda: count_unprocessed(self.archive) == 0, "the worker to finish")


@contextmanager
def place(home: Path, environment: dict[str, str], mp: pytest.MonkeyPatch) -> Iterator[Place]:
    given = {"DICOMTUBE_HOME": str(home), **QUICK, **environment}
    for name, value in given.items():
        mp.setenv(name, value)
    settings = Settings.from_environment(given)
    migrate(settings)
    announcer = create_announcer(settings.broker_url, WorkerSettings.from_environment(given))
    archive = open_archive(settings, announcer)
    try:
        yield Place(archive, announcer, given, home)
    finally:
        announcer.close(0.1)
        archive.close()


@pytest.fixture
def here(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """On the embedded default and on the full set, each test with a broker of its own."""
    with valkey_server(tmp_path) as broker_url:
        environment = {**stack.environment, "DICOMTUBE_BROKER_URL": broker_url}
        if stack.name == "embedded":
            environment["DICOMTUBE_HOME"] = str(tmp_path)
        with place(tmp_path, environment, monkeypatch) as made:
            yield made


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """SQLite and a folder, and a broker address where nobody is yet."""
    url = f"redis://127.0.0.1:{free_port()}/0"
    with place(tmp_path, {"DICOMTUBE_BROKER_URL": url}, monkeypatch) as made:
        yield made


def broker_of(place: Place) -> contextlib.AbstractContextManager[str]:
    """Start the broker that the place's settings name."""
    url = place.environment["DICOMTUBE_BROKER_URL"]
    return valkey_server(place.home, int(url.rpartition(":")[2].partition("/")[0]))


def test_a_stored_study_gets_its_metadata_and_its_picture(here: Place) -> None:
    stored = here.store()
    wait_until(lambda: oldest_unprocessed_s(here.archive) > 0.1, "the study to have waited")
    with here.worker():
        here.wait_processed()
    assert oldest_unprocessed_s(here.archive) == 0
    names = (stored.study_instance_uid, stored.series_instance_uid)
    [kept] = kept_metadata(here.archive, LOCAL, "archive", *names)
    assert stored.sop_instance_uid.encode() in here.archive.objects.read(*kept.plain)
    picture = thumbnail(here.archive, LOCAL, "archive", *names)
    assert picture is not None
    with Image.open(BytesIO(here.archive.objects.open(picture.key).read())) as image:
        assert (image.format, image.size) == ("JPEG", (8, 8))


def test_a_study_that_grows_is_processed_again(here: Place) -> None:
    with here.worker():
        first = here.store()
        here.wait_processed()
        second = here.store(
            StudyInstanceUID=first.study_instance_uid, SeriesInstanceUID=first.series_instance_uid
        )
        here.wait_processed()
    [kept] = kept_metadata(
        here.archive, LOCAL, "archive", first.study_instance_uid, first.series_instance_uid
    )
    assert second.sop_instance_uid.encode() in here.archive.objects.read(*kept.plain)


def test_a_picture_that_cannot_be_made_does_not_fail_the_study(here: Place) -> None:
    with here.worker():
        here.store(transfer_syntax="1.2.840.10008.1.2.4.90", frames=[b"this is no JPEG 2000"])
        here.wait_processed()
    assert list_dead_letters(here.archive) == []
    assert "no picture could be made of an instance" in here.log


def test_an_instance_without_pixels_is_no_failure(here: Place) -> None:
    with here.worker():
        here.store(Rows=None, Columns=None, PixelData=None)
        here.wait_processed()
    assert '"level": "error"' not in here.log


def test_the_log_of_the_worker_is_json_lines_without_a_patient(here: Place) -> None:
    with here.worker():
        here.store(PatientName="Secret^Name", PatientID="SECRET-ID")
        here.wait_processed()
    assert "ecret" not in here.log
    assert "SECRET" not in here.log


def test_storing_while_the_broker_is_down_is_quick_and_the_work_is_done_later(
    small: Place,
) -> None:
    began = time.monotonic()
    for _ in range(5):
        small.store()
    assert time.monotonic() - began < 5
    with broker_of(small), small.worker():
        small.wait_processed()


def test_a_worker_that_starts_before_its_broker_waits_for_it(small: Place) -> None:
    with small.worker() as process:
        small.store()
        wait_until(lambda: "broker" in small.log or "connect" in small.log, "the worker to try")
        assert process.poll() is None
        with broker_of(small):
            small.wait_processed()


def test_a_worker_survives_a_broker_that_goes_and_comes_back_empty(small: Place) -> None:
    with small.worker(), small.beat():
        with broker_of(small) as url:
            small.store()
            small.wait_processed()
            redis.Redis.from_url(url).flushall()
        small.store()
        with broker_of(small):
            small.wait_processed()


def test_what_was_never_announced_is_found_by_the_sweep(small: Place) -> None:
    silent = open_archive(small.archive.settings)
    Place(silent, small.announcer, small.environment, small.home).store()
    assert count_unprocessed(small.archive) == 1
    with broker_of(small), small.worker(), small.beat():
        small.wait_processed()
    silent.close()


def test_a_worker_killed_in_the_middle_leaves_nothing_undone(small: Place) -> None:
    with broker_of(small), small.beat():
        with small.worker() as process:
            for _ in range(20):
                small.store()
            wait_until(lambda: count_unprocessed(small.archive) < 20, "the work to begin")
            family = psutil.Process(process.pid).children(recursive=True)
            process.send_signal(signal.SIGKILL)
            for child in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
        with small.worker():
            small.wait_processed()


def test_the_sweep_removes_what_nobody_owns(small: Place) -> None:
    small.environment |= {
        "DICOMTUBE_WORKER_SPOOL_S": "0.5",
        "DICOMTUBE_WORKER_LOOSE_S": "0.5",
    }
    left = small.archive.objects.spool()
    left.write(b"of a dead process")
    left.close()
    with broker_of(small), small.worker(), small.beat():
        wait_until(lambda: not left.path.exists(), "the file to be swept")


def test_a_dead_letter_is_not_announced_again_until_it_is_cleared(small: Place) -> None:
    silent = open_archive(small.archive.settings)
    stored = Place(silent, small.announcer, small.environment, small.home).store()
    [news] = unprocessed(silent, timedelta())
    record_dead_letter(silent, news, PROCESS_STUDY, "given up by hand")
    with broker_of(small), small.worker(), small.beat():
        small.store()
        wait_until(lambda: count_unprocessed(silent) == 1, "the other study to be processed")
        [letter] = list_dead_letters(silent)
        assert letter.announcement.study_instance_uid == stored.study_instance_uid
        assert clear_dead_letter(silent, letter.id)
        small.wait_processed()
    silent.close()


def test_a_study_that_fails_each_time_becomes_a_dead_letter(small: Place) -> None:
    small.environment |= {"DICOMTUBE_WORKER_MAX_TRIES": "1"}
    stored = small.store()
    with small.archive.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE instance_document SET document = x'00'")
    with broker_of(small), small.worker():
        wait_until(lambda: list_dead_letters(small.archive), "the dead letter")
    [letter] = list_dead_letters(small.archive)
    assert letter.announcement.study_instance_uid == stored.study_instance_uid
    assert letter.task == PROCESS_STUDY


def test_a_message_of_nonsense_is_dropped_and_the_next_is_worked_on(small: Place) -> None:
    with broker_of(small) as url, small.worker():
        app = create_app(url, WorkerSettings())
        for arguments in [(1, 2, 3), ("archive", "../etc", 1), ("archive", "1.2", "x"), ()]:
            app.send_task(PROCESS_STUDY, args=arguments)
        small.store()
        small.wait_processed()
