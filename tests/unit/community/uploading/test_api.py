"""What a program asks around STOW: which instances are there, and the recorded confirmation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from archive import uploads
from archive.access import person_name
from community.accounts import csrf
from community.accounts.signed_in import COOKIE
from community.statements import UPLOAD, current
from tests.archives import store
from tests.builders import ct_image
from tests.people import Town, town
from tests.unit.community.uploading.test_pages import confirmations
from worker.pipeline import process_study

STUDY, SERIES = "1.2.826.7", "1.2.826.7.1"
SOPS = [f"{SERIES}.{n}" for n in range(4)]


@pytest.fixture(scope="module")
def one_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """For tests that change nothing."""
    with town(tmp_path_factory.mktemp("town")) as made:
        made.person("ann")
        yield made


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Iterator[Town]:
    with town(tmp_path, database_url) as made:
        made.person("ann")
        made.person("ben")
        yield made


def image(sop: str) -> bytes:
    return ct_image(StudyInstanceUID=STUDY, SeriesInstanceUID=SERIES, SOPInstanceUID=sop)


def bring(here: Town, handle: str, *sops: str) -> str:
    store(
        here.archive,
        *map(image, sops),
        collection="community",
        sender=person_name(here.ids[handle]),
    )
    [one] = uploads.visible_uploads(here.archive, here.principal(handle))
    return one.token


def post(client: FlaskClient, path: str, body: dict[str, Any], **headers: str) -> Any:
    cookie = client.get_cookie(COOKIE)
    token = csrf.token_of(cookie.value) if cookie else ""
    return client.post(
        f"/api/v1/uploads/{path}",
        json=body,
        headers={"X-CSRF-Token": token, "Sec-Fetch-Site": "same-origin", **headers},
    )


def have(client: FlaskClient, *sops: str) -> list[str]:
    answer = post(client, "have", {"study": STUDY, "instances": list(sops)})
    assert answer.status_code == 200, answer.text
    found: list[str] = answer.json["have"]
    assert bool(answer.json["upload"]) >= bool(found)
    return found


def test_what_waits_and_what_is_published_is_there_for_its_sender_alone(here: Town) -> None:
    ann, ben = here.browser("ann"), here.browser("ben")
    assert have(ann, *SOPS) == []
    bring(here, "ann", *SOPS[:2])
    assert have(ann, *SOPS) == SOPS[:2]
    assert have(ben, *SOPS) == []
    assert post(ben, "have", {"study": STUDY, "instances": SOPS}).json["upload"] is None
    [one] = uploads.visible_uploads(here.archive, here.principal("ann"))
    process_study(here.archive, uploads.announcement_of(here.archive, one))
    [one] = uploads.visible_uploads(here.archive, here.principal("ann"))
    assert one.state == uploads.PUBLISHED
    assert have(ann, *reversed(SOPS)) == [SOPS[1], SOPS[0]]
    assert have(ben, *SOPS) == []


@pytest.mark.parametrize(
    "body",
    [
        {"study": "x", "instances": SOPS},
        {"study": STUDY, "instances": ["1.2", "<script>"]},
        {"study": STUDY, "instances": []},
        {"study": STUDY},
        {"study": STUDY, "instances": ["1.2.3"] * 2_001},
        {"study": STUDY, "instances": SOPS, "collection": "archive"},
    ],
)
def test_a_question_that_is_none_is_refused(one_town: Town, body: dict[str, Any]) -> None:
    assert post(one_town.browser("ann"), "have", body).status_code == 422


def test_nobody_and_other_sites_ask_nothing(one_town: Town) -> None:
    question = {"study": STUDY, "instances": SOPS}
    assert post(one_town.browser(), "have", question).status_code == 401
    assert post(one_town.browser(), "confirmations", {"statement": "2026-11"}).status_code == 401
    ann = one_town.browser("ann")
    assert post(ann, "have", question, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert post(ann, "have", question, **{"X-CSRF-Token": "x"}).status_code == 403


def test_a_confirmation_is_kept_before_and_then_once_a_study(here: Town) -> None:
    ann, version = here.browser("ann"), current(UPLOAD).version
    assert post(ann, "confirmations", {"statement": version}).status_code == 204
    token = bring(here, "ann", SOPS[0])
    for _ in range(2):
        body = {"statement": version, "uploads": [token]}
        assert post(ann, "confirmations", body).status_code == 204
    before, study = confirmations(here.archive)
    [one] = uploads.visible_uploads(here.archive, here.principal("ann"))
    assert before[1].startswith("upload:")
    assert study[1] == f"study:community/{one.study_instance_uid}"
    assert {before[0], study[0]} == {here.ids["ann"]}


def test_nobody_confirms_other_words_or_for_others(here: Town) -> None:
    token, version = bring(here, "ann", SOPS[0]), current(UPLOAD).version
    old = post(here.browser("ann"), "confirmations", {"statement": "2001-01"})
    assert (old.status_code, "worded anew" in old.json["detail"]) == (422, True)
    foreign = {"statement": version, "uploads": [token]}
    assert post(here.browser("ben"), "confirmations", foreign).status_code == 404
    assert confirmations(here.archive) == []
