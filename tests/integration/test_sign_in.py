"""Signing in over real HTTP, with stand-ins that have the four providers' quirks.

On both databases. A test plays somebody of its own, so that all share one server.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import select

from archive.database import reading, writing
from community.accounts import identities, people, provider_keys
from community.accounts.people import ACTIVE, SUSPENDED, find_by_handle
from community.accounts.settings import APPLE, FACEBOOK, GOOGLE, MICROSOFT, PROVIDER_NAMES
from community.models import identity, metadata, person, policy_acceptance
from ops.providers.people import played
from ops.providers.tokens import Signer
from tests.services import PostgresServer
from tests.sign_in import Site, Visitor, signing_site

SIGNING = (GOOGLE, MICROSOFT, APPLE)
SESSION, BROWSER, WELCOME = "__Host-dt_session", "__Host-dt_sign_in", "__Host-dt_welcome"
_numbers = count(1)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    url = None
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database()
    home = tmp_path_factory.mktemp("home")
    with signing_site(home, url, DICOMTUBE_SIGN_INS_PER_MINUTE="100000") as made:
        yield made


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return Visitor(site)


@pytest.fixture
def somebody() -> str:
    return f"some-{next(_numbers)}-body"


@pytest.fixture
def tokens_say(site: Site) -> Iterator[Callable[..., None]]:
    """Lets the next tokens say something else."""

    def change(change: Callable[[dict[str, Any]], dict[str, Any] | str]) -> None:
        site.fakes.change_claims = change

    yield change
    site.fakes.change_claims = None


def refused(answer: requests.Response, status: int = 400) -> bool:
    assert SESSION not in answer.headers.get("Set-Cookie", "")
    assert WELCOME not in answer.headers.get("Set-Cookie", "")
    return answer.status_code == status


def row_of(site: Site, provider: str, key: str) -> Any:
    query = select(identity).where(identity.c.subject.like(f"%{played(key).subject(provider)}"))
    with reading(site.archive.engine) as connection:
        return connection.execute(query).one_or_none()


# ---- the way through


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_the_first_time_makes_an_account_and_later_times_find_it(
    site: Site, somebody: str, provider: str
) -> None:
    first = Visitor(site)
    answer = first.sign_up(provider, somebody)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert first.who() == somebody
    again = Visitor(site)
    assert again.come_back(provider, somebody).headers["Location"].removesuffix("#main") == "/"
    assert again.who() == somebody
    assert first.cookies[SESSION] != again.cookies[SESSION]


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_who_turns_back_at_the_provider_is_told_that_nothing_happened(
    visitor: Visitor, provider: str
) -> None:
    answer = visitor.come_back(provider, None, "?next=/uploads")
    assert answer.status_code == 303
    page = visitor.get(answer.headers["Location"])
    assert "You turned back" in page.text
    assert f'href="/auth/{provider}/login?next=/uploads"' in page.text
    assert visitor.who() is None


def test_the_session_cookie_is_for_this_host_over_secure_connections_and_no_script(
    visitor: Visitor, somebody: str
) -> None:
    answer = visitor.sign_up(GOOGLE, somebody)
    lines = answer.raw.headers.getlist("Set-Cookie")
    line = next(one for one in lines if one.startswith(SESSION))
    flags = {part.strip().partition("=")[0].lower() for part in line.split(";")[1:]}
    assert {"secure", "httponly", "samesite", "path"} <= flags
    assert "domain" not in flags
    assert "SameSite=Lax" in line
    assert "Path=/" in line


def test_a_page_that_needs_somebody_leads_to_signing_in_and_back(
    visitor: Visitor, somebody: str
) -> None:
    asked = visitor.get("/settings/profile?note=x")
    assert asked.headers["Location"] == "/login?next=%2Fsettings%2Fprofile%3Fnote%3Dx"
    page = visitor.get(asked.headers["Location"]).text
    found = re.search(r'href="/auth/google/login(\?next=[^"]+)"', page)
    assert found
    visitor.come_back(GOOGLE, somebody, found[1])
    answer = visitor.submit("/welcome", "/welcome", handle=somebody, agree="yes")
    assert answer.headers["Location"] == "/settings/profile?note=x"
    assert visitor.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example",
     "javascript:alert(1)", "\\\\evil.example", "/%0d%0aX: y\r\nSet-Cookie: a=b", "x" * 600],
)  # fmt: skip
def test_nobody_is_sent_to_another_site_after_signing_in(
    site: Site, somebody: str, elsewhere: str
) -> None:
    Visitor(site).sign_up(GOOGLE, somebody)
    visitor = Visitor(site)
    answer = visitor.come_back(GOOGLE, somebody, f"?next={quote(elsewhere)}")
    assert answer.headers["Location"] == "/"
    assert visitor.get(f"/login?next={quote(elsewhere)}").headers["Location"] == "/"


# ---- what the provider told


def test_what_a_provider_told_is_for_its_person_alone(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.sign_up(GOOGLE, somebody, handle=f"quiet-{somebody}")
    told = played(somebody)
    assert told.email in visitor.get("/settings/accounts").text
    for reader in (Visitor(site), visitor):
        for page in (f"/u/quiet-{somebody}", "/"):
            shown = reader.get(page).text
            assert told.email not in shown
            assert told.name not in shown


def test_no_token_code_or_secret_of_a_way_stays_anywhere(site: Site, somebody: str) -> None:
    visitor = Visitor(site)
    visitor.sign_up(FACEBOOK, somebody)
    kept = [*site.fakes.grants._access, *visitor.cookies.values()]
    with reading(site.archive.engine) as connection:
        rows = "".join(
            repr(tuple(row))
            for table in metadata.sorted_tables
            for row in connection.execute(table.select())
        )
    assert len(kept) > 1
    assert not [secret for secret in kept if secret in rows]


def test_somebody_without_an_e_mail_address_gets_in(site: Site, visitor: Visitor) -> None:
    handle = f"cleo-{next(_numbers)}"
    visitor.sign_up(FACEBOOK, "cleo", handle)
    assert visitor.who() == handle
    row = row_of(site, FACEBOOK, "cleo")
    assert (row.email, row.email_verified) == (None, False)
    _forget(site, handle)


def test_apple_tells_a_name_once_and_it_is_kept(site: Site, visitor: Visitor) -> None:
    handle = f"ben-{next(_numbers)}"
    site.fakes.grants.forget_consent(APPLE, played("ben"))
    visitor.sign_up(APPLE, "ben", handle)
    row = row_of(site, APPLE, "ben")
    assert row.given_name == "Ben Okafor"
    assert row.email.endswith("@privaterelay.appleid.com")
    assert (row.email_verified, row.is_relay) == (True, True)
    Visitor(site).come_back(APPLE, "ben")
    assert row_of(site, APPLE, "ben").given_name == "Ben Okafor"
    _forget(site, handle)


def test_apples_name_survives_a_first_try_that_failed(
    site: Site, visitor: Visitor, somebody: str, tokens_say: Callable[..., None]
) -> None:
    tokens_say(lambda claims: {**claims, "nonce": "of another"})
    assert refused(visitor.come_back(APPLE, somebody))
    tokens_say(lambda claims: claims)
    visitor.come_back(APPLE, somebody)
    assert played(somebody).name in visitor.get("/welcome").text


def test_who_began_and_went_away_is_told_the_same_name_the_next_day(
    site: Site, somebody: str
) -> None:
    Visitor(site).come_back(APPLE, somebody)
    visitor = Visitor(site)
    visitor.come_back(APPLE, somebody)
    assert played(somebody).name in visitor.get("/welcome").text


def test_an_address_never_joins_two_accounts_verified_or_not(site: Site) -> None:
    ada, other, facebook = Visitor(site), Visitor(site), Visitor(site)
    tag = next(_numbers)
    ada.sign_up(GOOGLE, "ada", f"ada-{tag}")
    other.sign_up(MICROSOFT, "not-ada", f"other-{tag}")
    facebook.sign_up(APPLE, "ada", f"apple-{tag}")
    assert row_of(site, GOOGLE, "ada").email == row_of(site, MICROSOFT, "not-ada").email
    assert not row_of(site, MICROSOFT, "not-ada").email_verified
    assert (ada.who(), other.who(), facebook.who()) == (
        f"ada-{tag}",
        f"other-{tag}",
        f"apple-{tag}",
    )
    for handle in (f"ada-{tag}", f"other-{tag}", f"apple-{tag}"):
        _forget(site, handle)


def _forget(site: Site, handle: str) -> None:
    with writing(site.archive.engine) as connection:
        connection.execute(person.delete().where(person.c.handle == handle))


# ---- being made welcome


def test_nothing_is_made_before_somebody_agrees(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.come_back(GOOGLE, somebody)
    page = visitor.get("/welcome").text
    assert played(somebody).email in page
    answer = visitor.submit("/welcome", "/welcome", handle=somebody)
    assert answer.status_code == 422
    assert "needs your agreement" in answer.text
    assert visitor.who() is None
    assert find_by_handle(site.archive, somebody) is None
    visitor.submit("/welcome", "/welcome", handle=somebody, agree="yes")
    made = find_by_handle(site.archive, somebody)
    assert made is not None
    with reading(site.archive.engine) as connection:
        agreed = connection.execute(
            select(policy_acceptance.c.kind).where(policy_acceptance.c.person == made.id)
        )
        assert set(agreed.scalars()) == {"privacy", "rules", "terms"}


def test_who_turns_back_at_the_welcome_is_forgotten(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.come_back(GOOGLE, somebody)
    secret = visitor.cookies[WELCOME]
    visitor.submit("/welcome", "/welcome", action="cancel")
    assert WELCOME not in visitor.cookies
    assert identities.find_newcomer(site.archive, secret) is None


@pytest.mark.parametrize("handle", ["ab", "admin", "Adm1n", "a b", "-x-", "ä-umlaut", "x" * 31, ""])
def test_a_handle_that_cannot_be_is_refused_on_the_page(
    visitor: Visitor, somebody: str, handle: str
) -> None:
    visitor.come_back(GOOGLE, somebody)
    answer = visitor.submit("/welcome", "/welcome", handle=handle, agree="yes")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_handles_that_look_alike_are_not_both_given(site: Site, somebody: str) -> None:
    Visitor(site).sign_up(GOOGLE, somebody, f"Lion-{somebody}")
    visitor = Visitor(site)
    visitor.come_back(FACEBOOK, somebody)
    answer = visitor.submit("/welcome", "/welcome", handle=f"1i0n_{somebody}", agree="yes")
    assert answer.status_code == 422
    assert "taken" in answer.text


# ---- what is refused


def test_an_answer_that_nobody_asked_for_is_refused(visitor: Visitor, somebody: str) -> None:
    back = visitor.consent(visitor.begin(GOOGLE), somebody)
    code = parse_qs(urlsplit(back).query)["code"][0]
    assert refused(visitor.get(f"/auth/google/callback?code={code}&state=forged"))
    assert refused(visitor.get(f"/auth/google/callback?code={code}"))
    assert refused(visitor.get("/auth/google/callback"))
    assert visitor.get(back).status_code == 303  # the right one still works


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_an_answer_works_once(visitor: Visitor, somebody: str, provider: str) -> None:
    back = visitor.consent(visitor.begin(provider), somebody)
    cookies = dict(visitor.cookies)
    assert visitor.get(back).status_code == 303
    visitor.cookies = cookies
    assert refused(visitor.get(back))


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_an_answer_for_another_browser_is_refused(
    site: Site, visitor: Visitor, somebody: str, provider: str
) -> None:
    attackers = Visitor(site)
    back = attackers.consent(attackers.begin(provider), somebody)
    visitor.begin(provider)
    assert refused(visitor.get(back))
    assert visitor.who() is None
    if provider != APPLE:  # whose answer is given out once, to whoever asks
        assert attackers.get(back).status_code == 303


@pytest.mark.parametrize("provider", [GOOGLE, MICROSOFT, FACEBOOK])
def test_another_browsers_code_under_my_own_state_is_refused(
    site: Site, visitor: Visitor, somebody: str, provider: str
) -> None:
    attackers = Visitor(site)
    stolen = parse_qs(urlsplit(attackers.consent(attackers.begin(provider), somebody)).query)
    mine = parse_qs(urlsplit(visitor.begin(provider)).query)
    query = f"code={stolen['code'][0]}&state={mine['state'][0]}"
    assert refused(visitor.get(f"/auth/{provider}/callback?{query}"))


def test_one_providers_answer_is_not_anothers(visitor: Visitor, somebody: str) -> None:
    back = visitor.consent(visitor.begin(GOOGLE), somebody)
    assert refused(visitor.get(back.replace("/auth/google/", "/auth/facebook/")))


WRONG: dict[str, Callable[[dict[str, Any]], dict[str, Any] | str]] = {
    "audience": lambda claims: {**claims, "aud": "somebody-else"},
    "another audience beside us": lambda claims: {**claims, "aud": [claims["aud"], "other"]},
    "authorized party": lambda claims: {**claims, "azp": "somebody-else"},
    "issuer": lambda claims: {**claims, "iss": "https://evil.example"},
    "no issuer": lambda claims: {k: v for k, v in claims.items() if k != "iss"},
    "nonce": lambda claims: {**claims, "nonce": "of another"},
    "no nonce": lambda claims: {k: v for k, v in claims.items() if k != "nonce"},
    "no subject": lambda claims: {k: v for k, v in claims.items() if k != "sub"},
    "empty subject": lambda claims: {**claims, "sub": ""},
    "subject that is a number": lambda claims: {**claims, "sub": 7},
    "expired": lambda claims: {**claims, "exp": 1_600_000_000},
    "from the future": lambda claims: {**claims, "iat": 4_000_000_000},
    "no token": lambda claims: "",
    "garbage": lambda claims: "a.b.c",
    "far too long": lambda claims: "a" * 20_000,
}


@pytest.mark.parametrize("provider", SIGNING)
@pytest.mark.parametrize("wrong", WRONG)
def test_a_token_that_says_something_wrong_is_refused(
    visitor: Visitor,
    somebody: str,
    tokens_say: Callable[..., None],
    provider: str,
    wrong: str,
) -> None:
    tokens_say(WRONG[wrong])
    assert refused(visitor.come_back(provider, somebody))
    assert visitor.who() is None


@pytest.mark.parametrize(
    "tenant",
    ["5f2d7c1e-0b1a-4c3d-9e8f-a1b2c3d4e5f6", "common", "../evil", None, 7],
)
def test_a_microsoft_token_must_be_of_the_tenant_that_it_names(
    visitor: Visitor, somebody: str, tokens_say: Callable[..., None], tenant: object
) -> None:
    tokens_say(lambda claims: {**claims, "tid": tenant})
    assert refused(visitor.come_back(MICROSOFT, somebody))


def _unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    parts = [
        urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (header, {"iat": 1, "exp": 4_000_000_000, **claims})
    ]
    return ".".join([*parts, ""])


@pytest.mark.parametrize("provider", SIGNING)
def test_a_token_that_is_not_signed_by_the_provider_is_refused(
    site: Site, visitor: Visitor, somebody: str, tokens_say: Callable[..., None], provider: str
) -> None:
    public = site.fakes.signers[provider].key_set()["keys"][1]
    stranger = Signer()

    def signed_by_a_stranger(claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "kid": public["kid"]}
        now = {"iat": 1_700_000_000, "exp": 4_000_000_000}
        return jwt.encode(header, {**now, **claims}, stranger._key)

    def keyed_with_the_public_key(claims: dict[str, Any]) -> str:
        key = OctKey.import_key(public["n"])
        now = {"iat": 1_700_000_000, "exp": 4_000_000_000}
        return jwt.encode({"alg": "HS256", "kid": public["kid"]}, {**now, **claims}, key)

    ways: list[Callable[[dict[str, Any]], str]] = [
        signed_by_a_stranger,
        keyed_with_the_public_key,
        lambda claims: _unsigned(claims, {"alg": "none"}),
        lambda claims: _unsigned(claims, {"alg": "none", "kid": public["kid"]}),
        lambda claims: _unsigned(claims, {"alg": "RS256", "kid": public["kid"]}),
        lambda claims: Signer().sign(claims),  # a key that the provider does not have
        lambda claims: site.fakes.signers[provider].sign(claims)[:-8] + "AAAAAAAA",
    ]
    for way in ways:
        tokens_say(way)
        assert refused(visitor.come_back(provider, somebody))
    tokens_say(lambda claims: claims)
    assert visitor.come_back(provider, somebody).status_code == 303


@pytest.mark.parametrize("provider", SIGNING)
def test_when_a_provider_changes_its_keys_new_ones_are_fetched_and_old_ones_refused(
    site: Site,
    somebody: str,
    tokens_say: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    provider: str,
) -> None:
    monkeypatch.setattr(provider_keys, "least_pause_s", 0.0)
    visitor = Visitor(site)
    visitor.sign_up(provider, somebody)
    signer = site.fakes.signers[provider]
    old = Signer()
    old._key = signer._key
    signer.rotate()
    assert visitor.come_back(provider, somebody).status_code == 303
    tokens_say(old.sign)
    assert refused(visitor.come_back(provider, somebody))


@pytest.mark.parametrize("provider", PROVIDER_NAMES)
def test_a_provider_that_is_down_is_said_to_be(
    site: Site, visitor: Visitor, somebody: str, provider: str
) -> None:
    back = visitor.consent(visitor.begin(provider), somebody)
    site.fakes.is_down = True
    try:
        assert refused(visitor.get(back), 502)
    finally:
        site.fakes.is_down = False


# ---- Apple's form


def test_apples_form_is_taken_without_cookies_and_ends_where_they_are(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    back = visitor.consent(visitor.begin(APPLE), somebody)
    assert "code" not in parse_qs(urlsplit(back).query)
    assert visitor.get(back).headers["Location"].endswith("/welcome")


def test_a_browser_that_keeps_its_cookies_back_is_asked_to_go_on_by_hand(
    visitor: Visitor, somebody: str
) -> None:
    back = visitor.consent(visitor.begin(APPLE), somebody)
    withheld = visitor.get(back, **{"no-cookies": "1"})
    assert withheld.status_code == 200
    found = re.search(r'href="([^"]+again=1[^"]*)"', withheld.text)
    assert found
    assert visitor.get(found[1].replace("&amp;", "&")).status_code == 303


def test_a_form_that_is_too_long_or_of_nobody_leads_nowhere(site: Site, visitor: Visitor) -> None:
    url = f"{site.url}/auth/apple/callback"
    long = requests.post(url, data={"state": "x", "user": "x" * 100_000}, timeout=30)
    assert long.status_code in (400, 413)
    stranger = requests.post(
        url, data={"state": "x", "code": "y"}, allow_redirects=False, timeout=30
    )
    assert stranger.status_code == 303
    visitor.begin(APPLE)
    assert refused(visitor.get(stranger.headers["Location"]))
    assert requests.post(f"{site.url}/auth/google/callback", timeout=30).status_code == 405


# ---- sessions


def test_a_session_that_was_put_into_the_browser_beforehand_is_not_taken_over(
    visitor: Visitor, somebody: str
) -> None:
    visitor.cookies[SESSION] = "planted-by-an-attacker"
    visitor.sign_up(GOOGLE, somebody)
    assert visitor.cookies[SESSION] != "planted-by-an-attacker"


def test_signing_in_again_makes_a_new_session_and_ends_the_old_one(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.sign_up(GOOGLE, somebody)
    before = Visitor(site, dict(visitor.cookies))
    visitor.come_back(GOOGLE, somebody)
    assert before.who() is None
    assert visitor.who() == somebody


def test_signing_out_ends_the_session_and_not_only_the_cookie(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.sign_up(GOOGLE, somebody)
    copied = Visitor(site, dict(visitor.cookies))
    assert visitor.submit("/", "/logout").status_code == 303
    assert SESSION not in visitor.cookies
    assert copied.who() is None


def test_a_session_elsewhere_can_be_ended(site: Site, somebody: str) -> None:
    here, there, far = Visitor(site), Visitor(site), Visitor(site)
    here.sign_up(GOOGLE, somebody)
    for other in (there, far):
        other.come_back(GOOGLE, somebody)
    page = here.get("/settings/sessions").text
    names = re.findall(r'name="session" value="([0-9a-f-]{36})"', page)
    assert len(names) == 2
    here.submit("/settings/sessions", "/settings/sessions/end", session=names[0])
    assert [there.who(), far.who()].count(None) == 1
    here.submit("/settings/sessions", "/settings/sessions/end", session="others")
    assert (here.who(), there.who(), far.who()) == (somebody, None, None)


def test_nobody_ends_the_session_of_another(site: Site, somebody: str) -> None:
    victim, other = Visitor(site), Visitor(site)
    victim.sign_up(GOOGLE, somebody)
    other.sign_up(GOOGLE, f"{somebody}-too")
    second = Visitor(site)
    second.come_back(GOOGLE, somebody)
    names = re.findall(r'value="([0-9a-f-]{36})"', victim.get("/settings/sessions").text)
    other.submit("/settings/sessions", "/settings/sessions/end", session=names[0])
    assert second.who() == somebody


def test_who_is_suspended_is_out_at_once_and_does_not_come_back(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.sign_up(GOOGLE, somebody)
    found = find_by_handle(site.archive, somebody)
    assert found is not None
    people.change_state(site.archive, found.id, SUSPENDED)
    assert visitor.who() is None
    assert refused(Visitor(site).come_back(GOOGLE, somebody))
    assert Visitor(site).get(f"/u/{somebody}").status_code == 404
    people.change_state(site.archive, found.id, ACTIVE)
    assert visitor.who() == somebody


# ---- several ways in


def link(visitor: Visitor, provider: str, somebody: str) -> requests.Response:
    page = visitor.get("/settings/accounts").text
    found = re.search(rf'href="/auth/{provider}/login(\?link=[^"]+)"', page)
    assert found
    return visitor.come_back(provider, somebody, found[1])


def test_a_second_provider_leads_to_the_same_account_until_it_is_removed(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.sign_up(GOOGLE, somebody)
    for provider in (FACEBOOK, MICROSOFT, APPLE):
        answer = link(visitor, provider, somebody)
        to = answer.headers["Location"].removesuffix("#main")
        assert to == f"/settings/accounts?linked={provider}"
        other = Visitor(site)
        other.come_back(provider, somebody)
        assert other.who() == somebody
    page = visitor.get("/settings/accounts").text
    ways = re.findall(r'name="identity" value="([0-9a-f-]{36})"', page)
    assert len(ways) == 4
    for way in ways[:3]:
        visitor.submit("/settings/accounts", "/settings/accounts/unlink", identity=way)
    last = visitor.get("/settings/accounts").text
    assert "your only way in" in last
    token = re.search(r'name="csrf" value="([^"]+)"', last)
    assert token
    form = {"csrf": token[1], "identity": ways[3]}
    answer = visitor.post("/settings/accounts/unlink", form)
    assert answer.status_code == 400
    assert "only way in" in answer.text
    assert Visitor(site).come_back(GOOGLE, somebody).headers["Location"].endswith("/welcome")


def test_what_another_signs_in_with_cannot_be_linked(site: Site, somebody: str) -> None:
    first, second = Visitor(site), Visitor(site)
    first.sign_up(GOOGLE, somebody)
    second.sign_up(FACEBOOK, somebody, f"{somebody}-f")
    assert refused(link(first, FACEBOOK, somebody))
    fresh = Visitor(site)
    fresh.come_back(FACEBOOK, somebody)
    assert fresh.who() == f"{somebody}-f"


def test_a_link_begins_only_from_the_persons_own_page(site: Site, somebody: str) -> None:
    victim, attacker = Visitor(site), Visitor(site)
    victim.sign_up(GOOGLE, somebody)
    attacker.sign_up(GOOGLE, f"{somebody}-evil")
    page = attacker.get("/settings/accounts").text
    theirs = re.search(r'href="(/auth/facebook/login\?link=[^"]+)"', page)
    assert theirs
    for path in (theirs[1], "/auth/facebook/login?link=x", "/auth/facebook/login?link="):
        assert refused(victim.get(path))
    right = re.search(r"(\?link=[^\"]+)", victim.get("/settings/accounts").text)
    assert right
    assert refused(victim.get(f"/auth/apple/login{right[1]}")) or "/auth/apple" in right[1]


def test_a_link_that_ends_in_another_account_is_refused(site: Site, somebody: str) -> None:
    visitor = Visitor(site)
    visitor.sign_up(GOOGLE, somebody)
    page = visitor.get("/settings/accounts").text
    found = re.search(r'href="/auth/facebook/login(\?link=[^"]+)"', page)
    assert found
    back = visitor.consent(visitor.begin(FACEBOOK, found[1]), somebody)
    other = Visitor(site)
    other.sign_up(MICROSOFT, somebody, f"{somebody}-m")
    visitor.cookies[SESSION] = other.cookies[SESSION]
    assert refused(visitor.get(back))
    assert row_of(site, FACEBOOK, somebody) is None


# ---- forms


@pytest.mark.parametrize(
    "path",
    ["/logout", "/settings/profile", "/settings/profile/picture", "/settings/profile/credentials",
     "/settings/accounts/unlink", "/settings/sessions/end", "/offer"],
)  # fmt: skip
def test_a_form_without_its_token_or_from_another_site_does_nothing(
    visitor: Visitor, somebody: str, path: str
) -> None:
    visitor.sign_up(GOOGLE, somebody)
    for form in ({}, {"csrf": ""}, {"csrf": "x"}):
        assert visitor.post(path, form).status_code == 400
    token = re.search(r'name="csrf" value="([^"]+)"', visitor.get("/settings/profile").text)
    assert token
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = visitor.post(path, {"csrf": token[1]}, headers=headers)
        assert answer.status_code == 403
    assert visitor.who() == somebody


def test_the_welcome_form_needs_the_token_of_its_own_page(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.come_back(GOOGLE, somebody)
    other = Visitor(site)
    other.come_back(GOOGLE, f"{somebody}-too")
    theirs = re.search(r'name="csrf" value="([^"]+)"', other.get("/welcome").text)
    assert theirs
    for token in ("", "x", theirs[1]):
        form = {"csrf": token, "handle": somebody, "agree": "yes"}
        assert visitor.post("/welcome", form).status_code == 400
    assert visitor.who() is None


# ---- what the signed-in may do at the DICOMweb door


def test_the_cookie_opens_doors_as_far_as_its_person_may_go(
    site: Site, visitor: Visitor, somebody: str
) -> None:
    visitor.sign_up(GOOGLE, somebody)
    nobody = Visitor(site)
    search = "/collections/archive/dicom-web/studies"
    assert visitor.get(search).status_code != 200 or visitor.get(search).json() == []
    found = find_by_handle(site.archive, somebody)
    assert found is not None
    people.change_role(site.archive, found.id, "operator")
    assert visitor.get("/dicom-web/studies").status_code in (200, 204)
    assert visitor.get("/uploads").status_code == 200
    assert nobody.get("/uploads").headers["Location"].startswith("/login?next=")
    bad = visitor.get("/dicom-web/studies", Authorization="Bearer dt_wrong")
    assert bad.status_code == 401
    url = "/dicom-web/studies/1.2.3"
    cross = {"Origin": "https://evil.example"}
    refused_write = visitor._ask("DELETE", url, headers=cross)
    assert refused_write.status_code == 403
