"""`assistant status|stop|start|calls`: the operator's switch, and what was told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.archive import open_archive
from archive.settings import Settings
from community.assisting import asking
from community.assisting.terms import TERMS
from community.assisting.working import work_waiting
from community.cases import editing
from ops.__main__ import main
from tests.assistant import StandIn, stand_in
from tests.cases import TEXT, somebody


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setenv("DICOMTUBE_HOME", str(tmp_path))
    monkeypatch.setenv("DICOMTUBE_ACCESS", "accounts")
    assert main(["migrate"]) == 0
    with stand_in() as made:
        yield made


def test_it_is_off_until_there_is_a_key_and_stopped_until_it_is_started(
    service: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = []
    for argument in ("status", "stop", "status", "start", "status"):
        if argument == "stop":
            monkeypatch.setenv("GEMINI_API_KEY", "a-key")
            monkeypatch.setenv("GEMINI_MODEL", "gemini-x")
            monkeypatch.setenv("GEMINI_TIER", "paid")
        capsys.readouterr()
        assert main(["assistant", argument]) == 0
        said.append(capsys.readouterr().out.strip())
    assert said[0].startswith("off")
    assert said[2].startswith("stopped")
    assert said[4] == "on: gemini-x, paid tier"


def test_what_was_told_is_listed_without_its_text(
    service: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = open_archive(Settings.from_environment())
    ann, settings = somebody(archive, "ann"), service.settings()
    case = editing.make_case(archive, ann, TEXT)
    asking.allow(archive, settings, ann, case.id, TERMS["paid"].version)
    asking.ask(archive, settings, ann, case.id)
    assert main(["assistant", "stop"]) == 0
    assert work_waiting(archive, settings, settings.service()) == 0
    assert main(["assistant", "start"]) == 0
    assert work_waiting(archive, settings, settings.service()) == 1
    archive.close()
    capsys.readouterr()
    assert main(["assistant", "calls"]) == 0
    said = capsys.readouterr().out
    assert case.id in said
    assert "title,specialty" in said
    assert "Wilson" not in said
