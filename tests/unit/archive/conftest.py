"""The archive under test: one a test, on SQLite and then on PostgreSQL, objects in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.archive import Announcement, Archive
from tests.archives import new_archive


@pytest.fixture
def announced() -> list[Announcement]:
    """What was announced so far."""
    return []


@pytest.fixture
def archive(database_url: str, tmp_path: Path, announced: list[Announcement]) -> Iterator[Archive]:
    opened = new_archive(tmp_path, database_url, announced.append)
    yield opened
    opened.close()
