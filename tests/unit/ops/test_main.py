from __future__ import annotations

from pathlib import Path

import pytest

from ops.__main__ import main
from tests.archives import new_archive, store
from tests.builders import ct_image


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


@pytest.fixture
def migrated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate"]) == 0
    capsys.readouterr()


@pytest.mark.usefixtures("migrated")
def test_a_token_is_shown_once_and_can_be_revoked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "create", "PACS", "--grant", "archive:read,write"]) == 0
    secret = capsys.readouterr().out.splitlines()[-1]
    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert secret not in listed
    assert "PACS  archive:read,write  valid" in listed
    assert main(["token", "revoke", "1"]) == 0
    assert main(["token", "revoke", "1"]) == 1
    assert main(["token", "list"]) == 0
    assert "revoked" in capsys.readouterr().out


@pytest.mark.usefixtures("migrated")
@pytest.mark.parametrize("grant", ["archive", "archive:own", ":read", "archive:"])
def test_a_grant_that_cannot_be_read_is_refused(grant: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["token", "create", "PACS", "--grant", grant])
    assert caught.value.code == 2


@pytest.mark.usefixtures("migrated")
def test_a_grant_of_a_collection_that_is_not_there_is_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["token", "create", "PACS", "--grant", "nowhere:read"]) == 1
    assert "no such collection" in capsys.readouterr().err


@pytest.mark.usefixtures("migrated")
def test_a_peer_is_added_listed_and_removed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peer", "add", "SCANNER", "10.1.2.0/24", "--grant", "archive:write"]) == 0
    assert main(["peer", "list"]) == 0
    assert "SCANNER   10.1.2.0/24  archive:write" in capsys.readouterr().out
    assert main(["peer", "remove", "1"]) == 0
    assert main(["peer", "remove", "1"]) == 1


@pytest.mark.usefixtures("migrated")
def test_erasing_asks_to_be_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["erase", "1.2.3"]) == 2
    assert "--yes" in capsys.readouterr().err
    assert main(["erase", "1.2.3", "--yes"]) == 1


@pytest.mark.usefixtures("migrated")
def test_dead_letters_are_listed_and_must_be_named_to_be_retried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["deadletters", "list"]) == 0
    assert "REASON" in capsys.readouterr().out
    assert main(["deadletters", "retry"]) == 2
    assert main(["deadletters", "retry", "7"]) == 1
    assert main(["deadletters", "retry", "--all"]) == 0


def test_a_sweep_without_a_queue_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DICOMTUBE_BROKER_URL", raising=False)
    assert main(["sweep"]) == 1
    assert "does not run" in capsys.readouterr().err


@pytest.mark.usefixtures("migrated")
def test_a_key_is_rotated_and_forgetting_one_says_first_what_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deid-keys", "list"]) == 0
    first = capsys.readouterr().out.splitlines()[-1].split()[0]
    assert main(["deid-keys", "retire", first, "--yes"]) == 1
    assert "newest" in capsys.readouterr().err
    assert main(["deid-keys", "rotate"]) == 0
    assert main(["deid-keys", "list"]) == 0
    shown = capsys.readouterr().out
    assert "known patients" in shown
    assert "new patients" in shown
    assert main(["deid-keys", "retire", first]) == 2
    told = capsys.readouterr()
    assert "another pseudonym" in told.out
    assert "--yes" in told.err
    assert main(["deid-keys", "retire", "nobody", "--yes"]) == 1
    assert main(["deid-keys", "retire", first, "--yes"]) == 0
    assert first not in (tmp_path / "deid.keys").read_text()


@pytest.mark.usefixtures("migrated")
def test_a_list_of_uploads_that_leaves_some_out_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = new_archive(tmp_path)
    for _ in range(3):
        store(archive, ct_image(), collection="community")
    archive.close()
    assert main(["uploads", "list", "--limit", "2"]) == 0
    shown = capsys.readouterr().out
    assert len(shown.splitlines()) == 4
    assert "--limit 20" in shown
    assert main(["uploads", "list", "--limit", "3"]) == 0
    assert "There are more" not in capsys.readouterr().out
