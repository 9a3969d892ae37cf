"""``/api/v1/me``: a person, in a browser or by a token, sees and changes what they show."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from archive.tokens import create_token
from community.accounts import people
from community.accounts.csrf import token_of
from community.accounts.signed_in import COOKIE
from tests.people import Town, town

ME = "/api/v1/me"
READ, WRITE = ("community", "read"), ("community", "write")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben", "cas"):
            found.person(handle)
        yield found


def bearer(here: Town, handle: str | None, *grants: tuple[str, str]) -> dict[str, str]:
    person = here.ids[handle] if handle else None
    _, secret = create_token(here.archive, "a script", grants, person=person)
    return {"Authorization": f"Bearer {secret}"}


def csrf(browser: FlaskClient) -> dict[str, str]:
    cookie = browser.get_cookie(COOKIE)
    assert cookie is not None
    return {"X-CSRF-Token": token_of(cookie.value)}


def test_a_person_sees_themselves_without_what_a_provider_told(here: Town) -> None:
    told = here.browser("ann").get(ME)
    assert told.status_code == 200
    assert set(told.json) == {
        *("id", "handle", "display_name", "bio", "avatar_url", "role", "state", "locale"),
        "created",
    }
    assert told.headers["Cache-Control"] == "no-store"
    assert here.browser().get(ME).status_code == 401


def test_what_is_not_sent_stays(here: Town) -> None:
    ann = here.browser("ann")
    for sent in ({"bio": "Two\nlines", "display_name": "Ann"}, {"display_name": None}):
        assert ann.patch(ME, json=sent, headers=csrf(ann)).status_code == 200
    assert (ann.get(ME).json["bio"], ann.get(ME).json["display_name"]) == ("Two\nlines", None)
    assert ann.patch(ME, json={"role": "operator"}, headers=csrf(ann)).status_code == 422


def test_a_session_writes_with_its_own_token_only(here: Town) -> None:
    ann, ben = here.browser("ann"), here.browser("ben")
    for headers in ({}, {"X-CSRF-Token": "x"}, csrf(ben)):
        refused = ann.patch(ME, json={"bio": "forged"}, headers=headers)
        assert (refused.status_code, refused.content_type) == (403, "application/problem+json")
    assert ann.get(ME).json["bio"] != "forged"


def test_a_change_that_saw_something_else_is_refused(here: Town) -> None:
    ann = here.browser("ann")
    seen = {"If-Match": ann.get(ME).headers["ETag"]}
    first = ann.patch(ME, json={"bio": "first"}, headers=csrf(ann) | seen)
    assert (first.status_code, first.headers["ETag"]) == (200, ann.get(ME).headers["ETag"])
    assert ann.patch(ME, json={"bio": "second"}, headers=csrf(ann) | seen).status_code == 412
    assert ann.get(ME).json["bio"] == "first"


@pytest.mark.parametrize(
    ("handle", "grants", "reads", "writes"),
    [
        ("ben", (READ,), 200, 403),
        ("ben", (WRITE,), 403, 200),
        ("ben", (READ, WRITE), 200, 200),
        (None, (READ, WRITE), 403, 403),
    ],
)
def test_a_token_does_what_it_says(
    here: Town,
    handle: str | None,
    grants: tuple[tuple[str, str], ...],
    reads: int,
    writes: int,
) -> None:
    client, headers = here.browser(), bearer(here, handle, *grants)
    assert client.get(ME, headers=headers).status_code == reads
    assert client.patch(ME, json={"bio": "by token"}, headers=headers).status_code == writes


def test_a_token_goes_before_the_session_that_comes_with_it(here: Town) -> None:
    ann = here.browser("ann")
    headers = bearer(here, "ben", READ)
    assert ann.get(ME, headers=headers).json["handle"] == "ben"
    assert ann.patch(ME, json={"bio": "x"}, headers=headers | csrf(ann)).status_code == 403
    assert ann.get(ME, headers={"Authorization": "Bearer dt_unknown"}).status_code == 401
    assert ann.get(ME, headers={"Authorization": "Basic YTpi"}).status_code == 401


def test_a_restricted_person_reads_and_does_not_write(here: Town) -> None:
    cas, headers = here.browser("cas"), bearer(here, "cas", READ, WRITE)
    people.change_state(here.archive, here.ids["cas"], people.RESTRICTED)
    assert cas.get(ME).json["state"] == "restricted"
    assert cas.patch(ME, json={"bio": "x"}, headers=csrf(cas)).status_code == 403
    assert here.browser().patch(ME, json={"bio": "x"}, headers=headers).status_code == 403
    people.change_state(here.archive, here.ids["cas"], people.SUSPENDED)
    assert cas.get(ME).status_code == 401
    assert here.browser().get(ME, headers=headers).status_code == 401


def test_the_document_is_valid_and_names_every_endpoint_there_is(here: Town) -> None:
    document = here.browser().get("/api/v1/openapi.json").json
    validate(document)
    described = {
        (path, method.upper())
        for path, item in document["paths"].items()
        for method in item
        if method != "parameters"
    }
    there = {
        (re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"{\1}", rule.rule), method)
        for rule in here.app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and rule.endpoint != "api_document.openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == there
    assert (ME, "PATCH") in described


def test_open_access_makes_nobody_a_person(tmp_path_factory: pytest.TempPathFactory) -> None:
    with town(tmp_path_factory.mktemp("open"), access="open") as found:
        found.person("dan")
        assert found.browser().get(ME).status_code == 401
        assert found.browser("dan").get(ME).json["handle"] == "dan"
        headers = {"Authorization": "Bearer whatever"}
        assert found.browser("dan").get(ME, headers=headers).status_code == 403
