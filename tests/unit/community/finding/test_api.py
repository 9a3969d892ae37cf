"""Cases found by programs: the same as on pages, and nothing that a page would keep back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from community.accounts import csrf
from community.accounts.signed_in import COOKIE
from community.cases.model import DIAGNOSIS, HISTORY
from tests.found_cases import put_case
from tests.people import Town, town

SECRET = "Erdheimchester"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as made:
        made.person("ada")
        made.person("bob")
        yield made


def titles(body: Any) -> list[str]:
    return [item["case"]["title"] for item in body["items"]]


def writer(place: Town, who: str) -> tuple[FlaskClient, dict[str, str]]:
    browser = place.browser(who)
    secret = browser.get_cookie(COOKIE)
    assert secret is not None
    return browser, {"X-CSRF-Token": csrf.token_of(secret.value)}


def test_words_and_choices_find_cases_with_the_place_that_answers(place: Town) -> None:
    put_case(place.archive, "Fever", {HISTORY: "An abscess was drained"}, modalities="CT MR")
    put_case(place.archive, "Abscess", specialty="spine", modalities="MR")
    client = place.browser()
    found = client.get("/api/v1/search?q=abscesses").get_json()
    assert titles(found) == ["Abscess", "Fever"]
    assert found["total"] == 2
    assert found["counts"]["specialty"] == {"neuro": 1, "spine": 1}
    assert {"text": "abscess", "is_hit": True} in found["items"][1]["excerpt"]
    chosen = client.get("/api/v1/search?q=abscess&modality=CT&modality=MR").get_json()
    assert titles(chosen) == ["Fever"]
    assert titles(client.get("/api/v1/search?specialty=spine").get_json()) == ["Abscess"]
    assert client.get("/api/v1/search?q=absc").get_json()["is_widened"] is True


@pytest.mark.parametrize("query", ["", "?q=abscess", "?q=abscess&sort=newest"])
def test_parts_of_a_list_meet(place: Town, query: str) -> None:
    for number in range(5):
        put_case(place.archive, f"Abscess {number}")
    shown: list[str] = []
    cursor = ""
    while True:
        path = f"/api/v1/search{query or '?q='}&limit=2" + (f"&cursor={cursor}" if cursor else "")
        body = place.browser().get(path).get_json()
        shown += titles(body)
        if body["next"] is None:
            break
        cursor = body["next"]
    assert sorted(shown) == [f"Abscess {number}" for number in range(5)]


@pytest.mark.parametrize(
    "query",
    [
        "?specialty=nonsense", "?sort=luck", "?limit=0", "?nonsense=1", "?q=" + "x" * 201,
        "?cursor=x", "?specialty=neuro&specialty=spine",
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_problem(place: Town, query: str) -> None:
    answer = place.browser().get(f"/api/v1/search{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_an_unknown_case_gives_nothing_away(place: Town) -> None:
    case = put_case(
        place.archive, SECRET, {HISTORY: "Headache", DIAGNOSIS: SECRET}, is_unknown=True,
        unknown_title="A headache", tags=[SECRET.lower()],
    )  # fmt: skip
    client = place.browser("bob")
    for path in ("/search", "/search?q=headache", "/tags", f"/cases/{case}/tags"):
        assert SECRET.lower() not in client.get(f"/api/v1{path}").text.lower(), path
    for path in (f"?q={SECRET}", f"?q={SECRET[:6]}*", f"?tag={SECRET.lower()}"):
        assert titles(client.get(f"/api/v1/search{path}").get_json()) == []


def test_tags_are_replaced_by_their_author_only(place: Town) -> None:
    case = put_case(place.archive, "Brain", owner=place.ids["ada"], tags=["old"])
    body = {"tags": ["Ring sign", "halo sign"]}
    assert place.browser().put(f"/api/v1/cases/{case}/tags", json=body).status_code == 401
    browser, token = writer(place, "bob")
    refused = browser.put(f"/api/v1/cases/{case}/tags", json=body, headers=token)
    assert refused.status_code == 403
    browser, token = writer(place, "ada")
    given = browser.put(f"/api/v1/cases/{case}/tags", json=body, headers=token).get_json()
    assert [(one["slug"], one["code"]) for one in given] == [
        ("halo-sign", "112073"), ("ring-sign", ""),
    ]  # fmt: skip
    assert [one["slug"] for one in browser.get("/api/v1/tags").get_json()] == [
        "halo-sign", "ring-sign",
    ]  # fmt: skip
    wrong = browser.put(f"/api/v1/cases/{case}/tags", json={"tags": ["Dr. Smith"]}, headers=token)
    assert wrong.status_code == 422
    assert len(browser.get(f"/api/v1/cases/{case}/tags").get_json()) == 2


def test_terms_of_context_groups_are_suggested(place: Town) -> None:
    found = place.browser().get("/api/v1/taxonomy?q=ground+gl").get_json()
    assert found == [
        {"scheme": "DCM", "code": "112120", "label": "Ground glass opacity", "kind": "sign"}
    ]
    assert place.browser().get("/api/v1/taxonomy").get_json() == []


def test_it_is_in_the_document(place: Town) -> None:
    paths = place.browser().get("/api/v1/openapi.json").get_json()["paths"]
    assert {"/api/v1/search", "/api/v1/tags", "/api/v1/taxonomy"} <= {
        path if path.startswith("/api/v1") else f"/api/v1{path}" for path in paths
    }
