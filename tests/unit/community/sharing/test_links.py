"""A link opens what it leads to, to who has it and its password, until it ends or is revoked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from archive.access import LOCAL, PUBLIC
from archive.database import reading, writing
from archive.erase import erase
from archive.errors import ArchiveError, NotAllowed
from archive.sharing import list_audiences, share_study, unshare_study
from community.accounts import people
from community.accounts.people import find_person
from community.cases.editing import CaseText, make_case
from community.models import link, link_pass
from community.sharing import passes
from community.sharing.entrance import address_of, local_path
from community.sharing.guests import COOKIE, max_passes, owns_case
from community.sharing.links import CASE, COLLECTION, STUDY, Link, Wish, make_link, revoke_link
from tests.archives import store
from tests.builders import ct_image
from tests.people import Town, town

MINE, OTHER = "1.1", "1.2"
METADATA = f"/dicom-web/studies/{MINE}/metadata"
CASE_ID = "01890000-0000-7000-8000-00000000ca5e"
PASSWORD = "correct horse"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        for study in (MINE, OTHER):
            store(found.archive, ct_image(StudyInstanceUID=study, PatientName="Somebody^S"))
        for handle in ("ann", "ben"):
            found.person(handle)
        found.person("boss", people.OPERATOR)
        share_study(found.archive, "archive", MINE, found.audience("ann"))
        yield found


def made(
    here: Town, kind: str = STUDY, target: str = f"archive/{MINE}", **more: object
) -> tuple[Link, str]:
    wish = Wish(kind, target, **more)  # type: ignore[arg-type]
    asking = here.principal("ann") if kind == STUDY else LOCAL
    return make_link(here.archive, asking, wish, owns_case)


def come(browser: FlaskClient, one: Link, secret: str) -> TestResponse:
    return browser.get(address_of("", one, secret), follow_redirects=True)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_who_comes_by_a_link_sees_what_it_leads_to_and_the_address_forgets_the_secret(
    here: Town,
) -> None:
    one, secret = made(here)
    browser = here.browser()
    assert browser.get(METADATA).status_code == 401
    first = browser.get(address_of("", one, secret) + "&x=1")
    assert first.status_code == 303
    assert first.headers["Location"] == f"/shared/{one.id}?x=1"
    assert first.headers["Cache-Control"] == "no-store"
    assert secret not in str(first.headers)
    cookie = first.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=dtp_")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    landing = browser.get(first.headers["Location"])
    assert landing.status_code == 200
    assert f"StudyInstanceUIDs={MINE}" in landing.text
    assert browser.get(METADATA).status_code == 200
    assert browser.get(f"/dicom-web/studies/{OTHER}/metadata").status_code == 403
    listed = browser.get("/dicom-web/studies").get_json()
    assert [row["0020000D"]["Value"] for row in listed] == [[MINE]]
    assert here.browser().get(METADATA).status_code == 401
    assert here.browser().get(landing.request.path).status_code == 404


@pytest.mark.parametrize("page", ["/", "/viewer/", "/uploads?state=published", "/nothing"])
def test_any_page_takes_the_secret(here: Town, page: str) -> None:
    _, secret = made(here)
    glue = "&" if "?" in page else "?"
    answer = here.browser().get(f"{page}{glue}k={secret}")
    assert (answer.status_code, answer.headers["Location"]) == (303, page)


def test_programs_send_the_secret_as_their_token(here: Town) -> None:
    _, secret = made(here)
    client = here.browser()
    assert client.get(METADATA, headers=bearer(secret)).status_code == 200
    assert client.get(f"/dicom-web/studies/{OTHER}", headers=bearer(secret)).status_code == 403
    assert client.post("/dicom-web/studies", headers=bearer(secret)).status_code == 403
    assert client.delete(f"/dicom-web/studies/{MINE}", headers=bearer(secret)).status_code == 403
    assert client.get("/api/v1/me/links", headers=bearer(secret)).status_code == 403
    wrong = client.get(METADATA, headers=bearer(secret[:-1] + "A"))
    assert wrong.status_code in (200, 401)
    assert client.get(METADATA, headers=bearer("dtl_nonsense")).status_code == 401


def test_a_revoked_link_is_refused_at_the_next_request(here: Town) -> None:
    one, secret = made(here)
    browser = here.browser()
    come(browser, one, secret)
    assert browser.get(METADATA).status_code == 200
    assert revoke_link(here.archive, one.id, here.ids["ann"])
    assert not revoke_link(here.archive, one.id)
    assert browser.get(METADATA).status_code == 401
    assert browser.get(METADATA, headers=bearer(secret)).status_code == 401
    assert come(browser, one, secret).status_code == 404
    assert one.audience not in list_audiences(here.archive, "archive", MINE)


def test_an_expired_link_is_refused(here: Town) -> None:
    one, secret = made(here, expires=datetime.now(UTC) + timedelta(hours=1))
    browser = here.browser()
    come(browser, one, secret)
    assert browser.get(METADATA).status_code == 200
    with writing(here.archive.engine) as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(link).where(link.c.id == one.id).values(expires_at=past))
    assert browser.get(METADATA).status_code == 401
    assert browser.get(METADATA, headers=bearer(secret)).status_code == 401
    assert come(browser, one, secret).status_code == 404


def test_a_pass_ends_before_long(here: Town) -> None:
    one, secret = made(here)
    browser = here.browser()
    come(browser, one, secret)
    with writing(here.archive.engine) as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        mine = link_pass.c.link == one.id
        connection.execute(update(link_pass).where(mine).values(expires_at=past))
    assert browser.get(METADATA).status_code == 401
    assert come(browser, one, secret).status_code == 200
    assert browser.get(METADATA).status_code == 200
    with reading(here.archive.engine) as connection:
        kept = connection.execute(select(link_pass).where(mine)).all()
    assert len(kept) == 1  # what ended is swept away
    assert timedelta(hours=11) < kept[0].expires_at - datetime.now(UTC) < timedelta(hours=13)


@pytest.mark.parametrize("what", ["suspended", "lost the study"])
def test_a_link_does_no_more_than_its_maker_may(here: Town, what: str) -> None:
    one, secret = made(here)
    browser = here.browser()
    come(browser, one, secret)
    if what == "suspended":
        people.change_state(here.archive, here.ids["ann"], people.SUSPENDED)
    else:
        unshare_study(here.archive, "archive", MINE, here.audience("ann"))
    try:
        assert browser.get(METADATA).status_code == 401
        assert browser.get(METADATA, headers=bearer(secret)).status_code == 401
        assert browser.get(f"/shared/{one.id}").status_code == 404
    finally:
        people.change_state(here.archive, here.ids["ann"], people.ACTIVE)
        share_study(here.archive, "archive", MINE, here.audience("ann"))
    assert browser.get(METADATA).status_code == 200


def test_a_link_to_an_erased_study_opens_nothing_that_is_stored_later(here: Town) -> None:
    gone = "1.9"
    store(here.archive, ct_image(StudyInstanceUID=gone))
    share_study(here.archive, "archive", gone, here.audience("ann"))
    _, secret = made(here, target=f"archive/{gone}")
    erase(here.archive, LOCAL, "archive", gone)
    store(here.archive, ct_image(StudyInstanceUID=gone))
    answer = here.browser().get(f"/dicom-web/studies/{gone}/metadata", headers=bearer(secret))
    assert answer.status_code == 401


def test_a_password_is_asked_for_and_checked(here: Town) -> None:
    one, secret = made(here, password=PASSWORD)
    browser = here.browser()
    asked = browser.get(address_of("", one, secret))
    assert asked.status_code == 200
    assert 'type="password"' in asked.text
    assert "Set-Cookie" not in asked.headers
    form = {"k": secret, "next": f"/shared/{one.id}"}
    wrong = browser.post("/shared/open", data={**form, "password": "wrong horse"})
    assert wrong.status_code == 422
    assert browser.get(METADATA).status_code == 401
    right = browser.post("/shared/open", data={**form, "password": PASSWORD})
    assert (right.status_code, right.headers["Location"]) == (303, f"/shared/{one.id}")
    assert browser.get(METADATA).status_code == 200
    with reading(here.archive.engine) as connection:
        kept = connection.scalar(select(link.c.password_hash).where(link.c.id == one.id))
    assert kept.startswith("scrypt$32768$8$3$")
    assert PASSWORD not in kept


def test_programs_get_a_pass_for_the_password(here: Town) -> None:
    _, secret = made(here, password=PASSWORD)
    client = here.browser()
    refused = client.get(METADATA, headers=bearer(secret))
    assert refused.status_code == 401
    assert "/api/v1/links/passes" in refused.get_json()["message"]
    for wrong in ({}, {"password": "wrong horse"}):
        answer = client.post("/api/v1/links/passes", json={"secret": secret, **wrong})
        assert answer.status_code == 403
        assert answer.content_type == "application/problem+json"
    given = client.post("/api/v1/links/passes", json={"secret": secret, "password": PASSWORD})
    assert given.status_code == 201
    assert client.get(METADATA, headers=bearer(given.get_json()["token"])).status_code == 200


def test_passwords_are_not_tried_for_long(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "is_right", lambda given, _: given == PASSWORD)
    one, secret = made(here, password=PASSWORD)
    client = here.browser()
    ask = {"secret": secret, "password": "no"}
    statuses = [client.post("/api/v1/links/passes", json=ask).status_code for _ in range(11)]
    assert statuses == [403] * 10 + [429]
    right = {"secret": secret, "password": PASSWORD}
    assert client.post("/api/v1/links/passes", json=right).status_code == 429
    with writing(here.archive.engine) as connection:
        long_ago = datetime.now(UTC) - passes.wrong_window - timedelta(seconds=1)
        connection.execute(update(link).where(link.c.id == one.id).values(wrong_since=long_ago))
    assert client.post("/api/v1/links/passes", json=right).status_code == 201


def test_links_are_made_of_what_is_one_s_own(here: Town) -> None:
    owner, stranger = here.principal("ann"), here.principal("ben")
    everything = here.principal("boss", everything=True)
    share_study(here.archive, "archive", OTHER, PUBLIC)
    try:
        for asking, kind, target in (
            (None, STUDY, f"archive/{MINE}"),
            (stranger, STUDY, f"archive/{MINE}"),
            (owner, STUDY, f"archive/{OTHER}"),
            (owner, STUDY, "archive/9.9"),
            (owner, STUDY, "nothing/1.1"),
            (owner, STUDY, ""),
            (owner, COLLECTION, "archive"),
            (everything, COLLECTION, "nothing"),
            (everything, COLLECTION, "community.quarantine"),
            (owner, CASE, CASE_ID),
            (everything, "planet", "earth"),
        ):
            with pytest.raises(NotAllowed):
                make_link(here.archive, asking, Wish(kind, target), owns_case)
    finally:
        unshare_study(here.archive, "archive", OTHER, PUBLIC)
    for wrong in (
        Wish(STUDY, f"archive/{MINE}", "x" * 101),
        Wish(STUDY, f"archive/{MINE}", expires=datetime.now(UTC)),
        Wish(STUDY, f"archive/{MINE}", password="short"),
        Wish(STUDY, f"archive/{MINE}", password="x" * 201),
    ):
        with pytest.raises(ArchiveError):
            make_link(here.archive, owner, wrong, owns_case)


def test_a_link_to_a_collection_opens_all_of_it_to_read(here: Town) -> None:
    _, secret = made(here, COLLECTION, "archive")
    client = here.browser()
    assert len(client.get("/dicom-web/studies", headers=bearer(secret)).get_json()) >= 2
    assert client.get("/community/dicom-web/studies", headers=bearer(secret)).status_code == 200
    assert client.delete(f"/dicom-web/studies/{MINE}", headers=bearer(secret)).status_code == 403


def test_a_link_to_a_case_opens_its_root_and_no_other_case(here: Town) -> None:
    _, secret = made(here, CASE, CASE_ID)
    client = here.browser()
    root = f"/cases/{CASE_ID}/dicom-web"
    assert client.get(root + "/studies").status_code == 401
    found = client.get(root + "/studies", headers=bearer(secret))
    assert (found.status_code, found.get_json()) == (200, [])
    other = CASE_ID.replace("ca5e", "ca5f")
    assert (
        client.get(f"/cases/{other}/dicom-web/studies", headers=bearer(secret)).status_code == 404
    )


def test_a_signed_in_person_keeps_their_own_beside_what_a_link_opens(here: Town) -> None:
    one, secret = made(here)
    browser = here.browser("ben")
    come(browser, one, secret)
    assert browser.get(METADATA).status_code == 200
    assert browser.get("/settings/links").status_code == 200


def test_a_browser_holds_some_links_and_the_oldest_goes_first(here: Town) -> None:
    browser = here.browser()
    links = [made(here) for _ in range(max_passes + 1)]
    for one, secret in links:
        come(browser, one, secret)
    assert browser.get(f"/shared/{links[0][0].id}").status_code == 404
    for one, _ in links[1:]:
        assert browser.get(f"/shared/{one.id}").status_code == 200


def test_uses_are_counted_and_nobody_is_noted(here: Town) -> None:
    one, secret = made(here)
    for _ in range(2):
        come(here.browser(), one, secret)
    for _ in range(3):
        here.browser().get(METADATA, headers=bearer(secret))
    told = here.browser("ann").get("/api/v1/me/links").get_json()
    mine = next(each for each in told if each["id"] == one.id)
    assert mine["uses"]["pages"] == 2
    assert mine["uses"]["programs"] == 1
    assert "secret" not in mine


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("/shared/x?a=1", "/shared/x?a=1"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("evil", "/"),
    ],
)
def test_what_follows_a_password_is_an_address_of_ours(given: str, kept: str) -> None:
    assert local_path(given) == kept


def test_pages_of_other_sites_make_no_links(here: Town) -> None:
    browser = here.browser("ann")
    data = {"kind": STUDY, "target": f"archive/{MINE}"}
    foreign = {"Origin": "https://evil.example"}
    assert browser.post("/settings/links", data=data, headers=foreign).status_code == 403
    assert browser.post("/api/v1/me/links", json=data, headers=foreign).status_code == 403
    assert browser.post("/settings/links", data=data).status_code == 400  # no token of the form


def test_a_person_makes_a_link_on_the_page_and_sees_it_once(here: Town) -> None:
    browser = here.browser("ann")
    page = browser.get("/settings/links").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    data = {"csrf": token[1], "kind": STUDY, "target": f"archive/{MINE}", "name": "a <b>board</b>"}
    shown = browser.post("/settings/links", data=data)
    address = re.search(r'<code class="secret">([^<]+)</code>', shown.text)
    assert address
    assert "<b>board" not in shown.text
    assert "dtl_" not in browser.get("/settings/links").text
    parts = urlsplit(address[1])
    guest = here.browser()
    assert guest.get(f"{parts.path}?{parts.query}", follow_redirects=True).status_code == 200
    assert guest.get(METADATA).status_code == 200
    link_id = parts.path.rpartition("/")[2]
    browser.post("/settings/links/revoke", data={"csrf": token[1], "link": link_id})
    assert guest.get(METADATA).status_code == 401
    other = here.browser("ben")
    assert "board" not in other.get("/settings/links").text


def test_the_api_makes_and_revokes_links(here: Town) -> None:
    browser = here.browser("ann")
    target = {"kind": STUDY, "target": f"archive/{MINE}", "days": 3}
    made_one = browser.post("/api/v1/me/links", json=target)
    assert made_one.status_code == 201
    told = made_one.get_json()
    assert told["address"].endswith(f"/shared/{told['id']}?k={told['secret']}")
    client = here.browser()
    assert client.get(METADATA, headers=bearer(told["secret"])).status_code == 200
    where = made_one.headers["Location"]
    assert here.browser("ben").delete(where).status_code == 404
    assert here.browser().delete(where).status_code == 401
    assert browser.delete(where).status_code == 204
    assert client.get(METADATA, headers=bearer(told["secret"])).status_code == 401
    for wrong in ([], {"kind": 1}, {"target": "archive/9.9"}, {"x": 1}, {**target, "days": 0}):
        answer = browser.post("/api/v1/me/links", json=wrong)
        assert answer.status_code in (403, 422)
        assert answer.get_json()["status"] == answer.status_code


def test_a_link_shows_a_draft_on_a_server_of_open_access_too(tmp_path: Path) -> None:
    with town(tmp_path, access="open") as there:
        owner = find_person(there.archive, there.person("ann"))
        assert owner is not None
        case = make_case(there.archive, owner, CaseText(title="A draft"))
        one, secret = make_link(there.archive, LOCAL, Wish(CASE, case.id), owns_case)
        stranger = there.browser()
        assert stranger.get(f"/cases/{case.slug}").status_code == 404
        come(stranger, one, secret)
        assert "A draft" in stranger.get(f"/cases/{case.slug}").text
        assert stranger.get("/dicom-web/studies").status_code == 200
        assert revoke_link(there.archive, one.id)
        assert stranger.get(f"/cases/{case.slug}").status_code == 404
