"""Tells the queue that a study has news: the callable that web and DIMSE give to the archive.

Whoever ingests must never wait for the broker. News is kept in memory, one row a study, and a
thread sends it once the study is quiet; what is lost with the process, the sweep finds. No task
is defined here and no archive is opened.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Protocol

from telemetry import metrics
from telemetry.logs import get_logger
from worker.application import PROCESS_STUDY, create_app
from worker.policy import Breaker
from worker.settings import WorkerSettings

if TYPE_CHECKING:
    from celery import Celery

log = get_logger(__name__)

# Past so many studies in memory the oldest is left to the sweep.
max_held = 10_000


class News(Protocol):
    """What `archive.archive.Announcement` says."""

    @property
    def collection(self) -> str: ...
    @property
    def study_instance_uid(self) -> str: ...
    @property
    def revision(self) -> int: ...


@dataclass(slots=True)
class _Held:
    revision: int
    first: float
    last: float


_Key = tuple[str, str]
Send = Callable[[str, str, int], None]


@dataclass(slots=True)
class Announcer:
    """Collect news and send it when studies are quiet.

    Parameters
    ----------
    send
        Puts one task into the queue; raises when the broker is down.
    quiet_s, max_held_s
        See `worker.settings.WorkerSettings`.
    """

    send: Send
    quiet_s: float
    max_held_s: float
    clock: Callable[[], float] = time.monotonic
    breaker: Breaker = field(default_factory=Breaker)
    _held: dict[_Key, _Held] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closing: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _process: int = 0

    def __call__(self, news: News) -> None:
        """Note news of a study; returns at once."""
        key, now = (news.collection, news.study_instance_uid), self.clock()
        with self._lock:
            held = self._held.pop(key, None) or _Held(news.revision, now, now)
            held.revision, held.last = max(held.revision, news.revision), now
            self._held[key] = held
            if len(self._held) > max_held:
                del self._held[next(iter(self._held))]
                metrics.count_announcement("left-to-sweep")
            self._ensure_thread()

    def send_due(self, *, all_of_it: bool = False) -> int:
        """Send what is quiet; return how many were sent."""
        now, sent = self.clock(), 0
        if not self.breaker.allows(now) and not all_of_it:
            return 0
        for key, held in self._due(now, all_of_it):
            if not self._send(key, held):
                break
            sent += 1
        return sent

    def close(self, timeout_s: float = 2.0) -> None:
        """Send what is held, if the broker takes it quickly, and stop."""
        self._closing.set()
        if self._thread is not None and self._process == os.getpid():
            self._thread.join(timeout_s)

    def _due(self, now: float, all_of_it: bool) -> list[tuple[_Key, _Held]]:
        with self._lock:
            return [
                (key, held)
                for key, held in self._held.items()
                if all_of_it
                or now - held.last >= self.quiet_s
                or now - held.first >= self.max_held_s
            ]

    def _send(self, key: _Key, held: _Held) -> bool:
        revision = held.revision
        try:
            self.send(*key, revision)
        except Exception as error:
            metrics.count_announcement("failed")
            if self.breaker.failed(self.clock()):
                log.warning(
                    "the broker is down; studies are kept and announced when it is back",
                    error=type(error).__name__,
                )
            return False
        metrics.count_announcement("sent")
        if self.breaker.succeeded():
            log.info("the broker is back")
        with self._lock:
            if held.revision == revision:
                self._held.pop(key, None)
            else:
                held.first = self.clock()
        return True

    def _ensure_thread(self) -> None:
        """Start the thread in the process that has news: a fork does not inherit threads."""
        if self._process != os.getpid():
            self._process = os.getpid()
            self._thread = threading.Thread(target=self._run, name="announcer", daemon=True)
            self._thread.start()
            atexit.register(self.close)

    def _run(self) -> None:
        while not self._closing.wait(min(self.quiet_s, 0.5)):
            self.send_due()
        self.send_due(all_of_it=True)


def create_announcer(broker_url: str | None, settings: WorkerSettings) -> Announcer:
    """Make the announcer of a process that ingests.

    Parameters
    ----------
    broker_url
        None: there is no queue, and what is announced waits for the sweep of a worker.
    """
    if broker_url is None:
        return Announcer(_nowhere, settings.quiet_s, settings.max_held_s)

    @cache
    def opened() -> Send:
        # With the first news: Celery and its transport are a tenth of a process's memory.
        return sender(create_app(broker_url, settings))

    def send(collection: str, study_instance_uid: str, revision: int) -> None:
        opened()(collection, study_instance_uid, revision)

    return Announcer(send, settings.quiet_s, settings.max_held_s)


def sender(app: Celery, task: str = PROCESS_STUDY) -> Send:
    """Return what puts one study's task into the queue of `app`, or raises."""

    def send(collection: str, study_instance_uid: str, revision: int) -> None:
        app.send_task(
            task,
            args=(collection, study_instance_uid, revision),
            retry=False,
            ignore_result=True,
        )

    return send


def _nowhere(collection: str, study_instance_uid: str, revision: int) -> None:
    return
