"""The page on which people have copies, object, restrict and close: by them, freshly signed in."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from sqlalchemy import update

from archive.database import writing
from community.accounts.people import ACTIVE, CLOSING, RESTRICTED, find_person
from community.models import session
from community.rights.copies import copies_of, make_waiting
from tests.people import Town

PAGE = "/settings/privacy"


@pytest.fixture
def wilma(here: Town) -> FlaskClient:
    here.person("wilma")
    return here.browser("wilma")


def post(client: FlaskClient, path: str = "", **form: object) -> Any:
    token = re.search(r'name="csrf" value="([^"]+)"', client.get(PAGE).text)
    assert token is not None
    return client.post(PAGE + path, data={"csrf": token[1], **form})


def state(here: Town) -> str | None:
    found = find_person(here.archive, here.ids["wilma"])
    return found.state if found else None


def grow_old(here: Town) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=1)
    with writing(here.archive.engine) as connection:
        connection.execute(update(session).values(reauthenticated_at=long_ago))


def test_nobody_sees_it_who_is_not_signed_in(here: Town) -> None:
    for path in ("", "/restriction", "/erasure"):
        assert here.browser().get(PAGE + path).location.startswith("/login?next=")


def test_somebody_has_a_copy_made_and_gets_it_once(here: Town, wilma: FlaskClient) -> None:
    assert post(wilma, "/copies").status_code == HTTPStatus.SEE_OTHER
    assert "being made" in wilma.get(PAGE).text
    again = post(wilma, "/copies")
    assert again.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "A copy is being made already" in again.text
    make_waiting(here.archive)
    (copy,) = copies_of(here.archive, here.ids["wilma"])
    got = post(wilma, f"/copies/{copy.id}")
    assert got.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(got.data)) as archive:
        assert json.loads(archive.read("account.json"))["person"][0]["handle"] == "wilma"
    assert post(wilma, f"/copies/{copy.id}").status_code == HTTPStatus.GONE


def test_who_signed_in_long_ago_signs_in_again_first(here: Town, wilma: FlaskClient) -> None:
    post(wilma, "/copies")
    make_waiting(here.archive)
    (copy,) = copies_of(here.archive, here.ids["wilma"])
    grow_old(here)
    assert "Sign in again to download" in wilma.get(PAGE).text
    assert post(wilma, f"/copies/{copy.id}").status_code == HTTPStatus.FORBIDDEN
    assert post(wilma, "/erasure", what="all", sure="yes").status_code == HTTPStatus.FORBIDDEN
    assert state(here) == ACTIVE
    sent = post(wilma, "/again")
    assert sent.location == "/login?next=/settings/privacy"
    assert wilma.get(PAGE).location.startswith("/login")


def test_nobody_gets_the_copy_of_somebody_else(here: Town, wilma: FlaskClient) -> None:
    post(wilma, "/copies")
    make_waiting(here.archive)
    (copy,) = copies_of(here.archive, here.ids["wilma"])
    here.person("otto")
    assert post(here.browser("otto"), f"/copies/{copy.id}").status_code == HTTPStatus.NOT_FOUND


def test_somebody_objects_and_thinks_better_of_it(wilma: FlaskClient) -> None:
    post(wilma, "/objections", purpose=["assistant", "statistics", "made up"])
    page = wilma.get(PAGE).text
    for purpose, is_on in (("assistant", True), ("statistics", True), ("search_engines", False)):
        (line,) = [one for one in page.splitlines() if f'id="f-purpose-{purpose}"' in one]
        assert (" checked" in line) is is_on
    post(wilma, "/objections")
    assert (
        " checked" not in wilma.get(PAGE).text.partition("I object to")[2].partition("</form>")[0]
    )


def test_somebody_restricts_and_releases(here: Town, wilma: FlaskClient) -> None:
    post(wilma, "/restriction", act="restrict")
    assert state(here) == RESTRICTED
    assert "Your account is restricted" in wilma.get(PAGE).text
    assert post(wilma, "/copies").status_code == HTTPStatus.SEE_OTHER
    post(wilma, "/restriction", act="release")
    assert state(here) == ACTIVE


def test_an_account_is_closed_by_who_says_what_and_that_they_are_sure(
    here: Town, wilma: FlaskClient
) -> None:
    refused = post(wilma, "/erasure", what="all")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert state(here) == ACTIVE
    done = post(wilma, "/erasure", what="keep", sure="yes")
    assert state(here) == CLOSING
    told = wilma.get(done.location)
    assert "Your account is closed" in told.text
    assert wilma.get(PAGE).location.startswith("/login")
    assert wilma.get("/account-closed/2026-13-%3Cb").status_code == HTTPStatus.NOT_FOUND


def test_the_schema_is_published(here: Town) -> None:
    answer = here.browser().get("/schemas/export/v1.json")
    assert answer.mimetype == "application/schema+json"
    Draft202012Validator.check_schema(answer.json)


def test_programs_ask_for_copies_and_close_nothing_with_an_old_session(
    here: Town, wilma: FlaskClient
) -> None:
    token = re.search(r'name="csrf" value="([^"]+)"', wilma.get(PAGE).text)
    assert token is not None
    wilma.environ_base["HTTP_X_CSRF_TOKEN"] = token[1]
    asked = wilma.post("/api/v1/me/exports", json={"with_studies": True})
    assert asked.status_code == HTTPStatus.CREATED
    assert wilma.get("/api/v1/me/exports").json[0]["with_studies"] is True
    assert wilma.put("/api/v1/me/objections", json={"purposes": ["assistant"]}).json == {
        "purposes": ["assistant"]
    }
    assert wilma.put("/api/v1/me/restriction", json={"restricted": True}).json == {
        "restricted": True
    }
    grow_old(here)
    refused = wilma.post("/api/v1/me/erasure", json={"keep_work": False})
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert state(here) == RESTRICTED
