"""Around every view: methods, UIDs, ids of requests, headers, errors, other origins' pages."""

from __future__ import annotations

from typing import Any

import pytest

from dicomweb.cors import is_preflight
from dicomweb.routes import ROUTES
from tests.builders import ct_image


def test_every_path_has_one_view_a_method() -> None:
    keys = [(route.method, route.path) for route in ROUTES]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("uid", ["1.2'--", "..", "1..2", "x" * 3, "1." + "2" * 70, "%0d%0aX"])
def test_what_is_no_uid_goes_no_further(web: Any, uid: str) -> None:
    assert web.get(f"/studies/{uid}/series").status_code in (400, 404)
    assert web.get(f"/studies/{uid}/metadata").status_code in (400, 404)


def test_every_answer_has_the_headers_that_protect(web: Any) -> None:
    for path in ("/studies", "/nowhere", "/studies/1.2/metadata"):
        headers = web.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in headers["Content-Security-Policy"]


def test_a_request_id_is_kept_when_it_is_plain(web: Any) -> None:
    assert web.get("/studies", X_Request_Id="abc-123").headers["X-Request-Id"] == "abc-123"
    assert web.get("/studies", X_Request_Id="<script>").headers["X-Request-Id"] != "<script>"


def test_an_error_says_what_and_under_which_id(web: Any) -> None:
    answer = web.get("/studies/1.2/metadata")
    said = answer.get_json(force=True)
    assert (said["error"], said["request_id"]) == ("not-found", answer.headers["X-Request-Id"])


def test_our_own_fault_is_500_and_says_nothing(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("Doe^John")

    monkeypatch.setattr("dicomweb.qido.search", broken)
    answer = web.get("/studies")
    assert answer.status_code == 500
    assert b"Doe" not in answer.data


def test_other_methods_are_405_and_other_paths_404_in_json(web: Any) -> None:
    answer = web.ask("PUT", "/studies")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert answer.get_json(force=True)["error"] == "method-not-allowed"
    assert web.get("/nowhere").get_json(force=True)["error"] == "not-found"


def test_options_tells_the_methods_of_a_resource(web: Any) -> None:
    answer = web.ask("OPTIONS", "/studies/1.2")
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize(
    ("accept", "begins"),
    [("application/vnd.sun.wadl+xml", b"<?xml"), ("application/json", b"{"), ("*/*", b"<?xml")],
)
def test_the_root_describes_the_service(web: Any, accept: str, begins: bytes) -> None:
    answer = web.ask("OPTIONS", "", accept)
    assert (answer.status_code, answer.data.startswith(begins)) == (200, True)
    assert b"studies/{study}/series" in answer.data


def test_a_slash_at_the_end_does_no_harm(web: Any) -> None:
    assert web.get("/studies/").status_code == 200


PREFLIGHT = {"Access-Control-Request-Method": "POST", "Origin": "https://viewer.example"}


def test_pages_of_other_origins_read_nothing_by_default(web: Any) -> None:
    assert (
        "Access-Control-Allow-Origin" not in web.get("/studies", Origin=PREFLIGHT["Origin"]).headers
    )
    assert "Access-Control-Allow-Origin" not in web.ask("OPTIONS", "/studies", **PREFLIGHT).headers


def test_a_listed_origin_may_read_and_write(open_web: Any) -> None:
    web = open_web(cors_origins="https://viewer.example")
    told = web.ask("OPTIONS", "/studies", **PREFLIGHT)
    assert (told.status_code, told.headers["Access-Control-Allow-Origin"]) == (
        204,
        PREFLIGHT["Origin"],
    )
    assert "POST" in told.headers["Access-Control-Allow-Methods"]
    answer = web.get("/studies", Origin=PREFLIGHT["Origin"])
    assert answer.headers["Access-Control-Allow-Origin"] == PREFLIGHT["Origin"]
    assert "Origin" in answer.headers["Vary"]


def test_errors_of_a_listed_origin_are_readable_too(open_web: Any) -> None:
    web = open_web(cors_origins="https://viewer.example")
    answer = web.get("/studies/1.2/metadata", Origin=PREFLIGHT["Origin"])
    assert (answer.status_code, "Access-Control-Allow-Origin" in answer.headers) == (404, True)


def test_a_plain_options_is_no_preflight(web: Any) -> None:
    with web.client.application.test_request_context("/", method="OPTIONS") as context:
        assert not is_preflight(context.request)


def test_erasing_leaves_a_tombstone(web: Any) -> None:
    [path] = web.stored(ct_image(StudyInstanceUID="1.2"))
    assert web.ask("DELETE", "/studies/1.2").status_code == 204
    assert web.ask("DELETE", "/studies/1.2").status_code == 410
    assert web.get(path).status_code == 410
    assert web.get("/studies").get_json(force=True) == []
