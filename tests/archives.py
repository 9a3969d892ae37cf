"""Archives for tests: opened on a database of their own, and ways to store into them.

May live here: what several test modules of the archive and the doors need to
get instances in. May not: expectations.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from sqlalchemy import make_url

from archive.archive import Announcement, Archive, migrate, open_archive
from archive.ingest import Outcome, store_instances
from archive.settings import Settings


def new_archive(
    home: Path,
    database_url: str | None = None,
    announce: Callable[[Announcement], None] | None = None,
    **environment: str,
) -> Archive:
    """A migrated archive of open access, on SQLite unless told otherwise."""
    environ = {"DICOMTUBE_HOME": str(home), **environment}
    if database_url is not None:
        environ["DICOMTUBE_DATABASE_URL"] = database_url
    settings = Settings.from_environment(environ)
    make_index(settings)
    return open_archive(settings, announce or (lambda _: None))


def make_index(settings: Settings) -> None:
    """An index of the newest revision; a new one of SQLite is a copy of one that was migrated."""
    url = make_url(settings.database_url)
    place = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if place is None or place.exists():
        migrate(settings)
    else:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(_migrated(), place)  # with its mode: nobody else may read it


@cache
def _migrated() -> Path:
    """An index that was migrated by this process; migrating takes longer than most tests."""
    home = Path(tempfile.mkdtemp(prefix="dicomtube-index-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    settings = Settings.from_environment({"DICOMTUBE_HOME": str(home)})
    migrate(settings)
    return Path(make_url(settings.database_url).database or "")


def store(
    archive: Archive,
    *files: bytes,
    collection: str = "archive",
    study_instance_uid: str | None = None,
    meta_agrees: bool = False,
    sender: str = "",
) -> list[Outcome]:
    """Store files as one batch, as a door does."""
    spooled = []
    try:
        for data in files:
            spool = archive.objects.spool()
            spooled.append(spool)
            spool.write(data)
        return store_instances(
            archive,
            collection,
            spooled,
            study_instance_uid=study_instance_uid,
            meta_agrees=meta_agrees,
            sender=sender,
        )
    finally:
        for spool in spooled:
            spool.discard()
