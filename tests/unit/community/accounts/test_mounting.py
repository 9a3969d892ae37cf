"""Accounts on the app as wsgi puts it together: where people are sent, and what they are told."""

from __future__ import annotations

import importlib
import io
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey

from archive.archive import Archive
from community.accounts.settings import PROVIDER_NAMES, VARIABLES
from telemetry.logs import JsonLines
from tests.archives import new_archive

OpenSite = Callable[..., FlaskClient]
PUBLIC = {
    "DICOMTUBE_PUBLIC_URL": "https://cases.example.org/imaging",
    "DICOMTUBE_TRUSTED_PROXIES": "10.1.2.3",
}
AS_PROXIED = {"X-Forwarded-Proto": "https", "Host": "cases.example.org"}


@pytest.fixture
def open_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenSite]:
    opened: list[Archive] = []
    monkeypatch.setenv("DICOMTUBE_HOME", str(tmp_path / "imported"))
    monkeypatch.setattr("telemetry.logs.configure", lambda *_: None)

    def open_one(archive: dict[str, str] | None = None, **environment: str) -> FlaskClient:
        wsgi = importlib.import_module("wsgi")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        made = new_archive(tmp_path / "home", DICOMTUBE_ACCESS="accounts", **(archive or {}))
        opened.append(made)
        return wsgi.assemble(made).test_client()

    yield open_one
    for one in opened:
        one.close()


def registered(tmp_path: Path) -> dict[str, str]:
    """Registrations with all four real providers."""
    key = tmp_path / "apple.p8"
    key.write_bytes(ECKey.generate_key("P-256").as_pem(private=True))
    names = [name for fields in VARIABLES.values() for name in fields.values()]
    found = {name: f"our-{name.lower().replace('_', '-')}" for name in names}
    return found | {"DICOMTUBE_APPLE_KEY_FILE": str(key)}


REAL = {
    "google": "accounts.google.com",
    "microsoft": "login.microsoftonline.com",
    "facebook": "www.facebook.com",
    "apple": "appleid.apple.com",
}


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_people_are_sent_to_the_real_provider_with_our_public_address(
    open_site: OpenSite, tmp_path: Path, provider: str
) -> None:
    site = open_site(PUBLIC, **registered(tmp_path))
    peer = {"REMOTE_ADDR": "10.1.2.3"}
    path = f"/imaging/auth/{provider}/login"
    answer = site.get(path, headers=AS_PROXIED, environ_base=peer)
    sent = urlsplit(answer.headers["Location"])
    query = {name: values[0] for name, values in parse_qs(sent.query).items()}
    assert (sent.scheme, sent.netloc) == ("https", REAL[provider])
    assert query["redirect_uri"] == f"https://cases.example.org/imaging/auth/{provider}/callback"
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert len(query["state"]) >= 43
    assert len(query["nonce"]) >= 43
    assert "secret" not in sent.query
    assert (query.get("response_mode") == "form_post") == (provider == "apple")


def test_each_way_has_a_state_a_nonce_and_a_challenge_of_its_own(
    open_site: OpenSite, tmp_path: Path
) -> None:
    site = open_site(**registered(tmp_path))
    seen = [
        parse_qs(urlsplit(site.get("/auth/google/login").headers["Location"]).query)
        for _ in range(5)
    ]
    for name in ("state", "nonce", "code_challenge"):
        assert len({one[name][0] for one in seen}) == 5


def test_only_registered_providers_are_offered(open_site: OpenSite) -> None:
    site = open_site(DICOMTUBE_FACEBOOK_CLIENT_ID="ours", DICOMTUBE_FACEBOOK_CLIENT_SECRET="secret")
    page = site.get("/login").text
    assert "Continue with Facebook" in page
    assert "Continue with Google" not in page
    assert "Development" not in page
    assert site.get("/auth/google/login").status_code == 404


def test_without_any_the_page_says_so(open_site: OpenSite) -> None:
    assert "Nobody can sign in yet" in open_site().get("/login").text


def test_over_plain_http_from_elsewhere_nobody_can_sign_in_and_the_page_says_why(
    open_site: OpenSite, tmp_path: Path
) -> None:
    bind = {"DICOMTUBE_HTTP_BIND": "0.0.0.0:8000", "DICOMTUBE_PUBLIC_URL": "http://pacs.internal"}
    site = open_site(bind, **registered(tmp_path))
    page = site.get("/login", base_url="http://pacs.internal").text
    assert "needs https" in page
    assert "Continue with" not in page
    answer = site.get("/auth/google/login", base_url="http://pacs.internal")
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers


def test_who_tries_too_often_has_to_wait(open_site: OpenSite, tmp_path: Path) -> None:
    site = open_site(**registered(tmp_path), DICOMTUBE_SIGN_INS_PER_MINUTE="3")
    found = [site.get("/auth/google/login").status_code for _ in range(5)]
    assert found == [302, 302, 302, 429, 429]
    assert site.get("/auth/apple/login").headers["Retry-After"] == "60"
    other = site.get("/auth/google/login", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert other.status_code == 302


def test_a_cookie_of_nobody_is_nobody(open_site: OpenSite) -> None:
    site = open_site()
    for value in ("", "x", "x" * 4000, "' OR 1=1 --"):
        site.set_cookie("__Host-dt_session", value)
        assert site.get("/").status_code == 200
        assert site.get("/settings/profile").status_code == 302
        assert site.get("/dicom-web/studies").status_code == 401


def test_what_must_stay_secret_is_in_no_log_line(open_site: OpenSite, tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines("web"))
    root = logging.getLogger()
    root.addHandler(handler)
    before, level = root.level, logging.DEBUG
    root.setLevel(level)
    try:
        site = open_site(**registered(tmp_path))
        site.get("/auth/google/login")
        site.get("/auth/google/callback?state=CANARY-STATE&code=CANARY-CODE")
        site.get("/auth/apple/callback?k=CANARY-KEY")
        site.get("/offer?k=CANARY-OFFER")
        site.post("/auth/apple/callback", data={"state": "CANARY-S", "code": "CANARY-C"})
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    assert "CANARY" not in stream.getvalue()
