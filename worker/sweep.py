"""Finds what was missed: studies nobody announced, tasks that were lost, files that nobody owns.

The state is the outbox: a study whose revision was not processed is work, whoever forgot it. Each
part of a sweep stands alone, so that one that fails does not keep the others from theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from archive.archive import Announcement, Archive
from archive.commitment import finish_commitments
from archive.database import scrub
from archive.outbox import sweep_objects, unprocessed
from archive.quarantine import adopt
from archive.uploads import waiting
from telemetry import metrics
from telemetry.logs import get_logger
from worker.broker import Memory
from worker.deidentification import erase_due
from worker.settings import WorkerSettings

log = get_logger(__name__)

# While so many tasks wait, what is missing is most likely among them.
max_queue = 100
# How long a sweep may hold the turn; a worker that died sweeping gives it back by then.
max_sweep_s = 600.0
TURN = "sweep"


@dataclass(frozen=True, slots=True)
class Sweeper:
    """One sweep at a time, over all workers.

    Parameters
    ----------
    send
        Puts a study's task into the queue.
    """

    send: Callable[[Announcement], None]
    memory: Memory
    settings: WorkerSettings

    def sweep(self, archive: Archive) -> str:
        """Sweep once, unless somebody else is at it; return ``done``, ``held`` or ``failed``."""
        if not self.memory.once(TURN, max_sweep_s):
            return "held"
        parts = {
            "announce": self.announce,
            "uploads": self.uploads,
            "originals": erase_due,
            "remnants": lambda archive: int(scrub(archive.engine)),
            "commitments": finish_commitments,
            "loose": self.loose_objects,
            "spool": self.spool,
        }
        try:
            well = [self._part(step, part, archive) for step, part in parts.items()]
        finally:
            self.memory.forget(TURN)
        return "done" if all(well) else "failed"

    def announce(self, archive: Archive) -> int:
        """Announce again what has waited too long."""
        return self._announce(unprocessed(archive, timedelta(seconds=self.settings.stuck_s)))

    def uploads(self, archive: Archive) -> int:
        """Announce again what waits in quarantine and nobody works on."""
        adopt(archive)
        return self._announce(waiting(archive, timedelta(seconds=self.settings.stuck_s)))

    def _announce(self, found: Sequence[Announcement]) -> int:
        if self.memory.queue_length() > max_queue:
            return 0
        sent = 0
        for news in found:
            # What the last sweeps announced may wait or be worked on: not each time again.
            if self.memory.once(_key(news), self.settings.stuck_s):
                self._send(news)
                sent += 1
        return sent

    def _send(self, news: Announcement) -> None:
        try:
            self.send(news)
        except Exception:
            self.memory.forget(_key(news))
            raise
        metrics.count_announcement("swept")

    def loose_objects(self, archive: Archive) -> int:
        """Delete objects that no stored instance refers to."""
        return sweep_objects(archive, timedelta(seconds=self.settings.loose_s))

    def spool(self, archive: Archive) -> int:
        """Delete files that a dead process left in the spool."""
        return archive.objects.sweep_spool(self.settings.spool_s)

    def _part(self, step: str, part: Callable[[Archive], int], archive: Archive) -> bool:
        try:
            count = part(archive)
        except Exception:
            metrics.count_worker_failure(f"sweep-{step}")
            log.exception("a part of the sweep failed", step=step)
            return False
        if count:
            log.info("swept", step=step, count=count)
        return True


def _key(news: Announcement) -> str:
    return f"swept:{news.collection}:{news.study_instance_uid}:{news.revision}"
