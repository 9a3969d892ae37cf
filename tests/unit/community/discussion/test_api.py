"""Programs talk as their person may, in the version they saw, and are told no more than a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.tokens import create_token
from community.accounts.csrf import token_of
from community.accounts.signed_in import COOKIE
from community.discussion import api
from tests.people import Town, town
from tests.talk import IMAGE, a_case, say

CASE, UNKNOWN = "plaincase", "unknowncase"
ROOT = "/api/v1"
SPOT = {"study": IMAGE[0], "series": IMAGE[1], "instance": IMAGE[2], "region": [0.1, 0.2, 0, 0]}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "writes_per_minute", 1000)
        with town(tmp_path_factory.mktemp("town")) as found:
            for handle in ("ann", "ben", "cyd"):
                found.person(handle)
            found.ids["case"] = a_case(found.archive, found.ids["ann"], CASE, specialty="neuro")
            found.ids["unknown"] = a_case(
                found.archive, found.ids["ann"], UNKNOWN, is_unknown=True, diagnosis="CANARYOMA"
            )
            yield found


def send(
    browser: FlaskClient, method: str, path: str, body: object = None, **headers: str
) -> TestResponse:
    cookie = browser.get_cookie(COOKIE)
    told = {"X-CSRF-Token": token_of(cookie.value)} if cookie else {}
    return browser.open(ROOT + path, method=method, json=body, headers={**told, **headers})


def written(here: Town, who: str, **body: Any) -> dict[str, Any]:
    made = send(here.browser(who), "POST", f"/cases/{CASE}/comments", body)
    assert made.status_code == 201, made.text
    told: dict[str, Any] = made.json
    assert made.headers["Location"].endswith(f"{ROOT}/comments/{told['id']}")
    assert made.headers["ETag"] == '"1"'
    return told


def test_a_comment_is_written_read_changed_and_deleted(here: Town) -> None:
    made = written(here, "ben", text="A **mass**, @cyd", spot=SPOT)
    assert (made["author"], made["text"]) == ("ben", "A **mass**, @cyd")
    assert 'href="/u/cyd"' in made["html"]
    assert made["spot"]["region"] == [0.1, 0.2, 0, 0]
    answer = written(here, "cyd", text="Where?", parent=made["id"])
    assert (answer["thread"], answer["parent"]) == (made["id"], made["id"])
    path, ben = f"/comments/{made['id']}", here.browser("ben")
    assert send(ben, "PATCH", path, {"text": "A cyst"}).status_code == 428
    changed = send(ben, "PATCH", path, {"text": "A cyst"}, **{"If-Match": '"1"'})
    assert (changed.json["text"], changed.headers["ETag"]) == ("A cyst", '"2"')
    late = send(ben, "PATCH", path, {"text": "lost"}, **{"If-Match": '"1"'})
    assert late.status_code == 412
    assert send(here.browser("cyd"), "DELETE", path).status_code == 403
    assert send(ben, "DELETE", path).status_code == 204
    gone = here.browser().get(ROOT + path).json
    assert (gone["text"], gone["html"], gone["author"], gone["spot"]) == (None,) * 4
    assert gone["tombstone"] == "author_deleted"


def test_a_list_comes_in_parts_the_latest_first(here: Town) -> None:
    made = [written(here, "ben", text=f"part {number}")["id"] for number in range(3)]
    first = here.browser().get(f"{ROOT}/cases/{here.ids['case']}/comments?limit=2")
    assert [one["id"] for one in first.json["items"]] == [made[2], made[1]]
    second = here.browser().get(f"{ROOT}/cases/{CASE}/comments?limit=2&cursor={first.json['next']}")
    assert second.json["items"][0]["id"] == made[0]
    assert 'rel="next"' in first.headers["Link"]


def test_what_may_identify_somebody_is_looked_at_first(here: Town) -> None:
    ben, path = here.browser("ben"), f"/cases/{CASE}/comments"
    refused = send(ben, "POST", path, {"text": "MRN: 445566"})
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/looked"
    assert send(ben, "POST", path, {"text": "MRN: 445566", "looked": True}).status_code == 201
    assert send(ben, "POST", path, {"text": ""}).status_code == 422
    assert send(ben, "POST", path, {"text": "x", "colour": "red"}).status_code == 422
    wrong = {**SPOT, "instance": "1.2.3"}
    assert send(ben, "POST", path, {"text": "x", "spot": wrong}).status_code == 422


def test_opinions_follows_and_notifications_are_there_for_programs(here: Town) -> None:
    ann, ben, cyd = (here.browser(one) for one in ("ann", "ben", "cyd"))
    made = written(here, "ben", text="for @cyd")["id"]
    assert send(cyd, "PUT", f"/comments/{made}/vote").json == {"helpful": 1}
    assert send(cyd, "DELETE", f"/comments/{made}/vote").status_code == 204
    assert send(cyd, "PUT", f"/comments/{made}/accepted").status_code == 403
    assert send(ann, "PUT", f"/comments/{made}/accepted").status_code == 204
    assert ben.get(f"{ROOT}/comments/{made}").json["is_accepted"]
    assert send(ann, "DELETE", f"/comments/{made}/accepted").status_code == 204
    latest = cyd.get(f"{ROOT}/me/notifications?limit=1").json["items"][0]
    assert (latest["kind"], latest["actor"], latest["is_read"]) == ("mention", "ben", False)
    read = send(cyd, "POST", "/me/notifications/read", {"until": latest["id"]})
    assert read.status_code == 204
    assert cyd.get(f"{ROOT}/me/notifications?limit=1").json["items"][0]["is_read"]
    assert send(cyd, "PUT", "/me/follows/specialty/neuro").status_code == 204
    assert send(cyd, "PUT", f"/me/follows/case/{CASE}").status_code == 204
    assert cyd.get(f"{ROOT}/me/follows").json == [
        {"kind": "case", "target": here.ids["case"]},
        {"kind": "specialty", "target": "neuro"},
    ]
    assert send(cyd, "DELETE", "/me/follows/specialty/neuro").status_code == 204
    assert send(cyd, "PUT", "/me/follows/weather/x").status_code == 422
    assert here.browser().get(f"{ROOT}/me/notifications").status_code == 401


def test_of_an_unknown_case_a_program_is_told_nothing_before_the_answer(here: Town) -> None:
    made = say(here.archive, here.ids["ann"], UNKNOWN, "It is a CANARYOMA")
    ben = here.browser("ben")
    for method, path in (
        ("GET", f"/cases/{UNKNOWN}/comments"),
        ("GET", f"/comments/{made}"),
        ("DELETE", f"/comments/{made}"),
        ("PUT", f"/comments/{made}/vote"),
    ):
        answer = send(ben, method, path)
        assert answer.status_code == 403
        assert "CANARYOMA" not in answer.text
    assert send(ben, "POST", f"/cases/{UNKNOWN}/comments", {"text": "x"}).status_code == 403
    assert "CANARYOMA" in here.browser("ann").get(f"{ROOT}/comments/{made}").text


def test_a_token_talks_as_far_as_it_goes(here: Town) -> None:
    client = here.browser()
    for grants, status in (
        ([("community", "read")], 403),
        ([("community", "read"), ("community", "write")], 201),
    ):
        _, secret = create_token(here.archive, "a script", grants, person=here.ids["ben"])
        answer = client.post(
            f"{ROOT}/cases/{CASE}/comments",
            json={"text": "by a script"},
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert answer.status_code == status
    assert send(client, "POST", f"/cases/{CASE}/comments", {"text": "x"}).status_code == 401
    without = here.browser("ben").post(f"{ROOT}/cases/{CASE}/comments", json={"text": "x"})
    assert without.status_code == 403
