"""Help with words for programs: what a page does, by a person's token or session."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from community.accounts.csrf import token_of
from community.accounts.people import find_person
from community.accounts.signed_in import COOKIE
from community.assisting.settings import FREE
from community.assisting.terms import TERMS
from community.assisting.working import work_waiting
from community.cases import editing
from tests.assistant import AWAY, StandIn, nobody_else, stand_in
from tests.cases import TEXT
from tests.people import Town, town


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in AWAY.items():
            patch.setenv(name, value)
        with town(tmp_path_factory.mktemp("town")) as found:
            for handle in ("ann", "ben"):
                found.person(handle)
            yield found


@pytest.fixture
def service() -> Iterator[StandIn]:
    with stand_in() as made, nobody_else():
        yield made


@pytest.fixture
def case(here: Town) -> str:
    ann = find_person(here.archive, here.ids["ann"])
    assert ann is not None
    return editing.make_case(here.archive, ann, replace(TEXT, title="A case")).id


def send(
    browser: FlaskClient, method: str, case: str, more: str = "", body: Any = None
) -> TestResponse:
    cookie = browser.get_cookie(COOKIE)
    headers = {"X-CSRF-Token": token_of(cookie.value)} if cookie else {}
    address = f"/api/v1/cases/{case}/help{more}"
    answer: TestResponse = browser.open(address, method=method, json=body, headers=headers)
    return answer


def test_a_program_allows_reads_accepts_dismisses_and_takes_back(
    here: Town, service: StandIn, case: str
) -> None:
    ann, settings = here.browser("ann"), service.settings()
    first = send(ann, "GET", case).get_json()
    assert (first["is_allowed"], first["wish"], first["proposals"]) == (False, None, [])
    told = send(ann, "PUT", case, body={"version": first["terms"]["version"]}).get_json()
    assert (told["is_allowed"], told["may_be_asked"], told["wish"]) == (True, True, "waiting")
    assert work_waiting(here.archive, settings, settings.service()) == 1
    made = {one["kind"]: one["id"] for one in send(ann, "GET", case).get_json()["proposals"]}
    assert set(made) == {"language", "summary", "tag"}
    assert send(ann, "PUT", case, f"/{made['summary']}").status_code == 204
    assert send(ann, "PUT", case, f"/{made['summary']}").status_code == 404
    assert send(ann, "DELETE", case, f"/{made['tag']}").status_code == 204
    left = {one["kind"]: one["state"] for one in send(ann, "GET", case).get_json()["proposals"]}
    assert left == {"language": "open", "summary": "accepted"}
    assert send(ann, "DELETE", case).status_code == 204
    assert send(ann, "GET", case).get_json()["is_allowed"] is False
    assert len(service.requests) == 1


def test_it_is_the_authors_alone_and_for_the_words_that_hold(here: Town, case: str) -> None:
    version = {"version": TERMS["paid"].version}
    for browser, status in ((here.browser("ben"), 404), (here.browser(), 401)):
        assert send(browser, "PUT", case, body=version).status_code == status
        assert send(browser, "DELETE", case).status_code == status
        assert send(browser, "GET", case).status_code == 404
    ann = here.browser("ann")
    for wrong in ({"version": TERMS[FREE].version}, {"version": ""}, {}):
        assert send(ann, "PUT", case, body=wrong).status_code in (400, 422)
    assert send(ann, "GET", case).get_json()["is_allowed"] is False


def test_it_is_in_the_document(here: Town) -> None:
    paths = here.browser().get("/api/v1/openapi.json").get_json()["paths"]
    found = {path: set(known) & {"get", "put", "delete"} for path, known in paths.items()}
    assert found["/api/v1/cases/{case}/help"] == {"get", "put", "delete"}
    assert found["/api/v1/cases/{case}/help/{proposal}"] == {"put", "delete"}
