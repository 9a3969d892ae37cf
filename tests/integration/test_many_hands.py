"""Real workers at one study: two processes share it, and what kills them fails alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import numpy as np
from pydicom.uid import generate_uid
from sqlalchemy import select

from archive import quarantine
from archive.access import LOCAL
from archive.database import reading
from archive.models import claim
from archive.review import items
from archive.uploads import PUBLISHED, REVIEW, WORKING, Upload, find_upload
from tests.archives import store
from tests.builders import ct_image
from tests.integration.test_worker import Place, broker_of, here, place, small
from tests.services import wait_until
from worker.cleaning import max_lost

__all__ = ["here", "place", "small"]

SIDE = 128
MAX_S = 240


def send(place: Place, *frames: int) -> Upload:
    """Store a series without a face, an instance of so many frames each; they are searched."""
    uids = {"StudyInstanceUID": generate_uid(), "SeriesInstanceUID": generate_uid()}
    noise = np.random.default_rng(1)
    files = [
        ct_image(
            **uids,
            StudyDescription="Chest",
            Rows=SIDE,
            Columns=SIDE,
            NumberOfFrames=count,
            PixelData=noise.normal(300, 25, count * SIDE * SIDE).astype("<u2").tobytes(),
        )
        for count in frames
    ]
    outcomes = store(place.archive, *files, collection="community")
    [token] = {one.coming.upload for one in outcomes}
    return find_upload(place.archive, LOCAL, token)


def now(place: Place, upload: Upload) -> Upload:
    return find_upload(place.archive, LOCAL, upload.token)


def holders(place: Place, number: int | None = None) -> set[str]:
    """Who has claimed something; or this one, to work on it and not to ask about it."""
    query = select(claim.c.holder).where(claim.c.holder != "")
    if number is not None:
        query = query.where(claim.c.instance_id == number, claim.c.lost < max_lost)
    with reading(place.archive.engine) as connection:
        return set(connection.scalars(query))


def watched(place: Place, upload: Upload) -> Iterator[Upload]:
    """The upload again and again until it is published."""
    until = time.monotonic() + MAX_S
    while (found := now(place, upload)).state != PUBLISHED:
        assert time.monotonic() < until, found.state
        yield found
        time.sleep(0.02)
    yield found


def test_a_large_study_is_worked_on_by_two_processes_and_its_progress_seen(here: Place) -> None:
    here.environment["DICOMTUBE_WORKER_HELP_S"] = "0.1"
    upload = send(here, *[1] * 24)
    at_it: set[str] = set()
    counts: list[int] = []
    with here.worker():
        for found in watched(here, upload):
            at_it |= holders(here)
            counts.append(found.cleaned)
            assert found.state == PUBLISHED or found.published == 0
    assert len(at_it) == 2
    assert counts == sorted(counts)
    assert len(set(counts)) > 2
    assert (counts[-1], now(here, upload).published) == (24, 24)


def test_an_instance_that_kills_its_worker_each_time_fails_alone(small: Place) -> None:
    # It takes long enough for us to see who is at it.
    bad = send(small, 1, 12, 1)
    poison = quarantine.originals(small.archive, bad)[1].number
    good = send(small, 1)
    killed: list[str] = []
    with broker_of(small), small.worker(), small.beat():
        until = time.monotonic() + MAX_S
        while now(small, bad).state != REVIEW:
            assert time.monotonic() < until, (now(small, bad), killed)
            for holder in holders(small, poison):
                if holder not in killed:
                    killed.append(holder)
                    os.kill(int(holder.split("/")[1]), signal.SIGKILL)
            time.sleep(0.02)
        wait_until(lambda: now(small, good).state == PUBLISHED, "the neighbour", MAX_S)
    assert len(killed) == max_lost
    asked = [(one.number, one.reason) for one in items(small.archive, LOCAL, bad.token)]
    assert asked == [(poison, "whoever worked on it was lost, each time")]
    assert (now(small, bad).cleaned, now(small, bad).published) == (2, 0)


def test_a_worker_killed_whole_leaves_a_study_that_the_next_one_finishes_in_turns(
    small: Place,
) -> None:
    small.environment |= {"DICOMTUBE_WORKER_TURN_S": "0.001", "DICOMTUBE_WORKER_HELP_S": "0.1"}
    upload = send(small, *[1] * 12)
    with broker_of(small), small.beat():
        with small.worker() as process:
            wait_until(lambda: now(small, upload).cleaned > 0, "the work to begin", MAX_S)
            for holder in holders(small):
                os.kill(int(holder.split("/")[1]), signal.SIGKILL)
            process.kill()
            process.wait()
        assert now(small, upload).state == WORKING
        with small.worker():
            wait_until(lambda: now(small, upload).state == PUBLISHED, "the study", MAX_S)
    assert now(small, upload).published == 12
    assert "could not be processed" not in small.log
