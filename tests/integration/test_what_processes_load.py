"""A process that starts has in memory what every request needs, and not what few do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.archive import migrate
from archive.settings import Settings

SELDOM = (
    "alembic",  # once for each release
    "celery",  # with the first news of a study
    "cryptography",  # when somebody signs in
    "cv2",
    "google",
    "highdicom",
    "imagecodecs",  # in the children
    "obstore",  # with a bucket
    "pydicom.sr",  # when somebody tags a case
    "redis",
    "scipy",
    "snowballstemmer",
)


@pytest.mark.parametrize(("entry", "more"), [("wsgi", ("pynetdicom",)), ("dimse.__main__", ())])
def test_what_few_requests_need_is_not_loaded_at_the_start(
    entry: str, more: tuple[str, ...], tmp_path: Path
) -> None:
    given = {"DICOMTUBE_HOME": str(tmp_path), "DICOMTUBE_BROKER_URL": "redis://127.0.0.1:1/0"}
    migrate(Settings.from_environment(given))
    told = f"import {entry}, sys; print(' '.join(m for m in {SELDOM + more} if m in sys.modules))"
    found = subprocess.run(
        [sys.executable, "-c", told],
        env={**os.environ, **given, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert found.stdout.split() == []
