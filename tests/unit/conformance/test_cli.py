"""The command line against the mock: what it exits with, writes, and never sends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import FAILED, HELD, NO_RUN, main
from conformance.corpus.corpus import corpus_of
from conformance.mock.memory import read_instance
from conformance.mock.messages import Reply, Request
from conformance.mock.server import Mock, serving
from conformance.registry import REGISTRY, load_checks

SEED = "a test"
FEW = ("--only", "qido.accept", "--only", "wado.default", "--only", "http.")


class Telling(Mock):
    """A mock that remembers which methods it was asked with."""

    def __init__(self, flaws: frozenset[str] = frozenset()) -> None:
        super().__init__(flaws)
        self.methods: set[str] = set()

    def answer(self, request: Request) -> Reply:
        self.methods.add(request.method)
        return super().answer(request)


def holding(seed: str = SEED, flaws: frozenset[str] = frozenset()) -> Telling:
    """A mock that holds a corpus already."""
    mock = Telling(flaws)
    for one in corpus_of(seed).instances:
        mock.memory.put(read_instance(one.part10))
    return mock


def run(base: str, *more: str) -> int:
    return main(["run", "--base", base, "--quiet", "--rate", "0", *more])


def test_a_server_that_does_everything_right_passes_everything(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(Mock()) as base:
        assert run(base, "--write", "--seed", SEED, "--json", str(report)) == HELD
    counts = json.loads(report.read_text())["counts"]
    assert counts["fail"] == counts["weak"] == counts["error"] == 0
    assert counts["pass"] > 600


def test_an_empty_server_passes_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(Mock()) as base:
        assert run(base, "--safe-methods", "--json", str(report)) == HELD
    results = json.loads(report.read_text())["results"]
    assert {one["outcome"] for one in results} == {"skip"}
    assert all(one["reason"] for one in results)


def test_a_run_in_production_sends_get_and_names_nobody(tmp_path: Path) -> None:
    mock = holding("of strangers")
    files = {name: tmp_path / f"report.{name}" for name in ("json", "html", "junit")}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    with serving(mock) as base:
        assert run(base, *options) == HELD
    assert mock.methods == {"GET"}
    made = corpus_of("of strangers").instances
    names = {str(one.data_set.get("PatientName", "")) for one in made} - {""}
    for path in files.values():
        text = path.read_text()
        assert not [one for one in names if one in text]
        assert not [one.study_uid for one in made if one.study_uid in text]


def test_instances_of_the_seed_are_found_without_writing(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(holding()) as base:
        assert run(base, "--seed", SEED, "--json", str(report)) == HELD
    document = json.loads(report.read_text())
    assert document["data"] == "found"
    assert document["counts"]["pass"] > 500


def test_what_does_not_hold_exits_with_one() -> None:
    with serving(holding(flaws=frozenset({"any"}))) as base:
        assert run(base, "--seed", SEED, *FEW) == FAILED


def test_a_baseline_forgives_what_failed_before(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving(holding(flaws=frozenset({"any"}))) as base:
        run(base, "--seed", SEED, *FEW, "--json", str(report))
        assert run(base, "--seed", SEED, *FEW, "--baseline", str(report)) == HELD
    with serving(holding(flaws=frozenset({"any", "no-private", "no-vary", "bad-bounds"}))) as base:
        options = ("--only", "qido.bad-page", "--baseline", str(report))
        assert run(base, "--seed", SEED, *options) == FAILED


def test_a_server_that_is_not_there_exits_with_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("http://127.0.0.1:9/dicom-web", "--timeout", "1") == NO_RUN
    assert "cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize(
    "options",
    [
        ("--only", "no.such.check"),
        ("--client", "nobody"),
        ("--header", "no colon"),
        ("--bearer", "a", "--basic", "b:c"),
        ("--oauth2", "http://127.0.0.1:9/token"),
        ("--waivers", "no-such-file.toml"),
        ("--baseline", "no-such-file.json"),
    ],
)
def test_options_that_cannot_be_meant_exit_with_two(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("http://127.0.0.1:9", *options) == NO_RUN
    assert capsys.readouterr().err.startswith("conformance: ")


def test_a_second_server_stands_beside_the_first(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    with serving(holding()) as one, serving(holding()) as other:
        run(one, "--seed", SEED, "--against", other, *FEW, "--html", str(page))
        assert one in page.read_text()
        assert other in page.read_text()


def test_a_plugin_adds_a_check_with_one_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_checks.py").write_text(
        "from conformance.registry import Needs, check\n"
        "@check('mine.one', 'HTTP-REACH', needs=Needs.SAMPLE)\n"
        "def mine(server, known):\n"
        "    '''My own check looks at something.'''\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    load_checks()
    monkeypatch.setattr(REGISTRY, "_checks", dict(REGISTRY._checks))
    report = tmp_path / "report.json"
    with serving(holding()) as base:
        options = ("--plugin", "my_checks", "--only", "mine.", "--json", str(report))
        assert run(base, "--seed", SEED, *options) == HELD
    [result] = json.loads(report.read_text())["results"]
    assert (result["check"], result["outcome"]) == ("mine.one", "pass")


def test_lists_name_checks_and_requirements(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--only", "qido.limit"]) == HELD
    out = capsys.readouterr().out
    assert "qido.limit: A limit of 3 returns three studies" in out
    assert "QIDO-PAGE-LIMIT (SHALL, PS3.18 8.3.4.4)" in out
