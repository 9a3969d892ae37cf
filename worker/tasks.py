"""What the queue can ask, and what happens when it goes wrong: a name, a retry policy, one call.

What is done with a study is in `worker.pipeline`; how often it is tried, in `worker.policy`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from celery import Celery

from archive.archive import Announcement, Archive
from archive.errors import NotFound, StoreUnavailable
from archive.outbox import record_dead_letter
from imaging.uids import is_uid
from telemetry import metrics
from telemetry.logs import bound_request_id, get_logger
from worker.application import HELP_STUDY, PROCESS_STUDY, SWEEP
from worker.broker import Memory
from worker.deidentification import give_up, help_with_study
from worker.pipeline import process_study as work_on_study
from worker.policy import Retries
from worker.settings import WorkerSettings
from worker.shifts import Others
from worker.sweep import Sweeper

log = get_logger(__name__)

DONE, GONE, DEAD, POSTPONED, REFUSED = "done", "gone", "dead", "postponed", "refused"
FAILED = "failed"
max_name = 64


class TryAgain(Exception):  # noqa: N818 - read as "raise TryAgain"
    """The task shall come back after `wait_s` seconds."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("try again")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks over one archive, without the queue: what each does, once.

    Parameters
    ----------
    archive
        Opens the archive of this process at first use: a connection must not cross a fork.
    process
        Works on one study; see `worker.pipeline`.
    give_up
        Told of a study that was tried for the last time.
    help
        Takes a share of a study that another process has begun.
    """

    archive: Callable[[], Archive]
    process: Callable[[Archive, Announcement], None]
    memory: Memory
    retries: Retries
    give_up: Callable[[Archive, Announcement], None] = lambda archive, news: None
    help: Callable[[Archive, Announcement], None] = lambda archive, news: None

    def process_study(self, news: Announcement) -> str:
        """Work on a study once, and say how it ended.

        Raises
        ------
        TryAgain
            It failed, and not for the last time.
        """
        attempt = self._count(news)
        if attempt > self.retries.max_tries:
            # The earlier ones never came to their end: the study kills its worker.
            return self._bury(news, "its worker was lost each time")
        try:
            self.process(self.archive(), news)
        except NotFound:  # erased meanwhile
            return GONE
        except StoreUnavailable:
            # Nothing is wrong with the study; trying it to death would not help it. The sweep
            # announces it again once the archive is back.
            log.warning("the archive cannot be reached; left to the sweep", **_names(news))
            self._forget(news)
            return POSTPONED
        except Exception as error:
            log.exception("a study could not be processed", attempt=attempt, **_names(news))
            if self.retries.is_last(attempt):
                return self._bury(news, f"{type(error).__module__}.{type(error).__qualname__}")
            raise TryAgain(self.retries.wait_s(attempt)) from error
        self._forget(news)
        return DONE

    def help_study(self, news: Announcement) -> str:
        """Help with a study once; what goes wrong is the matter of those who work on it."""
        try:
            self.help(self.archive(), news)
        except NotFound:
            return GONE
        except Exception:
            log.exception("a study could not be helped with", **_names(news))
            return FAILED
        return DONE

    def _bury(self, news: Announcement, reason: str) -> str:
        record_dead_letter(self.archive(), news, PROCESS_STUDY, reason)
        self.give_up(self.archive(), news)
        metrics.count_dead_letter()
        self._forget(news)
        log.error("a study was given up; see the dead letters", detail=reason, **_names(news))
        return DEAD

    def _count(self, news: Announcement) -> int:
        try:
            return self.memory.count(_tries_key(news))
        except Exception as error:
            log.warning("tries cannot be counted", error=type(error).__name__)
            return 1

    def _forget(self, news: Announcement) -> None:
        try:
            self.memory.forget(_tries_key(news))
        except Exception as error:
            log.warning("tries cannot be forgotten", error=type(error).__name__)


def register(app: Celery, tasks: Tasks, sweeper: Sweeper) -> None:
    """Give the tasks their names in the queue."""

    def process_study(self: Any, *given: object) -> None:
        with _received(self, PROCESS_STUDY, given) as (timed, news):
            if news is None:
                return
            try:
                timed.outcome = tasks.process_study(news)
            except TryAgain as again:
                timed.outcome = "retried"
                raise self.retry(countdown=again.wait_s, exc=again) from None

    def help_study(self: Any, *given: object) -> None:
        with _received(self, HELP_STUDY, given) as (timed, news):
            if news is not None:
                timed.outcome = tasks.help_study(news)

    def sweep(self: Any) -> None:
        with bound_request_id(self.request.id), _Timed(SWEEP) as timed:
            timed.outcome = sweeper.sweep(tasks.archive())

    app.task(name=PROCESS_STUDY, bind=True, max_retries=None)(process_study)
    # Nobody misses help that was lost with its worker: what it had claimed is done by others.
    app.task(name=HELP_STUDY, bind=True, reject_on_worker_lost=False)(help_study)
    app.task(name=SWEEP, bind=True)(sweep)


def build_tasks(
    archive: Callable[[], Archive],
    memory: Memory,
    settings: WorkerSettings,
    call: Callable[[Announcement], None],
) -> Tasks:
    """Put the tasks together from their parts.

    Parameters
    ----------
    call
        Puts into the queue that somebody may help with a study.
    """
    others = Others(call, settings.turn_s, settings.task_s / 2, settings.help_s)
    return Tasks(
        archive,
        partial(work_on_study, others=others),
        memory,
        Retries(int(settings.max_tries)),
        give_up,
        partial(help_with_study, others=others),
    )


@contextmanager
def _received(
    task: Any, name: str, given: Sequence[object]
) -> Iterator[tuple[_Timed, Announcement | None]]:
    """Take a message about a study: None stands for arguments that are none."""
    news = _read(*given) if len(given) == 3 else None
    with bound_request_id(task.request.id), _Timed(name) as timed:
        if news is None:
            log.error("a task with arguments that are none was dropped")
            timed.outcome = REFUSED
        yield timed, news


def _read(collection: object, study_instance_uid: object, revision: object) -> Announcement | None:
    """Check what came out of the broker: it may be shared, and what is in it may be old."""
    if (
        isinstance(collection, str)
        and isinstance(study_instance_uid, str)
        and isinstance(revision, int)
        and 0 < len(collection) <= max_name
        and is_uid(study_instance_uid)
    ):
        return Announcement(collection, study_instance_uid, revision)
    return None


def _names(news: Announcement) -> dict[str, object]:
    return {
        "collection": news.collection,
        "study_instance_uid": news.study_instance_uid,
        "revision": news.revision,
    }


def _tries_key(news: Announcement) -> str:
    return f"tries:{news.collection}:{news.study_instance_uid}:{news.revision}"


class _Timed:
    """Time a task for the metrics, whatever its end."""

    outcome = "failed"

    def __init__(self, task: str) -> None:
        self._task = task.rpartition(".")[2]

    def __enter__(self) -> _Timed:
        self._began = time.monotonic()
        return self

    def __exit__(self, *raised: object) -> None:
        metrics.observe_task(self._task, self.outcome, time.monotonic() - self._began)
