"""Ratios within rounds, and what they are before a promise."""

from __future__ import annotations

import pytest

from benchmarks.suite.load import Measured
from benchmarks.suite.processes import Memory
from benchmarks.suite.promises import PROMISES, Promise
from benchmarks.suite.results import Verdict, judged, memory_verdict, outcomes, ratio
from benchmarks.suite.rounds import Record, Turn
from benchmarks.suite.works.table import BY_NAME, EDGE, LIMIT, OURS, PEER, POSTGRES, S3

FRAMES, SEARCH = "CT frame, 8 connections", "search: patient ID"


def record(work: str, **columns: list[float]) -> Record:
    turns = {
        column: {at: Turn(Measured(value, 1), 1.0) for at, value in enumerate(values)}
        for column, values in columns.items()
    }
    return Record([work], list(columns), {work: turns})


def test_more_requests_a_second_are_better():
    found = ratio(record(FRAMES, ours=[800.0], peer=[100.0]), Promise(FRAMES, 8, 15))
    assert found is not None
    assert found.median == 8


def test_fewer_milliseconds_are_better():
    found = ratio(record(SEARCH, ours=[2.0], peer=[30.0]), Promise(SEARCH, 10, 50))
    assert found is not None
    assert found.median == 15


def test_the_ratio_is_the_median_of_those_of_the_rounds_and_not_that_of_the_medians():
    found = ratio(record(FRAMES, ours=[10, 40, 90], peer=[10, 10, 10]), Promise(FRAMES, 8, 15))
    slow_minute = ratio(record(FRAMES, ours=[40, 4, 40], peer=[10, 1, 10]), Promise(FRAMES, 8, 15))
    assert found is not None
    assert slow_minute is not None
    assert (found.low, found.median, found.high) == (1, 4, 9)
    assert (slow_minute.low, slow_minute.high) == (4, 4)


def test_a_round_that_one_of_both_did_not_do_has_no_ratio():
    one = record(FRAMES, ours=[80.0, 10.0], peer=[10.0])
    found = ratio(one, Promise(FRAMES, 8, 15))
    assert found is not None
    assert found.low == found.high == 8


@pytest.mark.parametrize(
    ("times", "verdict"),
    [(7.9, Verdict.MISSED), (8.0, Verdict.HELD), (14.9, Verdict.HELD), (15.0, Verdict.REACHED)],
)
def test_a_promise_is_held_from_its_number_on(times: float, verdict: Verdict):
    assert judged(times, 8, 15) is verdict


def test_what_a_server_failed_to_do_is_not_measured_and_not_left_out():
    one = record(FRAMES, ours=[1.0], peer=[])
    assert [o.verdict for o in outcomes(one)] == [Verdict.UNKNOWN]


def test_what_nobody_asked_for_is_left_out():
    one = record(FRAMES, ours=[1.0], peer=[1.0])
    assert {(o.promise.work, o.promise.than) for o in outcomes(one)} == {(FRAMES, PEER)}


def test_a_third_of_the_peers_memory_is_enough():
    one = record(FRAMES, ours=[1.0], peer=[1.0])
    one.peaks = {OURS: Memory(400, 200), PEER: Memory(1200, 1200)}
    assert memory_verdict(one) is Verdict.HELD
    one.peaks[OURS] = Memory(401, 200)
    assert memory_verdict(one) is Verdict.MISSED


def test_every_promise_is_of_works_that_are_done_on_both_its_servers():
    for promise in PROMISES:
        assert promise.of in BY_NAME[promise.work].columns, promise
        assert promise.than in BY_NAME[promise.other_work].columns, promise
        assert BY_NAME[promise.work].unit == BY_NAME[promise.other_work].unit, promise
        assert promise.at_least < promise.aim, promise


def test_every_column_of_a_work_is_one_that_can_be_started():
    assert {c for work in BY_NAME.values() for c in work.columns} == {
        OURS, PEER, POSTGRES, S3, EDGE, LIMIT,
    }  # fmt: skip
