"""What readers and programs get where nothing is, or where we fail."""

from __future__ import annotations

import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.pages import Site, create_blueprint

READER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    site = Site("http://localhost", "127.0.0.1", 11112, is_open=False)
    app.register_blueprint(create_blueprint(lambda: site, list, lambda: ""))

    @app.get("/breaks")
    def breaks() -> str:
        raise OSError("the secret place of a file")

    @app.get("/own")
    def own() -> tuple[object, int]:
        return jsonify(error="mine"), 404

    return app.test_client()


def is_page(answer: TestResponse) -> bool:
    return 'id="main"' in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("POST", "/about", 405),
        ("GET", "/breaks", 500),
        ("GET", "/styleguide", 404),
    ],
)
def test_a_reader_gets_a_page_with_our_policy(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method, headers=READER)
    assert answer.status_code == status
    assert is_page(answer)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "secret" not in answer.text
    assert (status == 405) is ("Allow" in answer.headers)


def test_a_program_gets_what_it_got_before(client: FlaskClient) -> None:
    for accept in ("*/*", "application/json", "application/dicom+json"):
        answer = client.get("/nowhere", headers={"Accept": accept})
        assert answer.status_code == 404
        assert not is_page(answer)


def test_a_door_that_tells_for_itself_is_left_alone(client: FlaskClient) -> None:
    assert client.get("/own", headers=READER).get_json() == {"error": "mine"}


def test_markup_in_an_address_stays_text(client: FlaskClient) -> None:
    answer = client.get("/<script>alert(1)</script>?a=<b>", headers=READER)
    assert "<script>alert" not in answer.text
    assert "<b>" not in answer.text
