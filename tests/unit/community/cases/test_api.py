"""Programs read, write, publish and remove cases as their person may, in the version they saw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.tokens import create_token
from community.accounts.csrf import token_of
from community.accounts.people import Person, find_person
from community.accounts.signed_in import COOKIE
from tests.cases import TITLE, VERSION, full_case, give, image, keep, place
from tests.people import Town, town

ROOT = "/api/v1/cases"
STUDY, OTHER = "1.2.1", "1.2.2"
READ, WRITE = ("community", "read"), ("community", "write")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        keep(found.archive, image(STUDY), image(STUDY, 2), image(OTHER))
        for study in (STUDY, OTHER):
            give(found.archive, study, ann(found))
        yield found


def ann(here: Town) -> Person:
    found = find_person(here.archive, here.ids["ann"])
    assert found is not None
    return found


def send(
    browser: FlaskClient, method: str, path: str, body: object = None, tag: str | None = None
) -> TestResponse:
    cookie = browser.get_cookie(COOKIE)
    headers = {"X-CSRF-Token": token_of(cookie.value)} if cookie else {}
    if tag is not None:
        headers["If-Match"] = tag
    return browser.open(ROOT + path, method=method, json=body, headers=headers)


def writing(**more: Any) -> dict[str, Any]:
    sections = [
        {"kind": "history", "markdown": "Tremor"},
        {"kind": "diagnosis", "markdown": "Wilson disease"},
    ]
    return {"title": TITLE, "specialty": "neuro", "sections": sections, **more}


def test_a_case_is_made_changed_shown_and_removed(here: Town) -> None:
    browser = here.browser("ann")
    made = send(browser, "POST", "", writing(unknown_title="A tremor"))
    assert made.status_code == 201
    case = made.json["id"]
    assert made.headers["Location"].endswith(f"{ROOT}/{case}")
    assert [one["reveal"] for one in made.json["sections"]] == ["always", "after_answer"]
    path, tag = f"/{case}", made.headers["ETag"]
    assert send(browser, "PATCH", path, {"title": "X"}).status_code == 428
    changed = send(browser, "PATCH", path, {"title": "X", "modalities": ["MR"]}, tag)
    assert (changed.json["title"], changed.json["specialty"]) == ("X", "neuro")
    late = send(browser, "PATCH", path, {"title": "Y"}, tag)
    assert (late.status_code, late.content_type) == (412, "application/problem+json")
    lacks = browser.get(f"{ROOT}{path}/check").json
    assert [one["field"] for one in lacks["missing"]] == ["studies"]
    with_study = send(browser, "POST", f"{path}/studies", {"study_instance_uid": STUDY})
    assert with_study.status_code == 201
    told = place(STUDY)._asdict()
    shown = {"alt": "A face", "region": [0.1, 0.2, 0.3, 0.4]}
    with_image = send(browser, "POST", f"{path}/key-images", {**told, **shown})
    assert with_image.json["key_images"][0]["region"] == [0.1, 0.2, 0.3, 0.4]
    wish = {"statement": VERSION, "state": "public"}
    public = send(browser, "POST", f"{path}/publish", wish, with_image.headers["ETag"])
    assert (public.status_code, public.json["state"]) == (200, "public")
    nobody = here.browser()
    assert nobody.get(f"{ROOT}{path}").json["title"] == "X"
    assert nobody.get(f"{ROOT}/{public.json['slug']}").json["id"] == case
    again = nobody.get(f"{ROOT}{path}", headers={"If-None-Match": public.headers["ETag"]})
    assert again.status_code == 304
    listed = nobody.get(ROOT).json["items"]
    assert [one["id"] for one in listed] == [case]
    assert listed[0]["sections"] == []
    assert [one["state"] for one in nobody.get(f"{ROOT}{path}/revisions").json] == ["public"]
    assert send(browser, "POST", f"{path}/withdraw").json["state"] == "draft"
    assert nobody.get(f"{ROOT}{path}").status_code == 404
    assert send(browser, "DELETE", path).status_code == 204
    assert nobody.get(f"{ROOT}{path}").status_code == 410


def test_studies_and_key_images_are_named_and_taken_away(here: Town) -> None:
    case = full_case(here.archive, ann(here), STUDY, state=None)
    browser, path = here.browser("ann"), f"/{case.id}"
    named = send(browser, "PUT", f"{path}/studies/{STUDY}", {"label": "A", "relative_day": -2})
    study = named.json["studies"][0]
    assert (study["label"], study["relative_day"]) == ("A", -2)
    one = named.json["key_images"][0]["id"]
    said = send(browser, "PUT", f"{path}/key-images/{one}", {"alt": "B", "is_spoiler": True})
    assert said.json["key_images"][0]["is_spoiler"] is True
    assert send(browser, "DELETE", f"{path}/key-images/{one}").status_code == 204
    assert send(browser, "DELETE", f"{path}/key-images/{one}").status_code == 404
    assert send(browser, "DELETE", f"{path}/studies/{STUDY}").status_code == 204
    assert browser.get(f"{ROOT}{path}").json["studies"] == []


def test_an_unknown_case_tells_programs_no_more_than_pages(here: Town) -> None:
    case = full_case(here.archive, ann(here), STUDY, is_unknown=True)
    for reader in (here.browser(), here.browser("ben")):
        for path in (f"/{case.id}", f"/{case.id}/revisions", ""):
            answer = reader.get(ROOT + path)
            assert answer.status_code == 200
            for secret in (TITLE, "Wilson", "genetics"):
                assert secret not in answer.text, path
    told = here.browser().get(f"{ROOT}/{case.id}")
    assert (told.json["title"], told.json["is_hiding"]) == ("A girl with a tremor", True)
    own = here.browser("ann").get(f"{ROOT}/{case.id}")
    assert own.headers["ETag"] != told.headers["ETag"]
    assert own.json["title"] == TITLE


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "x" * 201}, 422),
        ({"specialty": "astrology"}, 422),
        ({"owner": "me"}, 422),
        ({"is_unknown": "yes"}, 422),
        ({"sections": [{"kind": "abstract", "markdown": "x"}]}, 422),
        ({"sections": [{"kind": "history", "markdown": "x" * 20_001}]}, 422),
        ({"sections": [{"kind": "history", "markdown": "x"}] * 2}, 422),
        ({"modalities": ["XX"]}, 422),
        ([], 422),
    ],
)
def test_what_is_wrong_is_refused_in_the_words_of_problem_details(
    here: Town, body: object, status: int
) -> None:
    answer = send(here.browser("ann"), "POST", "", body)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"title": "X"}), ("DELETE", "", None),
        ("POST", "/publish", {"statement": VERSION}), ("POST", "/unlist", None),
        ("POST", "/withdraw", None), ("POST", "/studies", {"study_instance_uid": OTHER}),
        ("PUT", f"/studies/{STUDY}", {}), ("DELETE", f"/studies/{STUDY}", None),
        ("POST", "/key-images", place(STUDY, 2)._asdict()), ("PUT", "/key-images/x", {}),
        ("DELETE", "/key-images/x", None),
    ],
)  # fmt: skip
def test_only_its_owner_changes_a_case(here: Town, method: str, path: str, body: object) -> None:
    for state, refused in (("public", 403), (None, 404)):
        case = full_case(here.archive, ann(here), STUDY, state=state)
        stranger = send(here.browser("ben"), method, f"/{case.id}{path}", body, "*")
        assert stranger.status_code == refused
        assert send(here.browser(), method, f"/{case.id}{path}", body, "*").status_code == 401
        browser = here.browser("ann")
        assert browser.open(f"{ROOT}/{case.id}{path}", method=method, json=body).status_code == 403


def test_a_token_reads_and_writes_as_far_as_it_says(here: Town) -> None:
    case = full_case(here.archive, ann(here), STUDY, state=None)
    client = here.browser()
    for grants, reads, writes in (
        ([READ], 200, 403),
        ([WRITE], 404, 404),
        ([READ, WRITE], 200, 200),
    ):
        _, secret = create_token(here.archive, "a script", grants, person=here.ids["ann"])
        headers = {"Authorization": f"Bearer {secret}"}
        assert client.get(f"{ROOT}/{case.id}", headers=headers).status_code == reads
        headers["If-Match"] = "*"
        sent = client.patch(f"{ROOT}/{case.id}", json={"title": "By a script"}, headers=headers)
        assert sent.status_code == writes


def test_lists_are_walked_by_cursor_and_narrowed(here: Town) -> None:
    browser = here.browser("ann")
    for number in range(3):
        send(browser, "POST", "", {"title": f"Draft {number}"})
    owner, found, cursor = here.ids["ann"], [], ""
    while cursor is not None:
        page = browser.get(f"{ROOT}?owner={owner}&state=draft&limit=2&cursor={cursor}").json
        found += [one["title"] for one in page["items"]]
        cursor = page["next"]
    assert found[:3] == ["Draft 2", "Draft 1", "Draft 0"]
    assert here.browser("ben").get(f"{ROOT}?owner={owner}&state=draft").json["items"] == []
    assert browser.get(f"{ROOT}?cursor=nonsense").status_code == 400
    assert browser.get(f"{ROOT}?state=tombstone").status_code == 400
    assert "neuro" in browser.get(f"{ROOT}/vocabulary").json["specialty"]
