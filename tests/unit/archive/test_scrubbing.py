"""What SQLite leaves in its file after rows were deleted is gone with the next sweep."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from archive import database
from archive.access import LOCAL
from archive.archive import Archive
from archive.database import checkpoint, scrub, writing
from archive.erase import erase
from tests.archives import new_archive, store
from tests.builders import ct_image

MARK = "LEFTOVER"


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = new_archive(tmp_path)
    yield made
    made.close()


def on_disk(archive: Archive) -> bytes:
    """The index as it lies there once its log is written back."""
    checkpoint(archive.engine)
    return b"".join(path.read_bytes() for path in archive.settings.home.glob("*.sqlite*"))


def deleted(archive: Archive) -> None:
    """Rows between others that stay, written and deleted in any order, as studies are."""
    chance = random.Random(0)
    names = [
        f"{chance.random():.6f}{MARK if number % 2 else 'STAYS'}{'x' * chance.randrange(60, 400)}"
        for number in range(400)
    ]
    with writing(archive.engine) as connection:
        connection.execute(text("CREATE TABLE moved (name TEXT PRIMARY KEY) WITHOUT ROWID"))
        insert = text("INSERT INTO moved VALUES (:name)")
        connection.execute(insert, [{"name": one} for one in chance.sample(names, len(names))])
    gone = [{"name": one} for one in chance.sample(names, len(names)) if MARK in one]
    with writing(archive.engine) as connection:
        connection.execute(text("DELETE FROM moved WHERE name = :name"), gone)


def test_nothing_that_was_deleted_is_left_in_the_file(archive: Archive) -> None:
    deleted(archive)
    store(archive, ct_image(StudyInstanceUID="1.2.3"))
    assert erase(archive, LOCAL, "archive", "1.2.3") == 1
    assert MARK.encode() in on_disk(archive), "the test needs something to be left"
    assert scrub(archive.engine)
    assert MARK.encode() not in on_disk(archive)


def test_where_nothing_was_erased_the_file_is_left_alone(archive: Archive) -> None:
    store(archive, ct_image(StudyInstanceUID="1.2.3"))
    assert not scrub(archive.engine)
    erase(archive, LOCAL, "archive", "1.2.3")
    assert scrub(archive.engine)
    assert not scrub(archive.engine)


def test_a_file_that_is_too_long_waits_for_its_operator(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(archive, ct_image(StudyInstanceUID="1.2.3"))
    erase(archive, LOCAL, "archive", "1.2.3")
    monkeypatch.setattr(database, "max_scrubbed_bytes", 4096)
    assert not scrub(archive.engine)
    monkeypatch.undo()
    assert scrub(archive.engine)
