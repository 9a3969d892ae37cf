from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.unit.viewer.packages import BUNDLE
from viewer.install import install
from viewer.routes import create_blueprint

HASHED = "/viewer/app.bundle.0f6159c501addfe9.js"


@pytest.fixture
def dist(publish: Callable[..., Path], tmp_path: Path) -> Path:
    return install(tmp_path / "cache", "1.0.0", lambda _: None, publish())


def _client(dist: Path) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(dist, lambda: [("archive", "/dicom-web")]))

    @app.get("/")
    def home() -> str:
        return "home"

    return app.test_client()


@pytest.fixture
def client(dist: Path) -> FlaskClient:
    return _client(dist)


@pytest.mark.parametrize("path", ["/viewer/", "/viewer/viewer", "/viewer/viewer/archive"])
def test_every_route_of_the_single_page_answers_the_page(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("app.bundle.0f6159c501addfe9.js", "text/javascript; charset=utf-8"),
        ("app.bundle.css", "text/css; charset=utf-8"),
        ("a34f9d1faa5f3315.woff2", "font/woff2"),
        ("manifest.json", "application/json"),
        ("assets/icon.png", "image/png"),
        ("app-config.js", "text/javascript; charset=utf-8"),
    ],
)
def test_a_file_has_its_media_type(client: FlaskClient, name: str, media_type: str) -> None:
    assert client.get(f"/viewer/{name}").content_type == media_type


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip", "gzip"),
        ("zstd;q=0, gzip", "gzip"),
        ("br", None),
        ("identity", None),
        ("", None),
    ],
)
def test_the_best_encoding_that_the_client_takes_is_sent(
    client: FlaskClient, accepted: str, encoding: str | None
) -> None:
    response = client.get(HASHED, headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in response.headers["Vary"]


def test_a_compressed_file_is_the_rewritten_one(client: FlaskClient) -> None:
    response = client.get(HASHED, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(response.data).startswith(b'__webpack_require__.p = "/viewer/"')
    assert len(response.data) < len(BUNDLE)


def test_hashed_names_are_kept_long_and_others_are_asked_again(client: FlaskClient) -> None:
    assert client.get(HASHED).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for name in ("index.html", "app-config.js", "app.bundle.css"):
        assert client.get(f"/viewer/{name}").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["index.html", "app-config.js", "app.bundle.css"])
def test_an_unchanged_file_is_not_sent_again(client: FlaskClient, name: str) -> None:
    etag = client.get(f"/viewer/{name}").headers["ETag"]
    again = client.get(f"/viewer/{name}", headers={"If-None-Match": etag})
    assert again.status_code == 304


def test_each_encoding_has_its_own_etag(client: FlaskClient) -> None:
    etags = {
        client.get(HASHED, headers={"Accept-Encoding": encoding}).headers["ETag"]
        for encoding in ("gzip", "zstd", "identity")
    }
    assert len(etags) == 3


@pytest.mark.parametrize(
    "path",
    [
        "/viewer/missing.js",
        "/viewer/../secret.txt",
        "/viewer/%2e%2e/secret.txt",
        "/viewer/..%2fsecret.txt",
        "/viewer/assets/../../secret.txt",
        "/viewer//etc/host.conf",
        "/viewer/app.bundle.0f6159c501addfe9.js.gz",
    ],
)
def test_what_is_not_in_the_table_is_not_found(client: FlaskClient, dist: Path, path: str) -> None:
    (dist.parent / "secret.txt").write_text("secret")
    response = client.get(path, follow_redirects=True)
    assert response.status_code == 404
    assert b"secret" not in response.data


def test_the_page_is_isolated_and_other_pages_are_not_touched(client: FlaskClient) -> None:
    inside, outside = client.get("/viewer/"), client.get("/")
    assert inside.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert inside.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert inside.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert inside.headers["X-Content-Type-Options"] == "nosniff"
    assert not any(name.startswith("Cross-Origin") for name, _ in outside.headers)


def test_the_policy_allows_the_inline_scripts_of_the_page_and_no_others(
    client: FlaskClient,
) -> None:
    policy = client.get("/viewer/").headers["Content-Security-Policy"]
    digest = hashlib.sha256(b"window.PUBLIC_URL = '/viewer/';").digest()
    assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy
    scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts
    assert "http" not in policy


def test_head_answers_like_get_without_a_body(client: FlaskClient) -> None:
    head, get = client.head(HASHED), client.get(HASHED)
    assert head.data == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"]


def test_without_the_files_the_answer_says_how_to_get_them(dist: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "later"
    client = _client(elsewhere)
    response = client.get("/viewer/")
    assert response.status_code == 503
    assert b"python -m ops viewer install" in response.data
    dist.rename(elsewhere)
    assert client.get("/viewer/").status_code == 200
