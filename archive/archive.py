"""The archive put together: settings, index, objects and who is told of news.

A composition root calls `migrate` once and `open_archive` in each process that
works; everything else receives the `Archive`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from archive.batching import Batcher
from archive.cache import Recent
from archive.database import is_sqlite, open_engine, reading, writing
from archive.errors import StoreUnavailable
from archive.history import is_newest
from archive.object_stores import open_store
from archive.objects import ObjectStore
from archive.private import write_for_ourselves
from archive.renditions import Renditions
from archive.settings import Settings

if TYPE_CHECKING:
    from alembic.config import Config

log = logging.getLogger(__name__)

_MIGRATION_LOCK = 0x444D5442  # any number that no other user of the database takes


@dataclass(frozen=True, slots=True)
class Announcement:
    """News of a study: it holds something that nobody worked on yet."""

    collection: str
    study_instance_uid: str
    revision: int


@dataclass(frozen=True)
class Archive:
    """What every verb takes first.

    Attributes
    ----------
    sessions : sessionmaker
        For reads; a write begins with `archive.database.writing`.
    announce : callable
        Given at the top; called after a commit, and never trusted not to raise.
    known_collections : Recent
        Memory of `archive.collections`; the row of a collection never changes.
    together : Batcher
        By which `archive.ingest` stores what several callers bring at once.
    renditions : Renditions
        What was made of instances on this machine.
    """

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    objects: ObjectStore
    renditions: Renditions
    announce: Callable[[Announcement], None]
    known_collections: Recent[str, Any] = field(
        default_factory=lambda: Recent(max_entries=256), compare=False, repr=False
    )
    together: Batcher[Any, Any] = field(default_factory=Batcher, compare=False, repr=False)

    def close(self) -> None:
        """Give connections back."""
        self.engine.dispose()


def _nobody(_: Announcement) -> None:
    return


def open_archive(settings: Settings, announce: Callable[[Announcement], None] = _nobody) -> Archive:
    """Open the archive that the settings name, in the process that will use it."""
    write_for_ourselves()
    engine = open_engine(settings.database_url)
    objects = open_store(settings.objects_url, settings)
    kept = settings.home / "renditions"
    return Archive(
        settings=settings,
        engine=engine,
        sessions=sessionmaker(engine),
        objects=objects,
        renditions=Renditions(kept, objects, settings.limits.max_renditions_bytes),
        announce=announce,
        together=Batcher(settings.limits.max_batch_files, settings.limits.max_batch_bytes),
    )


def announce(archive: Archive, news: Announcement) -> None:
    """Tell the queue; a queue that is down costs nothing but a line in the log.

    The study stays unprocessed in the index and the sweep announces it again.
    """
    try:
        archive.announce(news)
    except Exception as exc:
        log.warning("a study could not be announced: %s", type(exc).__name__)


def check_database(archive: Archive) -> None:
    """Raise unless the index answers.

    Raises
    ------
    StoreUnavailable
        It does not.
    """
    try:
        with reading(archive.engine) as connection:
            connection.execute(text("SELECT 1 FROM collection"))
    except SQLAlchemyError as exc:
        raise StoreUnavailable("the index cannot be reached, or was never migrated") from exc


def migrate(settings: Settings) -> None:
    """Bring the index to the newest revision; several processes may do so at once."""
    write_for_ourselves()
    engine = open_engine(settings.database_url)
    try:
        with writing(engine) as connection:
            if not is_sqlite(connection):
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL lock_timeout = 0"))
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            if not is_newest(connection):
                _upgrade(connection)
    finally:
        engine.dispose()


def alembic_config(connection: Connection) -> Config:
    """Alembic set up in code: the scripts of our package, over this connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(files("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    command.upgrade(alembic_config(connection), "head")
