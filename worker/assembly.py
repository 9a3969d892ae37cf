"""Puts a worker process together; ``celery_app.py`` and nothing else calls this.

Celery forks its children, and neither a database connection nor a socket may cross a fork, so
the archive is opened in each child at its first task.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from celery import Celery, signals

from archive.archive import Announcement, Archive, open_archive
from archive.errors import SettingsError
from archive.settings import Settings
from telemetry.logs import configure, get_logger
from telemetry.processes import forget_process
from worker.announcer import Send, sender
from worker.application import HELP_STUDY, create_app
from worker.broker import open_memory
from worker.settings import WorkerSettings
from worker.sweep import Sweeper
from worker.tasks import build_tasks, register

log = get_logger(__name__)


def create_worker(environ: Mapping[str, str] = os.environ) -> Celery:
    """Make the application with its tasks.

    Raises
    ------
    SettingsError
        A setting cannot be used, or there is no broker.
    """
    settings = Settings.from_environment(environ)
    if settings.broker_url is None:
        raise SettingsError("DICOMTUBE_BROKER_URL is not set; a worker needs a broker")
    own = WorkerSettings.from_environment(environ)
    app = create_app(settings.broker_url, own)
    memory = open_memory(settings.broker_url)
    send_news = telling(sender(app))
    archive = once_per_process(lambda: open_archive(settings, send_news))
    register(
        app,
        build_tasks(archive, memory, own, if_possible(telling(sender(app, HELP_STUDY)))),
        Sweeper(send_news, memory, own),
    )
    level = environ.get("DICOMTUBE_LOG_LEVEL") or "info"
    signals.setup_logging.connect(lambda **_: configure("worker", level), weak=False)
    signals.worker_process_shutdown.connect(
        lambda pid=0, **_: forget_process(int(pid or os.getpid())), weak=False
    )
    return app


def telling(send: Send) -> Callable[[Announcement], None]:
    """Send news of a study as a task."""

    def tell(news: Announcement) -> None:
        send(news.collection, news.study_instance_uid, news.revision)

    return tell


def if_possible(tell: Callable[[Announcement], None]) -> Callable[[Announcement], None]:
    """Do without an answer to a message that the broker does not take."""

    def try_to(news: Announcement) -> None:
        try:
            tell(news)
        except Exception as error:
            log.warning("nobody could be called for help", error=type(error).__name__)

    return try_to


def once_per_process(make: Callable[[], Archive]) -> Callable[[], Archive]:
    """Make a thing at its first use in each process."""
    made: dict[int, Archive] = {}

    def get() -> Archive:
        pid = os.getpid()
        if pid not in made:
            made.clear()
            made[pid] = make()
        return made[pid]

    return get
