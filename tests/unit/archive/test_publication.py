"""Originals are erased when their time is over, however many others wait for theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archive import publication, quarantine, uploads
from archive.access import LOCAL
from archive.archive import Announcement, Archive
from archive.collections import get_collection
from archive.policies import DAY_S, change_policy
from archive.publication import due_for_erasure, erase_originals
from archive.uploads import PUBLISHED, REJECTED, Upload, find_upload
from tests.archives import new_archive, store
from tests.builders import ct_image
from worker.pipeline import process_study


@pytest.fixture
def told() -> list[Announcement]:
    return []


@pytest.fixture
def archive(tmp_path: Path, told: list[Announcement], database_url: str) -> Iterator[Archive]:
    made = new_archive(tmp_path, database_url, told.append)
    place = get_collection(made, "community")
    change_policy(made, place.id, keep_original_s=3 * DAY_S, keep_rejected_s=DAY_S)
    yield made
    made.close()


def send(archive: Archive) -> Upload:
    [stored] = store(archive, ct_image(), collection="community")
    return find_upload(archive, LOCAL, stored.coming.upload)


def now(archive: Archive, upload: Upload) -> Upload:
    return find_upload(archive, LOCAL, upload.token)


def test_each_is_due_when_its_own_time_is_over(
    archive: Archive, told: list[Announcement], monkeypatch: pytest.MonkeyPatch
) -> None:
    # One a sweep: those whose time is not over keep nobody from being found.
    monkeypatch.setattr(publication, "_UPLOADS_A_SWEEP", 1)
    kept = send(archive)
    process_study(archive, told.pop())
    assert now(archive, kept).state == PUBLISHED
    rejected, waiting = send(archive), send(archive)
    uploads.set_state(archive, rejected, REJECTED)
    over = now(archive, rejected).changed_at + timedelta(days=1)
    assert due_for_erasure(archive, over - timedelta(seconds=1)) == []
    [due] = due_for_erasure(archive, over)
    assert due.token == rejected.token
    assert erase_originals(archive, due) == 1
    assert due_for_erasure(archive, over) == []
    over = now(archive, kept).changed_at + timedelta(days=3)
    assert due_for_erasure(archive, over - timedelta(seconds=1)) == []
    assert [one.token for one in due_for_erasure(archive, over)] == [kept.token]
    assert erase_originals(archive, kept) == 1
    assert due_for_erasure(archive, over + timedelta(days=3650)) == []
    assert len(quarantine.originals(archive, waiting)) == 1


def test_without_a_policy_nothing_is_due(archive: Archive) -> None:
    assert due_for_erasure(archive) == []
