"""`operator invite|promote|list`: how somebody comes to look after a server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archive.archive import open_archive
from archive.database import writing
from archive.settings import Settings
from community.accounts import offers
from community.accounts.people import OPERATOR, insert_person
from ops.__main__ import main


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOMTUBE_HOME", str(tmp_path))
    monkeypatch.setenv("DICOMTUBE_ACCESS", "accounts")
    monkeypatch.setenv("DICOMTUBE_PUBLIC_URL", "https://cases.example.org")
    assert main(["migrate"]) == 0


def test_a_link_is_printed_that_makes_an_operator(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "invite"]) == 0
    found = re.search(r"https://cases\.example\.org/offer\?k=(\S+)", capsys.readouterr().out)
    assert found
    archive = open_archive(Settings.from_environment())
    assert offers.offered_role(archive, found[1]) == OPERATOR
    archive.close()


def test_somebody_with_an_account_is_promoted_and_listed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive = open_archive(Settings.from_environment())
    with writing(archive.engine) as connection:
        insert_person(connection, "Ada", {})
    archive.close()
    assert main(["operator", "promote", "ada", "--role", "moderator"]) == 0
    assert main(["operator", "list"]) == 0
    shown = capsys.readouterr().out
    assert "Ada is moderator now." in shown
    assert re.search(r"^Ada +moderator +active", shown, re.MULTILINE)
    assert main(["operator", "promote", "ada", "--role", "member"]) == 0
    capsys.readouterr()
    main(["operator", "list"])
    assert "Ada" not in capsys.readouterr().out


def test_nobody_of_this_name_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["operator", "promote", "nobody-here"]) != 0
    assert "nobody-here" in capsys.readouterr().err
