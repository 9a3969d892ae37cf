"""Work in several processes: results in order, losses alone, nothing left behind."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from worker.ordered_work import LOST, in_order, processors


def squared(number: int) -> tuple[int, int]:
    """The first ones take longest."""
    time.sleep(0.05 if number < 2 else 0)
    return number * number, os.getpid()


def deadly(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_there_is_a_processor() -> None:
    assert processors() >= 1


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_order(jobs: int) -> None:
    results = [each for each in in_order(squared, 100, jobs) if isinstance(each, tuple)]
    assert [number for number, _ in results] == [number * number for number in range(100)]
    assert ({pid for _, pid in results} == {os.getpid()}) == (jobs == 1)


def test_what_kills_its_process_is_lost_alone() -> None:
    assert list(in_order(deadly, 8, 2)) == [0, 1, 2, LOST, 4, 5, 6, 7]


def test_work_that_kills_every_process_ends() -> None:
    def fatal(number: int) -> int:
        os._exit(number)

    assert list(in_order(fatal, 20, 3)) == [LOST] * 20


def test_a_process_that_ends_between_two_pieces_of_work_is_replaced() -> None:
    with closing(in_order(squared, 40, 2)) as results:
        first = next(results)
        assert isinstance(first, tuple)
        os.kill(first[1], signal.SIGKILL)
        others = [each for each in results if isinstance(each, tuple)]
    # One of them may have been at work.
    assert len(others) >= 38


def test_what_is_wanted_no_more_is_ended() -> None:
    def endless(number: int) -> int:
        if number:
            time.sleep(600)
        return os.getpid()

    began = time.monotonic()
    with closing(in_order(endless, 3, 2)) as results:
        pid = next(results)
    assert isinstance(pid, int)
    assert not is_alive(pid)
    assert time.monotonic() - began < 60


def test_little_is_begun_before_what_is_ahead_is_done(tmp_path: Path) -> None:
    def noted(number: int) -> int:
        if not number:
            time.sleep(0.5)
        (tmp_path / str(number)).touch()
        return number

    with closing(in_order(noted, 10_000, 2)) as results:
        assert next(results) == 0
        assert len(list(tmp_path.iterdir())) < 200
