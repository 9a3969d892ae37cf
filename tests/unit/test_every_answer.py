"""Every address of the whole server: what its answers say to browsers, caches and edges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.accounts.people import find_person
from dicomweb.hardening import is_for_edges
from tests.canaries import Scene, addresses, fill, make
from tests.people import town
from tests.walking import WRITES, doors

PUBLIC = "https://cases.example.org"
BEHIND = {"DICOMTUBE_PUBLIC_URL": PUBLIC, "DICOMTUBE_TRUSTED_PROXIES": "10.1.2.3"}
PEER = {"REMOTE_ADDR": "10.1.2.3"}
SENT = {"Host": "cases.example.org", "X-Forwarded-Proto": "https"}

FILES_OF_OURS = ("/static/", "/viewer/", "/schemas/")
"""The same for all: what an edge may keep."""

Told = dict[tuple[str, str], TestResponse]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with town(tmp_path_factory.mktemp("town"), **BEHIND) as here:
        here.person("ann")
        ann = find_person(here.archive, here.ids["ann"])
        assert ann is not None
        image = {"image": fill(here, ann)["image"]}
        yield Scene(here, make(here, ann, is_unknown=False), image)


def ask(browser: FlaskClient, address: str, method: str = "GET", **headers: str) -> TestResponse:
    answer: TestResponse = browser.open(
        address, method=method, headers={**SENT, **headers}, environ_base=PEER
    )
    return answer


def faults(answer: TestResponse, address: str) -> list[str]:
    """What an answer does not say that every one has to."""
    told, wrong = answer.headers, []
    if told.get("X-Content-Type-Options") != "nosniff":
        wrong.append("may be read as what it is not")
    if not told.get("Strict-Transport-Security", "").startswith("max-age=31"):
        wrong.append("lets browsers come in the clear")
    if "Cache-Control" not in told:
        wrong.append("says nothing to caches")
    is_file = address.startswith(FILES_OF_OURS)
    if (told.get("CDN-Cache-Control") == "no-store") == (is_file and is_for_edges(list(told))):
        wrong.append("may be kept by an edge")
    if "html" in answer.content_type and "default-src" not in told.get(
        "Content-Security-Policy", ""
    ):
        wrong.append("a page that may load anything")
    for cookie in told.getlist("Set-Cookie"):
        flags = {one.strip().partition("=")[0].lower() for one in cookie.split(";")[1:]}
        if not {"secure", "samesite"} <= flags:
            wrong.append(f"a cookie that goes in the clear: {cookie.partition('=')[0]}")
    return wrong


@pytest.fixture(scope="module")
def told(scene: Scene) -> Told:
    """What every address answers to nobody, and to somebody who is signed in."""
    found: Told = {}
    for who in ("", "ann"):
        browser = scene.town.browser(who or None)
        for address, accepts in addresses(scene):
            found[who, address] = ask(browser, address, Accept=accepts[0])
    return found


def test_every_answer_to_a_reader_says_what_it_has_to(told: Told) -> None:
    assert {200, 302, 401, 404} <= {answer.status_code for answer in told.values()}
    found = {
        f"{address} {answer.status_code}": wrong
        for (_, address), answer in told.items()
        if (wrong := faults(answer, address))
    }
    assert found == {}


def test_no_cache_in_between_keeps_what_depends_on_who_asks(told: Told) -> None:
    kept = [
        address
        for (_, address), answer in told.items()
        if is_for_edges(list(answer.headers)) and not address.startswith(FILES_OF_OURS)
    ]
    assert kept == []


def test_every_answer_to_a_writer_says_what_it_has_to(scene: Scene) -> None:
    browser = scene.town.browser("ann")
    found = {}
    for door in doors(scene.town.app, WRITES):
        answer = ask(browser, door.address(), door.method)
        if wrong := faults(answer, door.rule):
            found[str(door)] = wrong
    assert found == {}


def test_the_cookies_of_a_choice_go_over_https_only(scene: Scene) -> None:
    data = {"theme": "dark", "next": "/"}
    answer = scene.town.browser().post(
        "/look", data=data, headers={**SENT, "Sec-Fetch-Site": "same-origin"}, environ_base=PEER
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert all("secure" in one.lower() for one in cookies)


def test_who_comes_in_the_clear_is_sent_on_before_any_view_is_asked(scene: Scene) -> None:
    browser = scene.town.browser("ann")
    for address in ("/", "/cases", "/dicom-web/studies", "/api/v1/me"):
        answer = browser.get(
            address, headers={**SENT, "X-Forwarded-Proto": "http"}, environ_base=PEER
        )
        assert (answer.status_code, answer.headers["Location"]) == (308, f"{PUBLIC}{address}")
        assert "Set-Cookie" not in answer.headers
