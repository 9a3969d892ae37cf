"""No write is accepted from elsewhere, in bulk or too often: every route that writes is tried."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.accounts.csrf import token_of
from community.accounts.errors import TooOften
from community.accounts.limiting import Limiter
from community.accounts.signed_in import COOKIE
from tests.people import Town, town
from tests.walking import WRITES, Door, doors

EVIL = "https://evil.example"

# Writes of a session that bring no token, and why no page of another site can send them.
TOKENLESS = {
    "pages.look": "keeps theme and language; by Origin and Sec-Fetch-Site",
    "sharing_api": "take JSON only, which no form sends, or a method that no form has",
}
# Writes that are not counted by address.
UNCOUNTED = {
    "pages.look": "keeps two words",
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        found.person("boss", "operator")
        yield found


@pytest.fixture(scope="module")
def writes(here: Town) -> list[Door]:
    found = doors(here.app, WRITES)
    assert len(found) > 30
    return found


@pytest.fixture
def browser(here: Town) -> FlaskClient:
    return here.browser("boss")


def token(browser: FlaskClient) -> dict[str, str]:
    cookie = browser.get_cookie(COOKIE)
    assert cookie is not None
    return {"X-CSRF-Token": token_of(cookie.value)}


def send(browser: FlaskClient, door: Door, headers: dict[str, str], **body: object) -> TestResponse:
    return browser.open(door.address(), method=door.method, headers=headers, **body)  # type: ignore[arg-type]


def is_named(door: Door, table: dict[str, str]) -> bool:
    return door.endpoint in table or door.blueprint in table


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
    ],
    ids=str,
)
def test_no_page_of_another_site_writes_in_the_name_of_a_session(
    browser: FlaskClient, writes: list[Door], headers: dict[str, str]
) -> None:
    said = {}
    for door in writes:
        # Even one that knows the session's token.
        answer = send(browser, door, token(browser) | headers, data={"csrf": "x"})
        said[str(door)] = answer.status_code
    # The root of a case is for reading, whoever sends it.
    assert {d: s for d, s in said.items() if s != 403 and "<uuid:case>/dicom-web" not in d} == {}


def test_a_session_writes_with_its_token_only(browser: FlaskClient, writes: list[Door]) -> None:
    refused = (
        (400, "this form is out of date"),
        (403, "x-csrf-token"),
    )
    wrong = {}
    for door in writes:
        if door.is_dicomweb or is_named(door, TOKENLESS):
            continue
        for headers in ({}, {"X-CSRF-Token": "forged"}):
            answer = send(browser, door, headers, data={"csrf": "forged"})
            if not any(answer.status_code == a and b in answer.text.lower() for a, b in refused):
                wrong[str(door)] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain"]
)
def test_what_takes_no_token_takes_nothing_that_a_form_could_send(
    browser: FlaskClient, writes: list[Door], kind: str
) -> None:
    tried = [d for d in writes if d.blueprint == "sharing_api" and d.method == "POST"]
    assert tried
    for door in tried:
        body = b'{"name": "x", "grants": [], "secret": "x", "kind": "study", "target": "x"}'
        answer = send(browser, door, {"Content-Type": kind}, data=body)
        assert answer.status_code == 422, door
        assert "send a JSON object" in answer.text


def test_a_body_beyond_the_room_of_a_route_is_refused_unread(
    browser: FlaskClient, writes: list[Door]
) -> None:
    wrong = {}
    for door in writes:
        if door.is_dicomweb or door.endpoint == "pages.look" or door.method == "DELETE":
            continue
        kind = "application/json" if door.is_api else "application/x-www-form-urlencoded"
        claimed = {"CONTENT_LENGTH": str(10**12)}
        headers = token(browser) | {"Content-Type": kind}
        answer = send(browser, door, headers, data=b"x", environ_overrides=claimed)
        # An endpoint may be refused before it comes to a body, or take none.
        refused = range(400, 500) if door.is_api else (413,)
        if answer.status_code not in refused:
            wrong[str(door)] = answer.status_code
    assert wrong == {}


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"study": ' + b"9" * 20_000 + b"}",
        b'{"name": "\\ud800", "study": "\\u0000"}',
        b'{"name": NaN}',
        b"\xff\xfe",
    ],
    ids=lambda bomb: str(bomb[:8]),
)
def test_no_json_is_our_fault(browser: FlaskClient, writes: list[Door], bomb: bytes) -> None:
    wrong = {}
    for door in writes:
        if not door.is_api or door.method == "DELETE":
            continue
        headers = token(browser) | {"Content-Type": "application/json"}
        answer = send(browser, door, headers, data=bomb)
        if not 400 <= answer.status_code < 500:
            wrong[str(door)] = answer.status_code
    assert wrong == {}


def test_a_form_of_countless_parts_is_refused(browser: FlaskClient, writes: list[Door]) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    headers = token(browser) | {"Content-Type": "multipart/form-data; boundary=b"}
    wrong = {}
    for door in writes:
        if door.is_dicomweb or door.is_api or door.endpoint == "pages.look":
            continue
        answer = send(browser, door, headers, data=part * 5_000 + b"--b--\r\n")
        if answer.status_code != 413:
            wrong[str(door)] = answer.status_code
    assert wrong == {}


def test_every_write_can_be_too_often(
    browser: FlaskClient, writes: list[Door], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Limiter, address: str) -> None:
        raise TooOften("too many tries from your network; wait a minute")

    monkeypatch.setattr(Limiter, "take", refuse)
    wrong = {}
    for door in writes:
        if door.is_dicomweb or is_named(door, UNCOUNTED):
            continue
        answer = send(browser, door, token(browser), json={})
        if answer.status_code != 429 or "Retry-After" not in answer.headers:
            wrong[str(door)] = answer.status_code
    assert wrong == {}
