"""Facebook and Apple tell of people over real HTTP, and what has to happen does.

The stand-ins sign as the real ones do; whatever they did not sign changes nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from archive.database import reading
from community.accounts import identities
from community.accounts.people import CLOSING, Person, find_by_handle
from community.accounts.providers import Told
from community.discussion.mail_choices import addresses_of
from community.models import session
from community.requests import kinds
from community.requests.reading import find_open
from community.rights.erasing import erase_person
from ops.providers.people import played
from ops.providers.telling import notice, send_deletion, send_notice, signed_request
from ops.providers.tokens import Signer
from tests.sign_in import Site, Visitor, signing_site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with signing_site(
        tmp_path_factory.mktemp("site"), DICOMTUBE_APPLE_APP_ID="org.example.app"
    ) as found:
        yield found


def comes(site: Site, provider: str, somebody: str) -> Visitor:
    """Somebody who has an account by this provider, and is signed in."""
    visitor = Visitor(site)
    visitor.sign_up(provider, somebody)
    assert visitor.who() == somebody
    return visitor


def person(site: Site, handle: str) -> Person:
    found = find_by_handle(site.archive, handle)
    assert found is not None
    return found


def also_by(site: Site, handle: str, provider: str) -> None:
    """Let somebody sign in by another provider, too."""
    identities.link(site.archive, person(site, handle).id, Told(provider, f"also-{handle}"))


def ways_in(site: Site, handle: str) -> list[str]:
    return [one.provider for one in identities.of_person(site.archive, person(site, handle).id)]


def sessions_of(site: Site, handle: str) -> int:
    query = select(func.count()).where(session.c.person == person(site, handle).id)
    with reading(site.archive.engine) as connection:
        return connection.scalar(query) or 0


def open_erasure(site: Site, handle: str) -> Any:
    with reading(site.archive.engine) as connection:
        return find_open(connection, person(site, handle).id, kinds.ERASE)


# ---- Facebook


def test_who_has_no_other_way_in_is_closed_at_once_and_erased_after_a_week(site: Site) -> None:
    visitor = comes(site, "facebook", "fay")
    answer = send_deletion(site.url, signed_request(played("fay")))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    said = answer.json()
    assert said["url"] == f"{site.url}/deletion-status/{said['confirmation_code']}"
    assert said["confirmation_code"].isalnum()
    assert person(site, "fay").state == CLOSING
    assert visitor.who() is None
    page = Visitor(site).get(f"/deletion-status/{said['confirmation_code']}")
    assert page.status_code == 200
    assert "fay" not in page.text
    assert open_erasure(site, "fay") is not None
    erase_person(site.archive, person(site, "fay").id)
    page = Visitor(site).get(f"/deletion-status/{said['confirmation_code']}")
    assert (page.status_code, "Done" in page.text) == (200, True)


def test_who_has_another_way_in_stays_without_what_facebook_told(site: Site) -> None:
    visitor = comes(site, "facebook", "flo")
    also_by(site, "flo", "google")
    answer = send_deletion(site.url, signed_request(played("flo")))
    assert answer.status_code == 200
    assert ways_in(site, "flo") == ["google"]
    assert visitor.who() is None
    assert person(site, "flo").state == "active"
    page = Visitor(site).get(f"/deletion-status/{answer.json()['confirmation_code']}")
    assert "Done" in page.text


def test_the_same_request_again_is_the_same_erasure(site: Site) -> None:
    comes(site, "facebook", "fred")
    signed = signed_request(played("fred"))
    first, again = send_deletion(site.url, signed), send_deletion(site.url, signed)
    assert first.json() == again.json()
    later = send_deletion(site.url, signed_request(played("fred"), issued_at=int(time.time()) - 5))
    assert later.status_code == 200
    assert later.json() != first.json()
    assert open_erasure(site, "fred") is not None


def test_of_somebody_unknown_it_is_said_that_nothing_is_held(site: Site) -> None:
    answer = send_deletion(site.url, signed_request(played("stranger")))
    page = Visitor(site).get(f"/deletion-status/{answer.json()['confirmation_code']}")
    assert "Nothing is held" in page.text


@pytest.mark.parametrize(
    "signed",
    [
        lambda one: "",
        lambda one: "x",
        lambda one: "x.y",
        lambda one: "é.é",
        lambda one: "." + signed_request(one).partition(".")[2],
        lambda one: signed_request(one, "another secret"),
        lambda one: signed_request(one, algorithm="none"),
        lambda one: signed_request(one, algorithm="HMAC-SHA1"),
        lambda one: signed_request(one, issued_at=int(time.time()) - 30 * 86400),
        lambda one: signed_request(one, issued_at=int(time.time()) + 86400),
        lambda one: signed_request(one, issued_at=None),
        lambda one: signed_request(one, user_id="1 OR 1"),
        lambda one: signed_request(one, user_id=["1"]),
        lambda one: signed_request(one) + "A",
        lambda one: signed_request(one, more="x" * 9000),
    ],
)  # fmt: skip
def test_what_facebook_did_not_sign_for_us_just_now_changes_nothing(
    site: Site, signed: Any
) -> None:
    if find_by_handle(site.archive, "fit") is None:
        comes(site, "facebook", "fit")
    answer = send_deletion(site.url, signed(played("fit")))
    assert answer.status_code == 400
    assert "error" in answer.json()
    assert (person(site, "fit").state, ways_in(site, "fit")) == ("active", ["facebook"])


def test_a_page_of_another_site_cannot_have_a_browser_send_it(site: Site) -> None:
    comes(site, "facebook", "fox")
    answer = Visitor(site).post(
        "/auth/facebook/data-deletion",
        {"signed_request": signed_request(played("fox"))},
        headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403
    assert person(site, "fox").state == "active"


def test_a_code_of_an_erasure_opens_no_request_and_nobody_guesses_one(site: Site) -> None:
    answer = send_deletion(site.url, signed_request(played("stranger")))
    code = answer.json()["confirmation_code"]
    assert Visitor(site).get(f"/contact/request?k={code}").status_code == 404
    assert Visitor(site).get("/deletion-status/none").status_code == 404


# ---- Apple


def tell(site: Site, somebody: str, event: str, **changed: Any) -> int:
    return send_notice(site.url, notice(site.fakes, played(somebody), event, **changed)).status_code


def test_who_takes_consent_back_at_apple_is_signed_out(site: Site) -> None:
    visitor = comes(site, "apple", "abe")
    assert tell(site, "abe", "consent-revoked") == 200
    assert visitor.who() is None
    assert sessions_of(site, "abe") == 0
    assert ways_in(site, "abe") == ["apple"]


@pytest.mark.parametrize("event", ["account-delete", "account-deleted"])
def test_an_apple_account_that_is_gone_is_no_way_in_any_more(site: Site, event: str) -> None:
    handle = f"al-{event[-1]}"
    comes(site, "apple", handle)
    also_by(site, handle, "google")
    assert tell(site, handle, event) == 200
    assert ways_in(site, handle) == ["google"]
    assert open_erasure(site, handle) is None
    assert tell(site, handle, event) == 200


def test_of_who_has_no_other_way_in_an_operator_decides_within_a_month(site: Site) -> None:
    comes(site, "apple", "amy")
    assert tell(site, "amy", "account-deleted") == 200
    found = open_erasure(site, "amy")
    assert (found.source, found.lacks_identity) == (kinds.PROVIDER, False)
    assert tell(site, "amy", "account-deleted") == 200
    assert open_erasure(site, "amy") == found


def test_a_relay_that_forwards_nothing_gets_no_mail_until_it_does_again(site: Site) -> None:
    comes(site, "apple", "ben")
    ben = person(site, "ben").id
    assert [one.provider for one in addresses_of(site.archive, ben)] == ["apple"]
    assert tell(site, "ben", "email-disabled") == 200
    assert tell(site, "ben", "email-disabled") == 200
    assert addresses_of(site.archive, ben) == []
    earlier = f'{{"type":"email-enabled","sub":"{played("ben").subject("apple")}","event_time":1}}'
    assert tell(site, "ben", "email-enabled", events=earlier) == 200
    assert addresses_of(site.archive, ben) == []
    assert tell(site, "ben", "email-enabled") == 200
    assert len(addresses_of(site.archive, ben)) == 1


def test_a_notification_for_the_app_is_for_us_and_one_of_a_new_kind_is_taken(site: Site) -> None:
    visitor = comes(site, "apple", "ada-app")
    assert tell(site, "ada-app", "something-new", aud="org.example.app") == 200
    assert visitor.who() == "ada-app"
    assert tell(site, "ada-app", "consent-revoked", aud=["org.example.app"]) == 200
    assert visitor.who() is None


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "somebody-else"},
        {"iss": "https://appleid.apple.com"},
        {"exp": 1},
        {"events": "no JSON"},
        {"events": "[]"},
        {"events": "[" * 4000},
        {"events": '{"type":"consent-revoked"}'},
        {"events": '{"type":["consent-revoked"],"sub":"x"}'},
        {"events": None},
        {"events": "x" * 5000},
    ],
)
def test_what_apple_did_not_say_to_us_changes_nothing(site: Site, changed: dict[str, Any]) -> None:
    if find_by_handle(site.archive, "art") is None:
        comes(site, "apple", "art")
    before = sessions_of(site, "art")
    assert tell(site, "art", "consent-revoked", **changed) == 400
    assert sessions_of(site, "art") == before > 0


def test_another_key_no_signature_or_no_token_at_all_changes_nothing(site: Site) -> None:
    comes(site, "apple", "ash")
    theirs = site.fakes.signers["apple"]
    site.fakes.signers["apple"] = Signer()
    forged = notice(site.fakes, played("ash"), "consent-revoked")
    site.fakes.signers["apple"] = theirs
    head, body, _ = notice(site.fakes, played("ash"), "consent-revoked").split(".")
    none = "eyJhbGciOiJub25lIn0"
    for payload in (forged, f"{head}.{body}.", f"{none}.{body}.", "", "a.b.c", "x" * 20_000):
        assert send_notice(site.url, payload).status_code == 400, payload[:40]
    for body in (b"", b"[]", b"{}", b'{"payload": 1}', b"\xff", b"x" * 40_000):
        answer = Visitor(site).post("/auth/apple/notifications", data=body)
        assert answer.status_code in (400, 413)
    assert sessions_of(site, "ash") == 1
