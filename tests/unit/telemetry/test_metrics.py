"""Metrics count what happened, with bounded labels, across processes when asked."""

import os
import subprocess
import sys
from pathlib import Path

from prometheus_client import REGISTRY

from telemetry import metrics
from telemetry.processes import VARIABLE, forget_process, fresh_directory

ROOT = Path(__file__).parents[3]


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_an_outcome_is_counted_by_door_and_collection() -> None:
    labels = {"door": "dimse", "collection": "archive", "outcome": "0xA900"}
    before = value("dicomtube_ingest_instances_total", **labels)
    metrics.count_ingest("dimse", "archive", "0xA900", 3)
    assert value("dicomtube_ingest_instances_total", **labels) == before + 3


def test_an_invented_method_does_not_become_a_label() -> None:
    metrics.observe_request("studies", "BREW-7f3a", 405, 0.001)
    assert "BREW" not in metrics.exposition().decode()
    assert value(
        "dicomtube_request_seconds_count", resource="studies", method="OTHER", status_class="4xx"
    )


def test_two_processes_share_one_scrape(tmp_path: Path) -> None:
    environ = os.environ | fresh_directory(tmp_path)
    count = "from telemetry import metrics; metrics.count_dead_letter()"
    show = "from telemetry import metrics; print(metrics.exposition().decode())"
    for _ in range(2):
        subprocess.run([sys.executable, "-c", count], env=environ, cwd=ROOT, check=True)
    shown = subprocess.run(
        [sys.executable, "-c", show], env=environ, cwd=ROOT, check=True, capture_output=True
    )
    assert b"dicomtube_dead_letters_total 2.0" in shown.stdout


def test_a_fresh_directory_forgets_an_earlier_run(tmp_path: Path) -> None:
    named = Path(fresh_directory(tmp_path)[VARIABLE])
    (named / "counter_1.db").write_bytes(b"old")
    fresh_directory(tmp_path)
    assert list(named.iterdir()) == []


def test_the_live_gauges_of_an_ended_process_are_forgotten(tmp_path: Path) -> None:
    environ = fresh_directory(tmp_path)
    live, counter = (Path(environ[VARIABLE]) / n for n in ("gauge_livesum_7.db", "counter_7.db"))
    live.touch()
    counter.touch()
    forget_process(7, environ)
    assert (live.exists(), counter.exists()) == (False, True)
