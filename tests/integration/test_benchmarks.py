"""`make bench` in small: two works, one round, real servers; how fast they are is no matter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.suite import report, rounds
from benchmarks.suite.client import WrongError
from benchmarks.suite.command import SMALLEST, fill
from benchmarks.suite.data.corpus import corpus
from benchmarks.suite.servers.set_up import Wanted, started
from benchmarks.suite.works.frames import accept_for, check
from benchmarks.suite.works.table import BY_NAME, LIMIT, OURS, PEER
from benchmarks.suite.works.work import Scene

pytestmark = pytest.mark.integration
WORKS = ("CT frame, 8 connections", "STOW, 1 connection", "file of a frame, 8 connections")


def test_a_round_measures_both_servers_and_the_limit(tmp_path: Path):
    data = corpus(tmp_path / "data", SMALLEST)
    works = [BY_NAME[name] for name in WORKS]
    wanted = Wanted(works, frozenset({OURS, PEER, LIMIT}))
    with started(wanted, tmp_path, data) as servers:
        fill(servers, data)
        record = rounds.run(works, servers, Scene(data, 0.2), 1)
        report.write(record, servers, data.sizes, tmp_path, tmp_path / "run.json")
        one, other = data.ct[:2]
        accept = accept_for(servers[OURS], one, "1.2.840.10008.1.2.1")
        check(servers[OURS], one, 1, accept)
        with pytest.raises(WrongError):
            check(servers[OURS], type(one)(**{**vars(one), "frames": other.frames}), 1, accept)
    assert record.failures == {}
    kept = json.loads((tmp_path / "run.json").read_text("utf-8"))
    assert {work: sorted(by_column) for work, by_column in kept["works"].items()} == {
        WORKS[0]: [OURS, PEER], WORKS[1]: [OURS, PEER], WORKS[2]: [LIMIT],
    }  # fmt: skip
    for column in (OURS, PEER):
        assert kept["works"][WORKS[0]][column]["rounds"]["0"]["processor_ms"] > 0
        assert record.peaks[column].peak > 10
