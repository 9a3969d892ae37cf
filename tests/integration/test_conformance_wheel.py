"""From a wheel to a report in two commands, by somebody who has nothing else of this project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pydicom
import pytest

from conformance.mock.server import Mock, serving

ROOT = Path(__file__).resolve().parent.parent.parent
OURS = ("imaging", "archive", "dicomweb", "dimse", "worker", "viewer", "community", "ops")


def command(*words: str | Path, cwd: Path, timeout: int = 240) -> str:
    """Run a command as a stranger would: no path of ours, no virtual environment of ours."""
    unwanted = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    environment = {k: v for k, v in os.environ.items() if k not in unwanted}
    done = subprocess.run(
        list(map(str, words)),
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's wheel, built from a copy of its folder alone."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
    shutil.copytree(ROOT / "conformance", folder / "source", ignore=ignored)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "-q")
    options = ("--no-deps", "-w", folder / "dist")
    command(*pip, *options, folder / "source", cwd=folder)
    [made] = (folder / "dist").glob("dicom_conformance-*.whl")
    return made


@pytest.fixture(scope="module")
def bin_folder(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel installed; what it depends on is lent from this one."""
    place = tmp_path_factory.mktemp("stranger") / "venv"
    venv.create(place, with_pip=True, symlinks=True)
    [site] = place.glob("lib/python*/site-packages")
    lent = Path(pydicom.__file__).parent.parent
    (site / "zz-lent.pth").write_text(f"{lent}\n")
    pip = (place / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "install", "-q")
    command(*pip, "--no-index", wheel, cwd=place)
    return place / "bin"


def test_the_wheel_holds_all_that_the_folder_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if not name.partition("/")[0].endswith("info")}
    folder = ROOT / "conformance"
    wanted = {
        f"conformance/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.suffix in (".py", ".toml", ".json", ".html", ".css", ".js")
        and path.name != "pyproject.toml"
        and "build" not in path.parts
    }
    assert there == wanted


def test_two_commands_lead_from_the_wheel_to_a_report(bin_folder: Path, tmp_path: Path) -> None:
    with serving(Mock()) as base:
        said = command(
            *(bin_folder / "dicom-conformance", "run", "--base", base, "--write"),
            *("--html", "report.html", "--json", "report.json"),
            cwd=tmp_path,
        )
    assert " pass" in said
    counts = json.loads((tmp_path / "report.json").read_text("utf-8"))["counts"]
    assert counts["fail"] == counts["error"] == 0
    assert counts["pass"] > 600
    page = (tmp_path / "report.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "src=" not in page


def test_the_installed_runner_is_the_wheel_and_knows_none_of_us(
    bin_folder: Path, tmp_path: Path
) -> None:
    script = (
        "import conformance, conformance.cli, conformance.registry, sys\n"
        "conformance.registry.load_checks()\n"
        "print(conformance.__file__, *{name.partition('.')[0] for name in sys.modules})"
    )
    where, *modules = command(bin_folder / "python", "-c", script, cwd=tmp_path).split()
    assert Path(where).is_relative_to(bin_folder.parent)
    assert not set(modules) & set(OURS)


def test_the_other_commands_are_there_too(bin_folder: Path, tmp_path: Path) -> None:
    for words in (("list",), ("matrix",), ("features",), ("clients",), ("pages", "pages")):
        assert command(bin_folder / "dicom-conformance", *words, cwd=tmp_path)
    assert command(bin_folder / "python", "-m", "conformance.mock", "--help", cwd=tmp_path)
