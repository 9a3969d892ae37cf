"""A task ends in one of few ways, and no study is tried for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from archive.archive import Announcement
from archive.errors import NotFound, StoreUnavailable
from worker import tasks as module
from worker.policy import Retries
from worker.tasks import Tasks, TryAgain, _read

NEWS = Announcement("archive", "1.2.3", 4)


@dataclass
class Memory:
    """The broker's memory as a few dicts."""

    counts: Counter[str] = field(default_factory=Counter)
    asked: set[str] = field(default_factory=set)
    waiting: int = 0
    up: bool = True

    def count(self, key: str) -> int:
        if not self.up:
            raise ConnectionError("down")
        self.counts[key] += 1
        return self.counts[key]

    def forget(self, key: str) -> None:
        del self.counts[key]
        self.asked.discard(key)

    def once(self, key: str, seconds: float) -> bool:
        fresh = key not in self.asked
        self.asked.add(key)
        return fresh

    def queue_length(self) -> int:
        return self.waiting


@pytest.fixture
def letters(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Announcement, str]]:
    kept: list[tuple[Announcement, str]] = []
    monkeypatch.setattr(
        module,
        "record_dead_letter",
        lambda archive, news, task, reason: kept.append((news, reason)),
    )
    return kept


def tasks(process: Callable[..., None], memory: Memory | None = None) -> Tasks:
    return Tasks(lambda: Any, process, memory or Memory(), Retries(max_tries=3))  # type: ignore[arg-type,return-value]


def failing(error: Exception) -> Callable[..., None]:
    def process(archive: object, news: Announcement) -> None:
        raise error

    return process


def test_a_study_that_is_processed_is_done_and_its_tries_forgotten() -> None:
    memory = Memory()
    assert tasks(lambda archive, news: None, memory).process_study(NEWS) == "done"
    assert not memory.counts


def test_a_study_that_fails_is_tried_again_and_then_given_up(
    letters: list[tuple[Announcement, str]],
) -> None:
    worker = tasks(failing(ValueError("DOE^JANE")))
    for _ in range(2):
        with pytest.raises(TryAgain):
            worker.process_study(NEWS)
    assert worker.process_study(NEWS) == "dead"
    assert letters == [(NEWS, "builtins.ValueError")]


def test_a_study_that_kills_its_worker_each_time_is_given_up(
    letters: list[tuple[Announcement, str]],
) -> None:
    memory = Memory()
    memory.counts[module._tries_key(NEWS)] = 3
    asked: list[Announcement] = []
    worker = tasks(lambda archive, news: asked.append(news), memory)
    assert worker.process_study(NEWS) == "dead"
    assert (asked, len(letters)) == ([], 1)


def test_an_archive_that_is_down_uses_up_no_tries(
    letters: list[tuple[Announcement, str]],
) -> None:
    worker = tasks(failing(StoreUnavailable("down")))
    assert [worker.process_study(NEWS) for _ in range(10)] == ["postponed"] * 10
    assert letters == []


def test_a_study_that_was_erased_meanwhile_is_no_failure() -> None:
    assert tasks(failing(NotFound("gone"))).process_study(NEWS) == "gone"


def test_without_the_brokers_memory_the_work_is_still_done() -> None:
    assert tasks(lambda archive, news: None, Memory(up=False)).process_study(NEWS) == "done"


@pytest.mark.parametrize(
    "arguments",
    [(1, "1.2", 1), ("archive", "../x", 1), ("archive", "1.2", "1"), ("", "1.2", 1),
     ("x" * 65, "1.2", 1), (None, None, None), ("archive", ["1.2"], 1)],
)  # fmt: skip
def test_arguments_that_are_none_are_told_from_those_that_are(arguments: tuple[Any, ...]) -> None:
    assert _read(*arguments) is None
    assert _read("archive", "1.2", 1) == Announcement("archive", "1.2", 1)
