"""Whoever ingests is never kept waiting, and a study makes one task, not one for each image."""

from dataclasses import dataclass, field

import pytest

from worker import announcer as module
from worker.announcer import Announcer


@dataclass(frozen=True)
class News:
    collection: str
    study_instance_uid: str
    revision: int


@dataclass
class Queue:
    """A broker that can be down."""

    up: bool = True
    sent: list[tuple[str, str, int]] = field(default_factory=list)
    asked: int = 0

    def __call__(self, collection: str, study_instance_uid: str, revision: int) -> None:
        self.asked += 1
        if not self.up:
            raise ConnectionError("down")
        self.sent.append((collection, study_instance_uid, revision))


class Unthreaded(Announcer):
    """The test is the thread."""

    def _ensure_thread(self) -> None:
        return


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def quiet_announcer(queue: Queue, clock: Clock) -> Announcer:
    return Unthreaded(queue, quiet_s=1.0, max_held_s=30.0, clock=clock)


def test_a_study_of_many_images_is_sent_once_with_its_last_revision() -> None:
    queue, clock = Queue(), Clock()
    announcer = quiet_announcer(queue, clock)
    for revision in range(1, 101):
        announcer(News("archive", "1.2", revision))
    assert announcer.send_due() == 0
    clock.now += 1.0
    assert announcer.send_due() == 1
    assert queue.sent == [("archive", "1.2", 100)]
    clock.now += 100.0
    assert announcer.send_due() == 0


def test_a_study_that_never_comes_to_rest_is_sent_after_the_longest_hold() -> None:
    queue, clock = Queue(), Clock()
    announcer = quiet_announcer(queue, clock)
    for revision in range(1, 62):
        announcer(News("archive", "1.2", revision))
        announcer.send_due()
        clock.now += 0.5
    assert queue.sent == [("archive", "1.2", 61)]


def test_a_late_announcement_does_not_take_the_revision_back() -> None:
    queue, clock = Queue(), Clock()
    announcer = quiet_announcer(queue, clock)
    announcer(News("archive", "1.2", 7))
    announcer(News("archive", "1.2", 6))
    clock.now += 2
    announcer.send_due()
    assert queue.sent == [("archive", "1.2", 7)]


def test_while_the_broker_is_down_it_is_left_alone_and_nothing_is_lost() -> None:
    queue, clock = Queue(up=False), Clock()
    announcer = quiet_announcer(queue, clock)
    for study in range(50):
        announcer(News("archive", f"1.2.{study}", 1))
    clock.now += 2
    for _ in range(20):
        announcer.send_due()
    assert queue.asked == 1
    queue.up = True
    clock.now += 60
    assert announcer.send_due() == 50
    assert len(queue.sent) == 50


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "max_held", 3)
    queue, clock = Queue(), Clock()
    announcer = quiet_announcer(queue, clock)
    for study in range(5):
        announcer(News("archive", f"1.2.{study}", 1))
    clock.now += 2
    announcer.send_due()
    assert [uid for _, uid, _ in queue.sent] == ["1.2.2", "1.2.3", "1.2.4"]


def test_closing_sends_what_is_held() -> None:
    queue = Queue()
    announcer = Announcer(queue, quiet_s=60.0, max_held_s=60.0)
    announcer(News("archive", "1.2", 1))
    announcer.close(10.0)
    assert queue.sent == [("archive", "1.2", 1)]
