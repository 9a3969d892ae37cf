"""Rounds in which every work is done by all servers in turn, so that all meet the same weather.

May live here: the order, and what is noted of each turn. May not: what it means.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.suite import processes
from benchmarks.suite.client import UnfitError
from benchmarks.suite.load import Measured
from benchmarks.suite.servers.server import Server
from benchmarks.suite.works.work import Scene, Work

_FAILURES = (UnfitError, OSError, http.client.HTTPException, subprocess.SubprocessError, ValueError)


@dataclass(frozen=True)
class Turn:
    """One work by one server in one round."""

    measured: Measured
    processor_ms: float
    """That the server took for each piece of the work."""


@dataclass
class Record:
    """What a run noted; turns by work, server and round."""

    works: list[str]
    columns: list[str]
    turns: dict[str, dict[str, dict[int, Turn]]] = field(default_factory=dict)
    failures: dict[str, dict[str, str]] = field(default_factory=dict)
    """What a server does not offer, or does wrong, by work and server."""
    peaks: dict[str, processes.Memory] = field(default_factory=dict)
    """Of the processes that serve HTTP."""
    rounds: int = 0


def run(works: Sequence[Work], servers: Mapping[str, Server], scene: Scene, rounds: int) -> Record:
    """Do all of it; a server that failed in a work is not asked to do it again."""
    columns = list(servers)
    record = Record([work.name for work in works], columns)
    for number in range(rounds):
        begun = time.monotonic()
        for at, work in enumerate(works):
            shift = (number + at) % len(columns)
            for column in columns[shift:] + columns[:shift]:
                if column in work.columns and column not in record.failures.get(work.name, {}):
                    _turn(record, work, column, servers[column], scene, number)
        record.rounds = number + 1
        took = time.monotonic() - begun
        print(f"Round {number + 1} of {rounds} took {took:.0f} s.", file=sys.stderr)
    return record


def _turn(
    record: Record, work: Work, column: str, server: Server, scene: Scene, number: int
) -> None:
    pids = server.all_processes()
    before = processes.processor_s(pids)
    try:
        measured = work.run(server, scene)
    except _FAILURES as exc:
        record.failures.setdefault(work.name, {})[column] = f"{type(exc).__name__}: {exc}"
        print(f"{server.name} does not do '{work.name}': {exc}", file=sys.stderr)
        return
    if work.leaves_work:
        # It is part of what the work costs, and the next server is not to suffer from it.
        processes.settle(server.all_processes(), quiet_s=0.4, max_wait_s=15)
    spent = processes.processor_s(pids | server.all_processes()) - before
    turn = Turn(measured, 1000 * spent / measured.requests)
    record.turns.setdefault(work.name, {}).setdefault(column, {})[number] = turn
    _note_memory(record, column, server)


def _note_memory(record: Record, column: str, server: Server) -> None:
    now, before = processes.memory(server.web_processes()), record.peaks.get(column)
    if before is not None:
        now = processes.Memory(
            max(now.peak, before.peak), max(now.proportional, before.proportional)
        )
    record.peaks[column] = now
