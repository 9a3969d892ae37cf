"""People make tokens for themselves, which do no more than they may."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from archive.sharing import share_study
from archive.tokens import create_token
from community.accounts import people
from tests.archives import store
from tests.builders import ct_image
from tests.people import Town, town

MINE = "1.1"
STUDIES = "/dicom-web/studies"
READ = {"collection": "community", "scope": "read"}
WRITE = {"collection": "community", "scope": "write"}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        store(found.archive, ct_image(StudyInstanceUID=MINE))
        for handle, role in (("ann", "member"), ("ben", "member"), ("boss", "operator")):
            found.person(handle, role)
        share_study(found.archive, "archive", MINE, found.audience("ann"))
        yield found


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def made(browser: FlaskClient, *grants: dict[str, str], **more: object) -> dict[str, object]:
    wanted = {"name": "a script", "grants": list(grants), **more}
    answer = browser.post("/api/v1/me/tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    told: dict[str, object] = answer.get_json()
    return told


def test_a_token_reads_what_its_person_reads_and_stops_with_them(here: Town) -> None:
    secret = str(made(here.browser("ann"), READ)["secret"])
    client = here.browser()
    read = f"{STUDIES}/{MINE}/metadata"
    assert client.get(read, headers=bearer(secret)).status_code == 200
    assert client.post("/community" + STUDIES, headers=bearer(secret)).status_code == 403
    people.change_state(here.archive, here.ids["ann"], people.SUSPENDED)
    assert client.get(read, headers=bearer(secret)).status_code == 401
    people.change_state(here.archive, here.ids["ann"], people.ACTIVE)
    assert client.get(read, headers=bearer(secret)).status_code == 200


def test_a_token_to_upload_reads_nothing_of_its_person(here: Town) -> None:
    secret = str(made(here.browser("ann"), WRITE)["secret"])
    client = here.browser()
    assert client.get(f"{STUDIES}/{MINE}/metadata", headers=bearer(secret)).status_code == 403
    assert client.post("/community" + STUDIES, headers=bearer(secret)).status_code in (400, 415)
    people.change_state(here.archive, here.ids["ann"], people.RESTRICTED)
    assert client.post("/community" + STUDIES, headers=bearer(secret)).status_code == 403
    people.change_state(here.archive, here.ids["ann"], people.ACTIVE)


def test_uploads_of_others_are_not_shown_to_people_or_their_tokens(here: Town) -> None:
    ann, ben = here.browser("ann"), here.browser("ben")
    secret = str(made(ann, READ, WRITE)["secret"])
    files = ct_image(StudyInstanceUID="1.5")
    head = b"--b\r\nContent-Type: application/dicom\r\n\r\n"
    kind = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}
    sent = here.browser().post(
        "/community" + STUDIES,
        data=head + files + b"\r\n--b--\r\n",
        headers={**kind, **bearer(secret)},
    )
    assert sent.status_code in (200, 202)
    token = re.search(r"/uploads/([0-9a-f]+)", ann.get("/uploads").text)
    assert token
    for path in (f"/uploads/{token[1]}", f"/api/v1/uploads/{token[1]}"):
        assert ann.get(path).status_code == 200
        assert here.browser().get(path, headers=bearer(secret)).status_code == 200
        assert ben.get(path).status_code == 404
    assert token[1] not in ben.get("/uploads").text


@pytest.mark.parametrize(
    "wanted",
    [
        {"grants": [{"collection": "archive", "scope": "read"}]},
        {"grants": [{"collection": "community", "scope": "delete"}]},
        {"grants": [{"collection": "nothing", "scope": "read"}]},
        {"grants": [{"collection": "community", "scope": "all"}]},
        {"grants": []},
        {"grants": "community:read"},
        {"grants": [READ], "name": ""},
        {"grants": [READ], "name": "x" * 101},
        {"grants": [READ], "days": 0},
        {"grants": [READ], "days": 367},
        {"grants": [READ], "days": "7"},
        {"grants": [READ], "person": "somebody"},
    ],
)
def test_nobody_gives_a_token_more_than_they_have(here: Town, wanted: dict[str, object]) -> None:
    answer = here.browser("ann").post("/api/v1/me/tokens", json={"name": "x", **wanted})
    assert answer.status_code in (403, 422)
    assert answer.content_type == "application/problem+json"


def test_a_token_of_a_former_operator_is_worth_a_member_s(here: Town) -> None:
    everywhere = {"collection": "archive", "scope": "delete"}
    secret = str(made(here.browser("boss"), everywhere)["secret"])
    client = here.browser()
    assert client.delete(f"{STUDIES}/9.9", headers=bearer(secret)).status_code == 404
    people.change_role(here.archive, here.ids["boss"], people.MEMBER)
    assert client.delete(f"{STUDIES}/9.9", headers=bearer(secret)).status_code == 403
    people.change_role(here.archive, here.ids["boss"], people.OPERATOR)


def test_tokens_are_made_and_seen_by_their_person_alone(here: Town) -> None:
    ann, ben = here.browser("ann"), here.browser("ben")
    told = made(ann, READ, days=5)
    where = f"/api/v1/me/tokens/{told['id']}"
    listed = ann.get("/api/v1/me/tokens").get_json()
    assert told["id"] in [one["id"] for one in listed]
    assert all("secret" not in one for one in listed)
    assert ben.get("/api/v1/me/tokens").get_json() == []
    machine, _ = create_token(here.archive, "machine", [("archive", "read")])
    for browser, path, status in (
        (ben, where, 404),
        (here.browser(), where, 401),
        (ann, f"/api/v1/me/tokens/{machine}", 404),
        (ann, where, 204),
        (ann, where, 404),
    ):
        assert browser.delete(path).status_code == status
    assert here.browser().get(STUDIES, headers=bearer(str(told["secret"]))).status_code == 401


def test_a_token_makes_no_tokens(here: Town) -> None:
    ann = here.browser("ann")
    secret = str(made(ann, READ, WRITE)["secret"])
    for client in (ann, here.browser()):
        wanted = {"name": "more", "grants": [READ]}
        answer = client.post("/api/v1/me/tokens", json=wanted, headers=bearer(secret))
        assert answer.status_code == 403


def test_a_person_makes_and_revokes_a_token_on_the_page(here: Town) -> None:
    ben = here.browser("ben")
    page = ben.get("/settings/tokens").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    assert 'value="community:write"' in page
    assert 'value="archive:read"' not in page
    data = {"csrf": token[1], "name": "3D <i>Slicer", "grant": "community:read", "days": "30"}
    shown = ben.post("/settings/tokens", data=data)
    secret = re.search(r'<code class="secret">(dt_[^<]+)</code>', shown.text)
    assert secret
    assert "<i>" not in shown.text
    assert "dt_" not in ben.get("/settings/tokens").text.replace("dt_theme", "")
    client = here.browser()
    path = "/community" + STUDIES
    assert client.get(path, headers=bearer(secret[1])).status_code == 200
    number = re.findall(r'name="token" value="(\d+)"', ben.get("/settings/tokens").text)[0]
    ben.post("/settings/tokens/revoke", data={"csrf": token[1], "token": number})
    assert client.get(path, headers=bearer(secret[1])).status_code == 401
    refused = ben.post("/settings/tokens", data={**data, "grant": "archive:read"})
    assert refused.status_code == 422
    assert ben.post("/settings/tokens", data={"name": "x"}).status_code == 400


def test_who_is_not_signed_in_is_sent_to_sign_in(here: Town) -> None:
    for path in ("/settings/tokens", "/settings/links"):
        answer = here.browser().get(path)
        assert answer.status_code == 302
        assert "/login" in answer.headers["Location"]
    for path in ("/api/v1/me/tokens", "/api/v1/me/links"):
        assert here.browser().get(path).status_code == 401
