"""Medians, ratios of rounds, and whether a promise is held.

A ratio is taken within a round and the median of them is what counts, so that a busy minute of the
machine touches both sides of it.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.suite.promises import MEMORY_AIM, MEMORY_AT_LEAST, PROMISES, Promise
from benchmarks.suite.rounds import Record, Turn
from benchmarks.suite.works.table import BY_NAME, OURS, PEER


class Verdict(StrEnum):
    """How a promise fares."""

    REACHED = "aim reached"
    HELD = "held"
    MISSED = "**missed**"
    UNKNOWN = "not measured"


@dataclass(frozen=True)
class Ratio:
    """How many times as good the first is; of all rounds."""

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Outcome:
    """A promise and what came of it; `ratio` is None where either side was not measured."""

    promise: Promise
    ratio: Ratio | None

    @property
    def verdict(self) -> Verdict:
        """In a word."""
        if self.ratio is None:
            return Verdict.UNKNOWN
        return judged(self.ratio.median, self.promise.at_least, self.promise.aim)


def judged(ratio: float, at_least: float, aim: float) -> Verdict:
    """What a ratio is, before a promise."""
    if ratio >= aim:
        return Verdict.REACHED
    return Verdict.HELD if ratio >= at_least else Verdict.MISSED


def outcomes(record: Record) -> list[Outcome]:
    """Every promise of the works and servers of the run."""
    return [
        Outcome(promise, ratio(record, promise))
        for promise in PROMISES
        if {promise.work, promise.other_work} <= set(record.works)
        and {promise.of, promise.than} <= set(record.columns)
    ]


def ratio(record: Record, promise: Promise) -> Ratio | None:
    """Of the rounds in which both were measured."""
    ours = turns_of(record, promise.work, promise.of)
    theirs = turns_of(record, promise.other_work, promise.than)
    more = BY_NAME[promise.work].unit.more_is_better
    found = [
        _times(ours[number].measured.value, theirs[number].measured.value, more)
        for number in ours.keys() & theirs.keys()
    ]
    return Ratio(statistics.median(found), min(found), max(found)) if found else None


def turns_of(record: Record, work: str, column: str) -> dict[int, Turn]:
    """By round."""
    return record.turns.get(work, {}).get(column, {})


def median(record: Record, work: str, column: str) -> float | None:
    """What a work came to on a server."""
    turns = turns_of(record, work, column)
    return statistics.median(t.measured.value for t in turns.values()) if turns else None


def processor_ms(record: Record, work: str, column: str) -> float | None:
    """What a piece of it cost the server."""
    turns = turns_of(record, work, column)
    return statistics.median(turn.processor_ms for turn in turns.values()) if turns else None


def memory_ratio(record: Record) -> float | None:
    """How many times as much memory the peer's peak is."""
    ours, theirs = record.peaks.get(OURS), record.peaks.get(PEER)
    return theirs.peak / ours.peak if ours and theirs and ours.peak and theirs.peak else None


def memory_verdict(record: Record) -> Verdict:
    """Of the promise about it."""
    found = memory_ratio(record)
    return judged(found, MEMORY_AT_LEAST, MEMORY_AIM) if found else Verdict.UNKNOWN


def _times(ours: float, theirs: float, more_is_better: bool) -> float:
    return ours / theirs if more_is_better else theirs / ours
