"""The page and the plot of a run."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.suite.command import SMALLEST
from benchmarks.suite.load import Measured
from benchmarks.suite.processes import Memory
from benchmarks.suite.report import write
from benchmarks.suite.rounds import Record, Turn
from benchmarks.suite.servers.server import Server

FRAMES = "CT frame, 8 connections"
SERVERS = {"ours": Server("Ours & co", "http://a/x"), "peer": Server("Other, 1.0", "http://b/x")}


@pytest.fixture
def record() -> Record:
    turns = {"ours": {0: Turn(Measured(1000, 9), 1.5)}, "peer": {0: Turn(Measured(50, 9), 20)}}
    one = Record([FRAMES, "rendered JPEG"], list(SERVERS), {FRAMES: turns}, rounds=1)
    one.failures = {"rendered JPEG": {"peer": "NotOfferedError: 404"}}
    one.peaks = {"ours": Memory(100, 50), "peer": Memory(400, 300)}
    return one


def written(record: Record, tmp_path: Path) -> tuple[str, str, dict[str, object]]:
    write(record, SERVERS, SMALLEST, tmp_path, tmp_path / "run.json")
    page = (tmp_path / "performance.md").read_text("utf-8")
    drawn = (tmp_path / "images" / "performance.svg").read_text("utf-8")
    return page, drawn, json.loads((tmp_path / "run.json").read_text("utf-8"))


def test_the_page_has_ratio_promise_and_verdict_of_each_row(record: Record, tmp_path: Path):
    page, _, _ = written(record, tmp_path)
    row = next(line for line in page.splitlines() if line.startswith(f"| {FRAMES}"))
    assert [cell.strip() for cell in row.strip("|").split("|")] == [
        FRAMES, "Other", "1,000 requests/s", "50", "20× (20–20)", "8×", "15×", "aim reached",
    ]  # fmt: skip


def test_what_was_not_measured_stands_there_with_its_reason(record: Record, tmp_path: Path):
    page, _, _ = written(record, tmp_path)
    assert "not measured" in page
    assert "- Other, 1.0, rendered JPEG: NotOfferedError: 404" in page


def test_the_plot_is_a_picture_with_a_bar_for_what_was_measured(record: Record, tmp_path: Path):
    _, drawn, _ = written(record, tmp_path)
    root = ElementTree.fromstring(drawn)
    bars = [
        one for one in root.iter("{http://www.w3.org/2000/svg}rect") if one.get("height") == "13"
    ]
    assert len(bars) == 1


def test_the_json_has_every_turn(record: Record, tmp_path: Path):
    _, _, kept = written(record, tmp_path)
    assert kept["works"][FRAMES]["peer"]["rounds"]["0"]["measured"]["value"] == 50  # type: ignore[index]
