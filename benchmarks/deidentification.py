"""`python -m benchmarks.deidentification`: how fast studies are de-identified and published.

Studies of 16-bit slices with a patient's data are stored into a quarantine, and one or two
processes work on them as the worker does, from reading to erasing the originals. What differs
between the rows is the policy.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from archive.archive import Announcement, Archive, migrate, open_archive
from archive.collections import get_collection
from archive.ingest import Stored, store_instances
from archive.policies import DEFAULT_OPTIONS, change_policy
from archive.settings import Settings
from archive.uploads import PUBLISHED, count_states
from imaging.deidentify.files import HTJ2K_RPCL
from imaging.deidentify.profile import Option, Profile
from worker.deidentification import deidentify_study

ROOT = Path(__file__).resolve().parent.parent
SIDE = 512

_HEADERS = DEFAULT_OPTIONS - {
    Option.CLEAN_PIXEL_DATA,
    Option.CLEAN_RECOGNIZABLE_VISUAL_FEATURES,
}
# What is measured: the name of a row, its options, and what images are stored as.
POLICIES = {
    "headers and second pass": (_HEADERS, None),
    "and transcoded to HTJ2K": (_HEADERS, HTJ2K_RPCL),
    "and pixels searched": (_HEADERS | {Option.CLEAN_PIXEL_DATA}, HTJ2K_RPCL),
}


@dataclass(frozen=True)
class Result:
    """One run."""

    seconds: float
    instances: int
    size: int
    published: int


def main() -> int:
    """Run every row with one and two processes, and print a table."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--studies", type=int, default=8)
    parser.add_argument("--slices", type=int, default=8, help="of each study")
    options = parser.parse_args()
    # What is loaded at first use is not measured.
    run(1, 1, Profile(DEFAULT_OPTIONS), HTJ2K_RPCL, 1)
    print("| what is done | processes | instances/s | MB/s | to one process |")
    print("|---|---|---|---|---|")
    for name, (chosen, stored_as) in POLICIES.items():
        alone = 0.0
        for processes in (1, 2):
            made = run(options.studies, options.slices, Profile(chosen), stored_as, processes)
            rate = made.instances / made.seconds
            alone = alone or rate
            speed = made.size / made.seconds / 1e6
            print(f"| {name} | {processes} | {rate:.1f} | {speed:.1f} | {rate / alone:.2f} |")
            if made.published != options.studies:
                print(f"only {made.published} studies were published", file=sys.stderr)
                return 1
    return 0


def run(
    studies: int, slices: int, profile: Profile, stored_as: str | None, processes: int
) -> Result:
    """Fill an archive, and time how long its quarantine takes to be empty."""
    with tempfile.TemporaryDirectory(prefix="dicomtube-deid-") as home:
        settings = Settings.from_environment({"DICOMTUBE_HOME": home})
        migrate(settings)
        told: list[Announcement] = []
        archive = open_archive(settings, told.append)
        place = get_collection(archive, "community")
        change_policy(archive, place.id, profile=profile, stored_syntax=stored_as)
        size = fill(archive, studies, slices)
        news = list({one.study_instance_uid: one for one in told}.values())
        began = time.monotonic()
        fork = multiprocessing.get_context("fork")
        working = [
            fork.Process(target=work, args=(settings, news[first::processes]))
            for first in range(processes)
        ]
        for one in working:
            one.start()
        for one in working:
            one.join()
        seconds = time.monotonic() - began
        published = count_states(archive)[PUBLISHED]
        archive.close()
        return Result(seconds, studies * slices, size, published)


def work(settings: Settings, news: list[Announcement]) -> None:
    """Do what a worker process does."""
    archive = open_archive(settings)
    for one in news:
        deidentify_study(archive, one)
    archive.close()


def fill(archive: Archive, studies: int, slices: int) -> int:
    """Store studies into the quarantine; return their bytes."""
    from tests.builders import ct_image

    noise = np.random.default_rng(1)
    body = np.hypot(*np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]) < 0.8
    size = 0
    for study in range(studies):
        for slice_ in range(slices):
            pixels = (body * (1000 + 5 * slice_) + noise.integers(0, 40, body.shape)).astype("<u2")
            file = ct_image(
                StudyInstanceUID=f"1.2.{study + 1}",
                SeriesInstanceUID=f"1.2.{study + 1}.1",
                PatientID=f"PATIENT{study}",
                BodyPartExamined="CHEST",
                ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
                Rows=SIDE,
                Columns=SIDE,
                BitsStored=12,
                HighBit=11,
                PixelData=pixels.tobytes(),
            )
            with archive.objects.spool() as spool:
                spool.write(file)
                [stored] = store_instances(archive, "community", [spool])
            if not isinstance(stored, Stored):
                raise TypeError("a slice was not stored")
            size += len(file)
    return size


if __name__ == "__main__":
    sys.exit(main())
