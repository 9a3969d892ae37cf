"""The smoke test of times: percentiles, thresholds, and what is no verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import FAILED, HELD, NO_RUN, main
from conformance.corpus.corpus import corpus_of
from conformance.known import Known
from conformance.mock.memory import read_instance
from conformance.mock.messages import Reply, Request
from conformance.mock.server import Mock, serving
from conformance.model import Timed
from conformance.smoke import REQUESTS, Threshold, judged, percentile, timings
from conformance.wire.server import Server
from conformance.wire.shown import Redaction
from conformance.wire.target import Target

SEED = "a test"


class WithoutPictures(Mock):
    """Renders nothing."""

    def answer(self, request: Request) -> Reply:
        if request.path.endswith(("/rendered", "/thumbnail")):
            return Reply(404, "text/plain", b"no")
        return super().answer(request)


@pytest.fixture(scope="module")
def mock_base():  # type: ignore[no-untyped-def]  # a generator of an address
    mock = WithoutPictures()
    for one in corpus_of(SEED).instances:
        mock.memory.put(read_instance(one.part10))
    with serving(mock) as base:
        yield base


def run(base: str, *more: str) -> int:
    options = ["run", "--base", base, "--rate", "0", "--seed", SEED, "--only", "qido.narrow"]
    return main([*options, "--smoke-rounds", "3", *more])


@pytest.mark.parametrize(
    ("times", "part", "wanted"),
    [
        ([], 0.5, 0.0),
        ([7.0], 0.95, 7.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([float(n) for n in range(1, 21)], 0.95, 19.0),
        ([float(n) for n in range(20, 0, -1)], 0.5, 10.0),
    ],
)
def test_a_percentile_is_one_of_the_times(times: list[float], part: float, wanted: float) -> None:
    assert percentile(times, part) == wanted


def test_ten_requests_are_timed_and_told(
    mock_base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report, page = tmp_path / "report.json", tmp_path / "report.html"
    assert run(mock_base, "--smoke", "--json", str(report), "--html", str(page)) == HELD
    rows = json.loads(report.read_text())["timings"]
    assert [one["name"] for one in rows] == [one.name for one in REQUESTS]
    assert len(rows) == 10
    measured = {one["name"]: one for one in rows if not one["trouble"]}
    assert measured["an instance"]["rounds"] == 3
    assert 0 < measured["an instance"]["p50_ms"] <= measured["an instance"]["p95_ms"]
    assert measured["an instance"]["response_bytes"] > 100
    missing = {one["name"]: one["trouble"] for one in rows if one["trouble"]}
    assert missing == dict.fromkeys(("a rendered frame", "a thumbnail"), "it was answered 404")
    assert "an instance: p50" in capsys.readouterr().out
    assert "p95 in ms" in page.read_text()


def test_times_are_no_verdict_without_thresholds() -> None:
    slow = Timed("an instance", 3, 10_000.0, 20_000.0, 1)
    assert not judged(slow, Threshold()).is_too_slow


@pytest.mark.parametrize(
    ("threshold", "wanted"),
    [
        (Threshold(p50_ms=11), ""),
        (Threshold(p50_ms=9), "p50 took 10.0 ms, allowed are 9"),
        (Threshold(p95_ms=19.5), "p95 took 20.0 ms, allowed are 19.5"),
    ],
)
def test_a_threshold_is_kept_or_not(threshold: Threshold, wanted: str) -> None:
    found = judged(Timed("an instance", 3, 10.0, 20.0, 1), threshold)
    assert (found.trouble, found.is_too_slow) == (wanted, bool(wanted))


def test_what_cannot_be_measured_keeps_no_threshold() -> None:
    absent = Timed("a thumbnail", 0, 0.0, 0.0, 0, "it was answered 404")
    assert judged(absent, Threshold(p50_ms=1000)).is_too_slow
    assert not judged(absent, Threshold()).is_too_slow


@pytest.mark.parametrize(("p50_ms", "wanted"), [("60000", HELD), ("0.000001", FAILED)])
def test_thresholds_decide_the_exit_status(
    p50_ms: str, wanted: int, mock_base: str, tmp_path: Path
) -> None:
    path = tmp_path / "thresholds.toml"
    path.write_text(f'["an instance"]\np50_ms = {p50_ms}\n')
    assert run(mock_base, "--quiet", "--thresholds", str(path)) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "[",
        '["a coffee"]\np50_ms = 1\n',
        '["an instance"]\np99_ms = 1\n',
        '["an instance"]\np50_ms = "fast"\n',
        "a = 1\n",
    ],
)
def test_thresholds_that_cannot_be_meant_exit_with_two(
    text: str, mock_base: str, tmp_path: Path
) -> None:
    path = tmp_path / "thresholds.toml"
    path.write_text(text)
    assert run(mock_base, "--quiet", "--thresholds", str(path)) == NO_RUN


def test_nothing_is_timed_where_there_is_nothing() -> None:
    server = Server(Target("http://127.0.0.1:9"), Redaction())
    found = timings(server, Known(corpus_of(SEED)), 3, {})
    assert all(one.rounds == 0 and "no study" in one.trouble for one in found)
