"""Runs of the worker's way over a quarantine of its own: filled, worked on, measured.

Each run has its own archive in a temporary folder. What is loaded at first use is loaded before the
clock starts, and processor time is counted of the processes and of the codec processes they start.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from archive.archive import Announcement, Archive, migrate, open_archive
from archive.collections import get_collection
from archive.ingest import Stored, store_instances
from archive.policies import change_policy
from archive.settings import Settings
from archive.uploads import PUBLISHED, list_uploads
from imaging.deidentify.profile import Profile
from worker.deidentification import deidentify_study

SIDE = 512
_BATCH = 16
_FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Task:
    """What is worked on: so many studies of so many slices, and the policy."""

    profile: Profile
    stored_as: str | None
    studies: int
    slices: int

    @property
    def instances(self) -> int:
        """In all."""
        return self.studies * self.slices


@dataclass(frozen=True)
class Measured:
    """One run.

    Attributes
    ----------
    seconds
        On the clock, from the first study's begin to the last one's end.
    cpu_s
        Of all processes together.
    """

    seconds: float
    cpu_s: float
    instances: int
    size: int

    @property
    def rate(self) -> float:
        """Instances a second."""
        return self.instances / self.seconds


def run(task: Task, processes: int) -> Measured:
    """Fill an archive, and measure how its quarantine is emptied."""
    with tempfile.TemporaryDirectory(prefix="dicomtube-deid-") as home:
        settings = Settings.from_environment({"DICOMTUBE_HOME": home})
        migrate(settings)
        told: list[Announcement] = []
        archive = open_archive(settings, told.append)
        place = get_collection(archive, "community")
        change_policy(archive, place.id, profile=task.profile, stored_syntax=task.stored_as)
        for number in range(processes):
            fill(archive, f"1.2.{1_000_000 + number}", 1)
        warm = _each(told)
        size = sum(fill(archive, f"1.2.{study + 1}", task.slices) for study in range(task.studies))
        news = [one for one in _each(told) if one not in warm]
        seconds, cpu_s = _measure(settings, warm, news, processes)
        others = [f"{one.state}: {one.reason}" for one in list_uploads(archive)]
        others = [one for one in others if not one.startswith(PUBLISHED)]
        archive.close()
        if others:
            raise RuntimeError(f"{len(others)} studies were not published, as {others[0]}")
        return Measured(seconds, cpu_s, task.instances, size)


def arithmetic(processes: int, seconds: float = 1.0) -> float:
    """How much plain arithmetic this machine does a second: its own gain from a second process."""
    counts = _FORK.Array("d", processes)
    ready = _FORK.Barrier(processes)

    def work(number: int) -> None:
        ready.wait()
        until, done = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            sum(range(10_000))
            done += 1
        counts[number] = done

    _run_all([_FORK.Process(target=work, args=(number,)) for number in range(processes)])
    return sum(counts) / seconds


def _measure(
    settings: Settings, warm: list[Announcement], news: list[Announcement], processes: int
) -> tuple[float, float]:
    ready = _FORK.Barrier(processes)
    next_one = _FORK.Value("i", 0)
    times = [_FORK.Array("d", 3) for _ in range(processes)]

    def work(number: int) -> None:
        archive = open_archive(settings)
        deidentify_study(archive, warm[number])
        ready.wait()
        times[number][0], before = time.monotonic(), _cpu_s()
        while (one := _taken(next_one, news, processes)) is not None:
            deidentify_study(archive, one)
        times[number][1], times[number][2] = time.monotonic(), _cpu_s() - before
        archive.close()

    _run_all([_FORK.Process(target=work, args=(number,)) for number in range(processes)])
    began, ended = min(one[0] for one in times), max(one[1] for one in times)
    return ended - began, sum(one[2] for one in times)


def _taken(next_one: Any, news: list[Announcement], processes: int) -> Announcement | None:
    """The next study for an idle process; one study alone is for all of them."""
    every = news * processes if len(news) == 1 else news
    with next_one.get_lock():
        number = next_one.value
        next_one.value += 1
    return every[number] if number < len(every) else None


def _cpu_s() -> float:
    """Processor time of this process and of those that it started."""
    here = psutil.Process()
    return sum(
        times.user + times.system
        for one in (here, *here.children(recursive=True))
        for times in (one.cpu_times(),)
    )


def _run_all(processes: list[Any]) -> None:
    for one in processes:
        one.start()
    for one in processes:
        one.join()
    if any(one.exitcode for one in processes):
        raise RuntimeError("a process failed")


def _each(told: list[Announcement]) -> list[Announcement]:
    return list({one.study_instance_uid: one for one in told}.values())


def fill(archive: Archive, study: str, slices: int) -> int:
    """Store a study into the quarantine; return its bytes."""
    from tests.builders import ct_image

    noise = np.random.default_rng(1)
    body = np.hypot(*np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]) < 0.8
    size = 0
    for first in range(0, slices, _BATCH):
        files = []
        for number in range(first, min(first + _BATCH, slices)):
            level = body * 1000.0 + 5 * number + 100
            pixels = (level + noise.normal(0, 25, body.shape)).clip(0, 4095).astype("<u2")
            files.append(ct_image(**_values(study, number), PixelData=pixels.tobytes()))
        _store(archive, files)
        size += sum(map(len, files))
    return size


def _values(study: str, number: int) -> dict[str, object]:
    return {
        "StudyInstanceUID": study,
        "SeriesInstanceUID": f"{study}.1",
        "PatientID": f"PATIENT{study}",
        "InstanceNumber": str(number + 1),
        "StudyDescription": "Chest",
        "BodyPartExamined": "CHEST",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "Rows": SIDE,
        "Columns": SIDE,
        "BitsStored": 12,
        "HighBit": 11,
    }


def _store(archive: Archive, files: list[bytes]) -> None:
    spooled = [archive.objects.spool() for _ in files]
    try:
        for spool, file in zip(spooled, files, strict=True):
            spool.write(file)
        if not all(
            isinstance(one, Stored) for one in store_instances(archive, "community", spooled)
        ):
            raise RuntimeError("a slice was not stored")
    finally:
        for spool in spooled:
            spool.discard()
