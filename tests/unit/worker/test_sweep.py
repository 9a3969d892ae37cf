"""A sweep finds what was missed, without piling up work or sweeping twice at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from archive.archive import Announcement
from worker import sweep as module
from worker.settings import WorkerSettings
from worker.sweep import Sweeper, max_queue

WAITING = [Announcement("archive", f"1.2.{n}", 1) for n in range(3)]
QUARANTINED = [Announcement("community.quarantine", "2.25.1", 1)]


@dataclass
class Memory:
    """Who has asked what, and how long the queue is."""

    asked: set[str] = field(default_factory=set)
    waiting: int = 0

    def count(self, key: str) -> int:
        return 1

    def forget(self, key: str) -> None:
        self.asked.discard(key)

    def once(self, key: str, seconds: float) -> bool:
        fresh = key not in self.asked
        self.asked.add(key)
        return fresh

    def queue_length(self) -> int:
        return self.waiting


@pytest.fixture
def archive(monkeypatch: pytest.MonkeyPatch) -> Any:
    swept: list[str] = []
    monkeypatch.setattr(module, "unprocessed", lambda archive, older_than: WAITING)
    monkeypatch.setattr(module, "adopt", lambda archive: 0)
    monkeypatch.setattr(module, "waiting", lambda archive, older_than: QUARANTINED)
    monkeypatch.setattr(module, "erase_due", lambda archive: swept.append("originals") or 0)
    monkeypatch.setattr(
        module, "sweep_objects", lambda archive, older_than: swept.append("loose") or 0
    )
    monkeypatch.setattr(module, "finish_commitments", lambda archive: swept.append("asked") or 0)
    objects = SimpleNamespace(sweep_spool=lambda age: swept.append("spool") or 0)
    monkeypatch.setattr(module, "scrub", lambda engine: swept.append("remnants") or False)
    return SimpleNamespace(objects=objects, swept=swept, engine=None)


def sweeper(memory: Memory, sent: list[Announcement]) -> Sweeper:
    return Sweeper(sent.append, memory, WorkerSettings())


def test_what_was_missed_is_announced_once(archive: Any) -> None:
    memory, sent = Memory(), list[Announcement]()
    for _ in range(3):
        assert sweeper(memory, sent).sweep(archive) == "done"
    assert sent == WAITING + QUARANTINED


def test_while_the_queue_is_long_nothing_is_added_to_it(archive: Any) -> None:
    sent: list[Announcement] = []
    sweeper(Memory(waiting=max_queue + 1), sent).sweep(archive)
    assert sent == []


def test_only_one_sweep_goes_on_at_a_time(archive: Any) -> None:
    memory, sent = Memory(), list[Announcement]()
    assert memory.once(module.TURN, 600)
    assert sweeper(memory, sent).sweep(archive) == "held"
    assert (sent, archive.swept) == ([], [])


def test_a_part_that_fails_keeps_no_other_from_its_work(
    archive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(archive: Any, older_than: timedelta) -> list[Announcement]:
        raise ConnectionError("down")

    monkeypatch.setattr(module, "unprocessed", down)
    memory = Memory()
    assert sweeper(memory, []).sweep(archive) == "failed"
    assert archive.swept == ["originals", "remnants", "asked", "loose", "spool"]
    assert memory.once(module.TURN, 1)


def test_what_could_not_be_sent_is_announced_by_a_later_sweep(archive: Any) -> None:
    memory, sent = Memory(), list[Announcement]()

    def broken(news: Announcement) -> None:
        raise ConnectionError("down")

    Sweeper(broken, memory, WorkerSettings()).sweep(archive)
    sweeper(memory, sent).sweep(archive)
    assert sent == WAITING + QUARANTINED
