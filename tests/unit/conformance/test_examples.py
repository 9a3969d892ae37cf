"""The examples of the guide are used as they stand: a plug-in, files, workflows, commands."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from conformance.claims.reading import read_claims
from conformance.cli import HELD, _parser, main
from conformance.clients import CLIENTS
from conformance.corpus.corpus import corpus_of
from conformance.mock.memory import read_instance
from conformance.mock.server import Mock, serving
from conformance.registry import REGISTRY, load_checks
from conformance.reports.comparing import read_waivers
from conformance.smoke import read_thresholds

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "docs" / "conformance-runner"
GUIDE = ROOT / "docs" / "conformance-runner.md"
ACTION = yaml.safe_load((ROOT / "conformance" / "action.yml").read_text("utf-8"))
SEED = "a test"


def commands() -> list[list[str]]:
    """Every line of the guide and the examples that calls the runner, as words."""
    texts = [GUIDE.read_text("utf-8"), (EXAMPLES / "gitlab-ci.yml").read_text("utf-8")]
    joined = "\n".join(texts).replace("\\\n", " ")
    lines = re.findall(r"^\$ dicom-conformance (.*)$", joined, re.MULTILINE)
    return [shlex.split(line.partition(" > ")[0], comments=True) for line in lines]


def test_the_plugin_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(EXAMPLES / "hospital_checks.py", tmp_path / "hospital_checks.py")
    monkeypatch.syspath_prepend(str(tmp_path))
    load_checks()
    monkeypatch.setattr(REGISTRY, "_checks", dict(REGISTRY._checks))
    report = tmp_path / "report.json"
    mock = Mock()
    for one in corpus_of(SEED).instances:
        mock.memory.put(read_instance(one.part10))
    with serving(mock) as base:
        options = (
            "--seed",
            SEED,
            "--plugin",
            "hospital_checks",
            "--only",
            "hospital.",
            "--rate",
            "0",
        )
        main(["run", "--base", base, "--quiet", *options, "--json", str(report)])
    results = {one["check"]: one for one in json.loads(report.read_text())["results"]}
    assert results["hospital.no-store"]["outcome"] in ("fail", "weak")
    assert "Cache-Control 'private, no-cache'" in results["hospital.no-store"]["reason"]
    assert results["hospital.quick-thumbnail"]["outcome"] in ("pass", "weak")


def test_the_files_are_read() -> None:
    profile = EXAMPLES / "profile.toml"
    assert read_claims(profile.read_bytes(), "profile.toml").said["work.search"] is False
    assert read_thresholds(EXAMPLES / "thresholds.toml")["a rendered frame"].p95_ms == 3000
    [waiver] = read_waivers(EXAMPLES / "waivers.toml")
    assert waiver.check in {one.id for one in load_checks().all()}


def test_every_command_of_the_guide_is_understood() -> None:
    found = commands()
    assert len(found) >= 15
    for words in found:
        _parser().parse_args(words)


def test_every_option_of_a_run_is_in_the_guide() -> None:
    text = GUIDE.read_text("utf-8")
    parser = _parser()
    run = parser._subparsers._group_actions[0].choices["run"]  # type: ignore[union-attr,index]
    options = {o for action in run._actions for o in action.option_strings if o.startswith("--")}
    assert {one for one in options if f"`{one}" not in text} == {"--help"}


def test_every_command_is_in_the_guide() -> None:
    text = GUIDE.read_text("utf-8")
    names = _parser()._subparsers._group_actions[0].choices  # type: ignore[union-attr]
    assert {one for one in names if f"dicom-conformance {one}" not in text} == set()


def test_every_client_is_in_the_guide() -> None:
    text = GUIDE.read_text("utf-8")
    assert {one for one in CLIENTS if f"| `{one}` |" not in text} == set()


def test_no_link_of_the_guide_leads_nowhere() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", GUIDE.read_text("utf-8")):
        assert (GUIDE.parent / target).exists(), target


# ---- the action
def test_the_workflow_gives_the_action_what_it_takes() -> None:
    workflow = yaml.safe_load((EXAMPLES / "github-workflow.yml").read_text("utf-8"))
    steps = workflow["jobs"]["conformance"]["steps"]
    [step] = [one for one in steps if "conformance@" in one.get("uses", "")]
    assert set(step["with"]) <= set(ACTION["inputs"])
    required = {name for name, one in ACTION["inputs"].items() if one.get("required")}
    assert required <= set(step["with"])
    assert f"steps.{step['id']}.outputs.folder" in json.dumps(workflow)
    assert "folder" in ACTION["outputs"]


@pytest.mark.parametrize("hostile", ["", "--quiet; touch owned", "$(touch owned)", "*"])
def test_the_actions_script_calls_the_runner(hostile: str, tmp_path: Path) -> None:
    """Its inputs are words and nothing else, whatever stands in them."""
    said = tmp_path / "said"
    fake = tmp_path / "bin" / "dicom-conformance"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}\n')
    fake.chmod(0o755)
    [step] = [one for one in ACTION["runs"]["steps"] if one.get("name") == "Check"]
    environment = {
        "PATH": f"{fake.parent}:/usr/bin:/bin",
        "BASE": "http://pacs/dicom web",
        "WRITE": "true",
        "TOKEN": "a token",
        "OPTIONS": hostile,
        "FOLDER": "out",
    }
    script = ("bash", "-e", "-c", step["run"])
    subprocess.run(script, env=environment, cwd=tmp_path, check=True)
    words = said.read_text().splitlines()
    assert not (tmp_path / "owned").exists()
    assert words[1:3] == ["--base", "http://pacs/dicom web"]
    assert words[-len(hostile.split()) :] == hostile.split() if hostile else "--write" in words
    if not hostile:
        read = _parser().parse_args(words)
        assert (read.write, read.bearer) == (True, "a token")


def test_explain_prints_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "qido.match[dates]"]) == HELD
    assert "{'StudyDate':" in capsys.readouterr().out
    assert main(["explain", "no.such"]) == 2
