"""Programs answer, and line up cases, in their person's name; before the answer they are told
what a page tells.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from archive.tokens import create_token
from community.accounts.csrf import token_of
from community.accounts.signed_in import COOKIE
from tests.people import Town, town
from tests.quizzes import CANARY, add_key_image, unknown_case

ROOT = "/api/v1"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        yield found


@pytest.fixture
def case(here: Town) -> str:
    return unknown_case(here.archive, here.ids["ann"])


def send(
    browser: FlaskClient, method: str, path: str, body: object = None, tag: str | None = None
) -> TestResponse:
    cookie = browser.get_cookie(COOKIE)
    headers = {"X-CSRF-Token": token_of(cookie.value)} if cookie else {}
    if tag is not None:
        headers["If-Match"] = tag
    return browser.open(ROOT + path, method=method, json=body, headers=headers)


def ask(here: Town, case: str, **wish: Any) -> str:
    made = send(here.browser("ann"), "POST", f"/cases/{case}/questions", wish)
    assert made.status_code == 201, made.text
    return str(made.get_json()["id"])


def test_a_program_asks_answers_judges_and_is_told(here: Town, case: str) -> None:
    image = add_key_image(here.archive, case, ("1.1", "1.1.1", "1.1.1.1"))
    words = ask(here, case, kind="free", body="What?", accepted=[CANARY])
    choice = ask(here, case, kind="choice", body="Old?", options=["no", "yes"], right_option=1)
    place = ask(here, case, kind="locate", body="Where?", key_image=image)
    ben, path = here.browser("ben"), f"/cases/{case}"
    asked = send(ben, "GET", f"{path}/questions")
    assert [one["id"] for one in asked.get_json()] == [words, choice, place]
    assert CANARY not in asked.text
    assert not {"accepted", "right_option", "region"} & {k for one in asked.get_json() for k in one}
    assert asked.get_json()[2]["image"]["sop_instance_uid"] == "1.1.1.1"
    assert send(ben, "GET", f"{path}/reveal").status_code == 403
    sheet = {
        "answers": [
            {"question": words, "words": "something"},
            {"question": choice, "option": 1},
            {"question": place, "x": 0.3, "y": 0.6},
        ],
        "confidence": 5,
    }
    made = send(ben, "POST", f"{path}/answers", sheet)
    assert made.status_code == 201, made.text
    told = {one["id"]: one for one in made.get_json()["questions"]}
    assert told[words]["accepted"] == [CANARY]
    assert [told[one]["answer"]["score"] for one in (words, choice, place)] == [None, 1.0, 1.0]
    assert told[place]["region"] == [0.25, 0.5, 0.25, 0.25]
    judged = {"question": words, "judgement": "nearly"}
    after = send(ben, "POST", f"{path}/judgements", judged)
    assert after.get_json()["questions"][0]["answer"]["score"] == 0.5
    assert send(ben, "POST", f"{path}/judgements", judged).status_code == 422
    assert send(ben, "POST", f"{path}/answers", sheet).status_code == 409
    assert send(ben, "POST", f"{path}/reveal").status_code == 409
    assert send(ben, "GET", f"{path}/reveal").get_json()["readers"]["answered"] == 1
    gone = send(here.browser("ann"), "DELETE", f"{path}/questions/{words}")
    assert gone.status_code == 204
    [withdrawn] = [
        one
        for one in send(here.browser("ann"), "GET", f"{path}/questions").get_json()
        if one["is_withdrawn"]
    ]
    assert withdrawn["id"] == words


def test_answers_that_are_none_are_refused(here: Town, case: str) -> None:
    ben = here.browser("ben")
    good = {"question": case, "words": "x"}
    for answers, confidence in (
        ([], 3), ([good], 6), ([good], 0), ([{"question": case}], 3),
        ([{**good, "option": 0}], 3), ([{"question": "x", "words": "y"}], 3),
        ([{"question": here.ids["ann"], "words": "y"}], 3),
        ([{"question": case, "x": 2, "y": 0}], 3),
    ):  # fmt: skip
        sheet = {"answers": answers, "confidence": confidence}
        refused = send(ben, "POST", f"/cases/{case}/answers", sheet)
        assert refused.status_code == 422, sheet
        assert CANARY not in refused.text


def test_who_is_nobody_and_tokens_that_only_read_answer_nothing(here: Town, case: str) -> None:
    sheet = {"answers": [{"question": case, "words": "x"}], "confidence": 1}
    reading = {(("community", "read"))}
    _, secret = create_token(here.archive, "reads", reading, person=here.ids["ben"])
    bearer = {"Authorization": f"Bearer {secret}"}
    for path, body in (("answers", sheet), ("reveal", None)):
        address = f"{ROOT}/cases/{case}/{path}"
        assert here.browser().post(address, json=body).status_code == 401
        assert here.browser().post(address, json=body, headers=bearer).status_code == 403
    assert (
        send(here.browser("ben"), "POST", f"/cases/{case}/questions", {"kind": "free"}).status_code
        == 403
    )


def test_giving_up_and_authors_need_no_answer(here: Town, case: str) -> None:
    made = send(here.browser("ben"), "POST", f"/cases/{case}/reveal")
    assert (made.status_code, made.get_json()["gave_up"]) == (201, True)
    owner = send(here.browser("ann"), "GET", f"/cases/{case}/reveal")
    assert owner.get_json()["readers"]["gave_up"] == 1


def test_playlists_are_made_ordered_changed_and_deleted(here: Town) -> None:
    one, two = (unknown_case(here.archive, here.ids["ann"]) for _ in range(2))
    ben = here.browser("ben")
    made = send(ben, "POST", "/playlists", {"title": "Mine"})
    assert (made.status_code, made.get_json()["visibility"]) == (201, "private")
    path = made.headers["Location"].removeprefix(ROOT)
    for case in (one, two, one):
        assert send(ben, "PUT", f"{path}/cases/{case}").status_code == 204
    found = send(ben, "PUT", f"{path}/cases", {"cases": [two, one]})
    assert [item["id"] for item in found.get_json()["cases"]] == [two, one]
    assert CANARY not in found.text
    assert send(ben, "PUT", f"{path}/cases", {"cases": [two]}).status_code == 422
    wording, tag = {"visibility": "public"}, found.headers["ETag"]
    assert send(ben, "PATCH", path, wording).status_code == 428
    assert send(ben, "PATCH", path, wording, '"1"').status_code == 412
    assert send(ben, "PATCH", path, wording, tag).get_json()["title"] == "Mine"
    listed = here.browser().get(f"{ROOT}/playlists").get_json()
    assert path.rpartition("/")[2] in [item["id"] for item in listed["items"]]
    ann = here.browser("ann")
    assert send(ann, "GET", path).status_code == 200
    for method, where, body in (
        ("DELETE", path, None), ("PUT", f"{path}/cases/{one}", None),
        ("DELETE", f"{path}/cases/{one}", None), ("PUT", f"{path}/cases", {"cases": [one, two]}),
    ):  # fmt: skip
        assert send(ann, method, where, body).status_code == 403
    assert send(ben, "DELETE", f"{path}/cases/{one}").status_code == 204
    assert send(ben, "DELETE", path).status_code == 204
    assert send(ben, "GET", path).status_code == 404


def test_lists_of_playlists_come_in_parts(here: Town) -> None:
    ben = here.browser("ben")
    for number in range(3):
        send(ben, "POST", "/playlists", {"title": f"No. {number}", "visibility": "public"})
    first = send(ben, "GET", "/playlists?mine=true&limit=2").get_json()
    rest = send(ben, "GET", f"/playlists?mine=true&limit=2&cursor={first['next']}").get_json()
    titles = [item["title"] for item in [*first["items"], *rest["items"]]]
    assert titles[:3] == ["No. 2", "No. 1", "No. 0"]
    assert send(ben, "GET", "/playlists?cursor=nonsense").status_code == 400
