"""Validators beside the runner: which one is asked, and what counts as an error of its own kind."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from conformance.corpus.corpus import corpus_of
from conformance.known import Known, Source
from conformance.mock.memory import read_instance
from conformance.mock.server import Mock, serving
from conformance.model import Outcome
from conformance.registry import load_checks
from conformance.running import run_checks
from conformance.validators import VALIDATORS, Validator, errors_in, installed
from conformance.verdicts import Undecided
from conformance.wire.server import Server
from conformance.wire.shown import Redaction
from conformance.wire.target import Target

CORPUS = corpus_of("a test")
CHECKS = load_checks()


def saying(*words: str, then: str = "") -> Validator:
    """A validator that says these words of any file."""
    script = f"import sys, time; print({chr(10).join(words)!r}); {then}"
    return Validator("a validator", (sys.executable, "-c", script), lambda lines: lines[1:])


def outcomes(mock: Mock) -> dict[str, Outcome]:
    for one in CORPUS.instances:
        mock.memory.put(read_instance(one.part10))
    stored = frozenset(one.name for one in CORPUS.instances)
    known = Known(CORPUS, source=Source.FOUND, stored=stored)
    with serving(mock) as base:
        server = Server(Target(base), Redaction())
        results = run_checks(CHECKS.chosen(["content["]), server, known)
        server.close()
    return {one.check: one.outcome for one in results if one.check.startswith("content[")}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_what_comes_as_it_was_stored_gets_no_fault() -> None:
    found = outcomes(Mock())
    assert found["content[ct]"] is Outcome.PASS
    assert set(found.values()) <= {Outcome.PASS, Outcome.NOT_OFFERED}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_a_fault_that_came_on_the_way_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Careless(Mock):
        """Puts another attribute where Rescale Intercept was."""

        def answer(self, request):  # type: ignore[no-untyped-def]  # as the base has it
            reply = super().answer(request)
            reply.body = reply.body.replace(b"\x28\x00\x52\x10DS", b"\x28\x00\x51\x10DS")
            return reply

    monkeypatch.setattr("conformance.files.changed", lambda *_, **__: iter(()))
    assert outcomes(Careless())["content[ct]"] is Outcome.FAIL


def test_without_a_validator_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.checks.content.installed", lambda: None)
    known = Known(CORPUS, source=Source.FOUND)
    server = Server(Target("http://127.0.0.1:9"), Redaction())
    [one] = [one for one in CHECKS.all() if one.id == "content[ct]"]
    with pytest.raises(Undecided, match="neither dciodvfy nor validate_iods is installed"):
        one.run(server, known)


def test_the_first_that_is_installed_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installed() is None
    (tmp_path / "validate_iods").write_text("#!/bin/sh\n")
    (tmp_path / "validate_iods").chmod(0o755)
    one = installed()
    assert one is not None
    assert one.name == "validate_iods"


def test_an_error_is_the_same_whatever_value_it_is_about() -> None:
    line = "Error - Value invalid for this VR - (0x0008,0x0020) DA Study Date  DA [1] = <{}>"
    one, other = ("2004.01.19", "x")
    found = [errors_in(b"", saying("", line.format(value))) for value in (one, other)]
    assert found[0] == found[1] != frozenset()


def test_a_validator_that_ends_badly_says_nothing() -> None:
    killed = saying("", "Error - something", then="import os; os.kill(os.getpid(), 9)")
    assert errors_in(b"", killed) is None
    assert errors_in(b"", Validator("gone", ("no-such-program",), lambda lines: lines)) is None


def test_a_validator_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.validators.max_seconds", 1)
    assert errors_in(b"", saying("", then="time.sleep(30)")) is None


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        (
            "dciodvfy",
            "CTImage\nWarning - odd\nError - Missing attribute Type 2",
            ["Missing attribute Type 2"],
        ),
        ("dciodvfy", "Error - Information Object Not found", None),
        ("validate_iods", "Invalid DICOM edition local - aborting", None),
        (
            "validate_iods",
            'SOP class is "1.2.3" (CT Image IOD)\n\nErrors\n======\n\nModule "Patient":\n'
            "Tag (0010,0020) (Patient ID) is missing",
            ['Module "Patient": Tag (0010,0020) (Patient ID) is missing'],
        ),
    ],
)
def test_errors_are_read_from_what_a_validator_says(
    name: str, text: str, wanted: list[str] | None
) -> None:
    [validator] = [one for one in VALIDATORS if one.name == name]
    assert validator.errors(text.splitlines()) == wanted
