"""The web process put together: what it says of itself to whoever asks."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from flask.testing import FlaskClient

from archive.archive import Archive
from archive.collections import create_collection
from tests.archives import new_archive
from viewer.settings import ViewerSettings

OpenSite = Callable[..., FlaskClient]


@pytest.fixture(scope="module")
def wsgi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The entry file, which puts a process together as it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_HOME", str(tmp_path_factory.mktemp("imported")))
        patch.setattr("telemetry.logs.configure", lambda *_: None)
        yield importlib.import_module("wsgi")


@pytest.fixture
def open_site(
    wsgi: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OpenSite]:
    opened: list[Archive] = []

    def open_one(access: str, **environment: str) -> FlaskClient:
        dist = ViewerSettings("3.13.2", tmp_path / "viewer").dist
        dist.mkdir(parents=True)
        (dist / "index.html").write_text("<!doctype html><html><head></head></html>")
        monkeypatch.setenv("DICOMTUBE_VIEWER_VERSION", "3.13.2")
        monkeypatch.setenv("DICOMTUBE_VIEWER_CACHE", str(tmp_path / "viewer"))
        archive = new_archive(tmp_path / "home", DICOMTUBE_ACCESS=access, **environment)
        opened.append(archive)
        create_collection(archive, "secret-study", "SECRET")
        return wsgi.assemble(archive).test_client()

    yield open_one
    for archive in opened:
        archive.close()


@pytest.mark.parametrize("path", ["/about", "/viewer/app-config.js"])
@pytest.mark.parametrize(("access", "told"), [("open", True), ("accounts", False)])
def test_with_accounts_nobody_is_told_of_collections_that_an_operator_made(
    open_site: OpenSite, path: str, access: str, told: bool
) -> None:
    answer = open_site(access).get(path)
    assert answer.status_code == 200
    assert all(root in answer.text for root in ("/dicom-web", "/community/dicom-web"))
    assert ("secret-study" in answer.text) is told


@pytest.mark.parametrize("path", ["/", "/viewer/", "/healthz", "/dicom-web/studies", "/nowhere"])
def test_a_request_for_another_host_is_refused_under_an_id(open_site: OpenSite, path: str) -> None:
    site = open_site("open")
    answer = site.get(path, headers={"Host": "evil.example", "X-Request-Id": "from-the-proxy"})
    assert answer.status_code == 421
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"] == "from-the-proxy"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    unnamed = site.get(path, headers={"Host": "evil.example"})
    assert unnamed.get_json()["request_id"] == unnamed.headers["X-Request-Id"] != ""


def test_what_no_view_answers_below_a_root_is_refused_under_an_id(open_site: OpenSite) -> None:
    answer = open_site("open").get("/dicom-web/nowhere", headers={"X-Request-Id": "mine"})
    assert answer.status_code == 404
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"] == "mine"


BEHIND = {
    "DICOMTUBE_PUBLIC_URL": "https://pacs.example.org/imaging",
    "DICOMTUBE_TRUSTED_PROXIES": "10.1.2.3",
}


@pytest.mark.parametrize("path", ["/imaging", ""])
def test_pages_below_a_prefix_lead_below_it(open_site: OpenSite, path: str) -> None:
    site = open_site("accounts", **BEHIND)
    sent = {"Host": "pacs.example.org", "X-Forwarded-Proto": "https"}
    peer = {"REMOTE_ADDR": "10.1.2.3"}
    home = site.get(f"{path}/about", headers=sent, environ_base=peer).text
    assert "https://pacs.example.org/imaging/dicom-web" in home
    assert 'href="/imaging/viewer/"' in home
    assert 'href="/imaging/static/' in home
    config = site.get(f"{path}/viewer/app-config.js", headers=sent, environ_base=peer).text
    assert '"qidoRoot": "/imaging/dicom-web"' in config
    assert ': "/dicom-web"' not in config


def test_a_page_never_repeats_a_host_that_a_stranger_made_up(open_site: OpenSite) -> None:
    site = open_site("accounts", **BEHIND)
    sent = {"Host": "evil.example:8000", "X-Forwarded-Host": "evil.example"}
    for peer in ("10.1.2.3", "198.51.100.9"):
        home = site.get("/about", headers=sent, environ_base={"REMOTE_ADDR": peer}).text
        assert "evil.example" not in home
        assert "https://pacs.example.org/imaging/dicom-web" in home
