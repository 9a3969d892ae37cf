"""Settings of signing in: complete or refused, and no stand-ins where others reach us."""

from __future__ import annotations

from pathlib import Path

import pytest
from joserfc.jwk import ECKey

from archive.errors import SettingsError
from archive.settings import Settings
from community.accounts.providers import configured
from community.accounts.settings import (
    APPLE,
    GOOGLE,
    AccountSettings,
    wants_development_sign_in,
)

FAKE = "DICOMTUBE_FAKE_PROVIDERS_URL"
PUBLIC = {
    "DICOMTUBE_ACCESS": "accounts",
    "DICOMTUBE_PUBLIC_URL": "https://cases.example.org",
}


def archive_settings(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_environment({"DICOMTUBE_HOME": str(tmp_path), **environ})


def test_without_registrations_nobody_signs_in(tmp_path: Path) -> None:
    found = AccountSettings.from_environment(archive_settings(tmp_path), {})
    assert configured(found) == ()


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file\n")
    environ = {
        "DICOMTUBE_GOOGLE_CLIENT_ID": "ours",
        "DICOMTUBE_GOOGLE_CLIENT_SECRET_FILE": str(file),
    }
    found = AccountSettings.from_environment(archive_settings(tmp_path), environ)
    assert found.registrations[GOOGLE].secret == "from-a-file"
    assert "from-a-file" not in repr(found)
    [google] = configured(found)
    assert google.token_url == "https://oauth2.googleapis.com/token"


@pytest.mark.parametrize(
    "environ",
    [
        {"DICOMTUBE_GOOGLE_CLIENT_ID": "ours"},
        {"DICOMTUBE_GOOGLE_CLIENT_SECRET": "secret"},
        {"DICOMTUBE_GOOGLE_CLIENT_ID": "x", "DICOMTUBE_GOOGLE_CLIENT_SECRET_FILE": "/nowhere"},
        {"DICOMTUBE_APPLE_CLIENT_ID": "x", "DICOMTUBE_APPLE_TEAM_ID": "y"},
        {"DICOMTUBE_SIGN_INS_PER_MINUTE": "0"},
        {"DICOMTUBE_SIGN_INS_PER_MINUTE": "many"},
    ],
)
def test_what_is_incomplete_stops_the_start_and_is_named(
    tmp_path: Path, environ: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match="DICOMTUBE_"):
        AccountSettings.from_environment(archive_settings(tmp_path), environ)


def test_apples_key_signs_a_secret_for_each_request_and_nonsense_is_refused(
    tmp_path: Path,
) -> None:
    file = tmp_path / "key.p8"
    environ = {
        "DICOMTUBE_APPLE_CLIENT_ID": "org.example.cases",
        "DICOMTUBE_APPLE_TEAM_ID": "TEAM",
        "DICOMTUBE_APPLE_KEY_ID": "KEY",
        "DICOMTUBE_APPLE_KEY_FILE": str(file),
    }
    file.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    found = AccountSettings.from_environment(archive_settings(tmp_path), environ)
    [apple] = configured(found)
    assert apple.name == APPLE
    assert apple.client_secret().count(".") == 2
    for nonsense in ("no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"):
        file.write_text(nonsense)
        broken = AccountSettings.from_environment(archive_settings(tmp_path), environ)
        with pytest.raises(SettingsError, match="APPLE_KEY_FILE"):
            configured(broken)


@pytest.mark.parametrize(
    "reachable",
    [
        PUBLIC,
        {"DICOMTUBE_ACCESS": "accounts", "DICOMTUBE_HTTP_BIND": "0.0.0.0:8000"},
        {"DICOMTUBE_ACCESS": "accounts", "DICOMTUBE_DIMSE_BIND": "0.0.0.0:11112"},
        {"DICOMTUBE_ACCESS": "accounts", "DICOMTUBE_TRUSTED_PROXIES": "127.0.0.1"},
        {"DICOMTUBE_ACCESS": "accounts", "DICOMTUBE_ALLOWED_HOSTS": "pacs.internal"},
    ],
)
def test_stand_ins_are_refused_where_another_machine_could_come_by(
    tmp_path: Path, reachable: dict[str, str]
) -> None:
    archive = archive_settings(tmp_path, **reachable)
    with pytest.raises(SettingsError, match="only this machine"):
        wants_development_sign_in(archive, {"DICOMTUBE_DEVELOPMENT_SIGN_IN": "1"})
    with pytest.raises(SettingsError, match="only this machine"):
        AccountSettings.from_environment(archive, {FAKE: "http://localhost:8900"})
    assert wants_development_sign_in(archive, {}) is False


@pytest.mark.parametrize(
    "url", ["https://localhost:1", "http://evil.example", "http://localhost:1/x", "localhost:1"]
)
def test_stand_ins_are_on_loopback(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsError, match="FAKE_PROVIDERS"):
        AccountSettings.from_environment(archive_settings(tmp_path), {FAKE: url})


@pytest.mark.parametrize(
    ("access", "environ", "wanted"),
    [
        ("open", {}, True),
        ("open", {"DICOMTUBE_DEVELOPMENT_SIGN_IN": "0"}, False),
        ("open", {"DICOMTUBE_GOOGLE_CLIENT_ID": "real"}, False),
        ("accounts", {}, False),
        ("accounts", {"DICOMTUBE_DEVELOPMENT_SIGN_IN": "1"}, True),
    ],
)
def test_when_stand_ins_are_started(
    tmp_path: Path, access: str, environ: dict[str, str], wanted: bool
) -> None:
    archive = archive_settings(tmp_path, DICOMTUBE_ACCESS=access)
    assert wants_development_sign_in(archive, environ) is wanted
