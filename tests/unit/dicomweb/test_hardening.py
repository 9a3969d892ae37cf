"""What every answer says, whichever view wrote it; and what comes in the clear."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse
from werkzeug.wrappers import Response

from archive.settings import Settings
from dicomweb.hardening import Hardened, is_for_edges
from dicomweb.proxies import BehindProxies

YEAR = 365 * 24 * 3600
PROXY = {"REMOTE_ADDR": "10.1.2.3"}
STRANGER = {"REMOTE_ADDR": "198.51.100.7"}


def site(public: str = "https://cases.example.org", **said: str) -> Client:
    """A server that says nothing of its own but this, behind a proxy."""
    settings = Settings.from_environment(
        {
            "DICOMTUBE_ACCESS": "accounts",
            "DICOMTUBE_PUBLIC_URL": public,
            "DICOMTUBE_TRUSTED_PROXIES": "10.1.2.3",
            "DICOMTUBE_ALLOWED_HOSTS": "cases.internal:8000",
        }
    )

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = Response("told", content_type="application/json")
        for name, value in said.items():
            answer.headers[name.replace("_", "-")] = value
        return answer(environ, start_response)

    return Client(BehindProxies(Hardened(application, settings, YEAR), settings))


def ask(client: Client, *, proto: str = "https", method: str = "GET", **more: Any) -> TestResponse:
    headers = {"Host": "cases.example.org", "X-Forwarded-Proto": proto}
    given: dict[str, Any] = {"path": "/some where/ü", "query_string": "k=a&b=%2F", **more}
    answer: TestResponse = client.open(
        method=method, headers={**headers, **given.pop("headers", {})},
        environ_base=given.pop("peer", PROXY), **given,
    )  # fmt: skip
    return answer


def test_what_no_view_says_is_said_carefully() -> None:
    headers = ask(site()).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["CDN-Cache-Control"] == "no-store"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"] == f"max-age={YEAR}"


def test_a_view_that_says_something_keeps_its_word() -> None:
    headers = ask(site(Cache_Control="private, no-cache", Referrer_Policy="no-referrer")).headers
    assert headers.getlist("Cache-Control") == ["private, no-cache"]
    assert headers.getlist("Referrer-Policy") == ["no-referrer"]


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("public, max-age=31536000, immutable", True),
        ("public, max-age=300, s-maxage=0", False),
        ("public, no-cache, s-maxage=0", False),
        ("private, max-age=300", False),
        ("no-cache", False),
        ("public, no-store", False),
        ("", False),
    ],
)
def test_edges_keep_files_that_are_the_same_for_all_and_nothing_else(said: str, kept: bool) -> None:
    assert is_for_edges([("cache-control", said)]) is kept
    headers = ask(site(Cache_Control=said)).headers
    assert headers.get("CDN-Cache-Control") == (None if kept else "no-store")


def test_only_who_came_by_https_is_told_to_stay_there() -> None:
    plain = site("http://127.0.0.1:8000")
    here = ask(plain, proto="http", headers={"Host": "127.0.0.1:8000"})
    assert "Strict-Transport-Security" not in here.headers
    # A stranger who reaches the port itself says nothing that is believed.
    assert "Strict-Transport-Security" not in ask(site(), peer=STRANGER).headers


def test_who_reads_in_the_clear_is_sent_to_the_same_address_by_https() -> None:
    answer = ask(site(), proto="http")
    assert answer.status_code == 308
    there = "https://cases.example.org/some%20where/%C3%BC?k=a&b=%2F"
    assert answer.headers["Location"] == there
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.data == b""
    below = ask(site("https://cases.example.org/imaging"), proto="http")
    assert below.headers["Location"].startswith("https://cases.example.org/imaging/some%20where")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_what_is_written_in_the_clear_is_not_taken(method: str) -> None:
    answer = ask(site(), proto="http", method=method)
    assert (answer.status_code, answer.data) == (403, b"This server is reached by https only.\n")


def test_nobody_is_sent_where_we_are_not() -> None:
    elsewhere = ask(site(), proto="http", headers={"Host": "evil.example"})
    assert elsewhere.status_code == 200
    inside = ask(site(), proto="http", headers={"Host": "cases.internal:8000"})
    assert inside.status_code == 200, "a further name may be one of a closed network"
    assert ask(site(), proto="http", peer=STRANGER).status_code == 200


def test_a_server_whose_address_is_plain_sends_nobody_on() -> None:
    answer = ask(site("http://cases.example.org"), proto="http")
    assert answer.status_code == 200
    assert "Strict-Transport-Security" not in answer.headers
