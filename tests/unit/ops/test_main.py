from __future__ import annotations

from pathlib import Path

import pytest

from ops.__main__ import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOMTUBE_HOME", str(tmp_path))


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for name in ("run", "demo", "token", "peer", "collection", "erase", "deadletters", "sweep"):
        assert f"    {name} " in shown or f"    {name}\n" in shown


def test_open_access_beyond_loopback_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DICOMTUBE_HTTP_BIND", "0.0.0.0:8000")
    assert main(["run"]) == 1
    assert "DICOMTUBE_ACCESS=accounts" in capsys.readouterr().err


def test_a_demo_without_a_server_says_how_to_start_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DICOMTUBE_HTTP_BIND", "127.0.0.1:1")
    assert main(["demo"]) == 1
    assert "make run" in capsys.readouterr().err


def test_a_collection_made_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"]) == 0
    assert main(["collection", "create", "trial", "--ae-title", "TRIAL"]) == 0
    assert main(["collection", "list"]) == 0
    shown = capsys.readouterr().out
    assert "/collections/trial/dicom-web" in shown
    assert "/community/dicom-web" in shown


def test_an_index_that_was_never_made_is_an_error_that_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["collection", "list"]) == 1
    assert "never migrated" in capsys.readouterr().err
