"""The pages and the API of moderation: who may use them, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from archive.collections import COMMUNITY
from archive.sharing import share_study
from archive.tokens import create_token
from community.accounts.people import MODERATOR, Person, find_person
from community.cases.model import Case
from community.cases.readers import Reader
from community.moderation import report_pages, suspending
from community.moderation.queue import list_matters
from community.moderation.reporting import report_something
from tests.cases import full_case, give, image, keep
from tests.people import Town, town

STUDY = "1.2.78.1"
CLOSED = {401, 403, 404, 410}


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for handle in ("ann", "ben"):
            found.person(handle)
        found.person("mona", MODERATOR)
        keep(found.archive, image(STUDY))
        give(found.archive, STUDY, person(found, "ann"))
        share_study(found.archive, COMMUNITY, STUDY, "public")
        yield found


def person(here: Town, handle: str) -> Person:
    found = find_person(here.archive, here.ids[handle])
    assert found is not None
    return found


@pytest.fixture
def case(here: Town) -> Case:
    return full_case(here.archive, person(here, "ann"), STUDY)


def csrf(browser: FlaskClient, address: str) -> str:
    return browser.get(address).text.split('name="csrf" value="')[1].split('"')[0]


def test_a_stranger_reports_by_an_ordinary_form(here: Town, case: Case) -> None:
    browser = here.browser()
    page = browser.get(f"/cases/{case.slug}").text
    assert f"/report?kind=case&amp;name={case.slug}" in page
    form = browser.get(f"/report?kind=case&name={case.slug}")
    assert form.status_code == 200
    assert "abuse" not in form.text
    said = {"kind": "case", "name": case.slug, "reason": "identifying", "words": "x" * 2_001}
    refused = browser.post("/report", data=said)
    assert refused.status_code == 422
    assert "error-summary" in refused.text
    sent = browser.post("/report", data={**said, "words": "the corner"})
    assert sent.status_code == 303
    assert "hidden from everybody" in browser.get(sent.headers["Location"]).text
    assert browser.get(f"/cases/{case.slug}").status_code == 404


def test_other_reasons_send_a_stranger_to_sign_in(here: Town, case: Case) -> None:
    said = {"kind": "case", "name": case.slug, "reason": "abuse"}
    assert here.browser().post("/report", data=said).status_code in (302, 401)
    assert list_matters(here.archive).items == ()


def test_a_member_needs_the_token_of_their_session(here: Town, case: Case) -> None:
    ben, address = here.browser("ben"), f"/report?kind=case&name={case.slug}"
    said = {"kind": "case", "name": case.slug, "reason": "wrong"}
    assert ben.post("/report", data=said).status_code == 400
    assert ben.post("/report", data={**said, "csrf": csrf(ben, address)}).status_code == 303


def test_reports_from_one_address_are_bounded(here: Town, case: Case) -> None:
    browser = here.browser()
    said = {"kind": "case", "name": case.slug, "reason": ""}
    # However slow this machine is: what is given back in between is less than what is asked.
    codes = [
        browser.post("/report", data=said).status_code
        for _ in range(3 * report_pages.writes_per_minute)
    ]
    assert 429 in codes[report_pages.writes_per_minute :]


def test_programs_report_too(here: Town, case: Case) -> None:
    said = {"kind": "study", "name": f"{COMMUNITY}/{STUDY}", "reason": "identifying"}
    api, browser = "/api/v1/reports", here.browser()
    assert browser.post(api, json={**said, "reason": "mood"}).status_code == 422
    assert browser.post(api, json={**said, "reason": "wrong"}).status_code == 401
    assert browser.post(api, json={**said, "name": "community/1.9"}).status_code == 404
    told = browser.post(api, json=said)
    assert (told.status_code, told.get_json()) == (201, {"hidden": True})
    assert browser.get(f"/community/dicom-web/studies/{STUDY}").status_code in CLOSED


def test_the_queue_is_for_moderators_who_see_the_images_that_nobody_else_sees(
    here: Town, case: Case
) -> None:
    report_something(here.archive, Reader(), None, "case", case.slug, "identifying", "a name")
    [matter] = list_matters(here.archive).items
    for who in (None, "ann", "ben"):
        answer = here.browser(who).get(f"/moderation/{matter.id}")
        assert answer.status_code in (302, 403)
        assert here.browser(who).get(f"/moderation/{matter.id}/0/0.png").status_code in (302, 403)
    mona = here.browser("mona")
    assert matter.id in mona.get("/moderation").text
    page = mona.get(f"/moderation/{matter.id}")
    assert "a name" in page.text
    assert "High signal" in page.text
    picture = mona.get(f"/moderation/{matter.id}/0/0.png")
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    assert "no-store" in picture.headers["Cache-Control"]
    for odd in ("/moderation/none", f"/moderation/{matter.id}?study=9", "/moderation?after=x"):
        assert mona.get(odd).status_code in (400, 404)


def test_a_decision_is_made_told_and_appealed_by_forms(here: Town, case: Case) -> None:
    report_something(here.archive, Reader(), None, "case", case.slug, "identifying", "a name")
    [matter] = list_matters(here.archive).items
    mona, address = here.browser("mona"), f"/moderation/{matter.id}"
    token = csrf(mona, address)
    assert mona.post(f"{address}/claim", data={"csrf": token}).status_code == 303
    assert mona.post(address, data={"csrf": token, "verb": "remove"}).status_code == 422
    said = {"csrf": token, "verb": "remove", "words": "The second image has a name."}
    assert mona.post(address, data=said).status_code == 303
    ann, own = here.browser("ann"), "/settings/decisions"
    assert ann.get(f"/cases/{case.slug}").status_code == 403
    assert "The second image has a name." in ann.get(own).text
    assert "a moderator" not in ann.get(own).text
    answer = {"csrf": csrf(ann, own), "matter": matter.id, "words": "It is a street."}
    assert ann.post(own, data={**answer, "words": ""}).status_code == 422
    assert ann.post(own, data=answer).status_code == 303
    assert mona.post(address, data={**said, "verb": "keep"}).status_code == 422


def test_who_is_suspended_is_out_at_once_with_all_that_they_hold(here: Town, case: Case) -> None:
    _, secret = create_token(
        here.archive, "a script", [(COMMUNITY, "write")], person=here.ids["ann"]
    )
    ann, bearer = here.browser("ann"), {"Authorization": f"Bearer {secret}"}
    assert ann.get("/settings/decisions").status_code == 200
    assert here.browser().get("/api/v1/me", headers=bearer).status_code != 401
    assert here.browser().get("/u/ann").status_code == 200
    suspending.suspend(here.archive, person(here, "mona"), here.ids["ann"])
    assert ann.get("/settings/decisions").status_code == 302
    assert here.browser().get("/api/v1/me", headers=bearer).status_code == 401
    assert here.browser().get("/u/ann").status_code == 404
