"""Other users of the machine read nothing of what an archive keeps."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive import publish
from tests.archives import new_archive, store
from tests.builders import ct_image


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def readable_by_others(folder: Path) -> list[Path]:
    return [path for path in [folder, *folder.rglob("*")] if path.stat().st_mode & 0o077]


def test_index_objects_and_spool_are_for_our_own_user_only(tmp_path: Path) -> None:
    home = tmp_path / "home"
    archive = new_archive(home)
    image = ct_image(StudyInstanceUID="1", SeriesInstanceUID="1.1")
    with archive.objects.spool() as waiting:
        store(archive, image)
        publish.keep_series_metadata(archive, "archive", "1", "1.1")
        assert waiting.path.exists()
        assert len(list(home.rglob("*.sqlite*"))) == 3
        assert readable_by_others(home) == []
    archive.close()
