"""What is read from providers' answers, and where their pictures may lie."""

from __future__ import annotations

from typing import Any

import pytest

from community.accounts.providers import PROVIDERS, Provider, Told, apple_name
from community.accounts.settings import APPLE, FACEBOOK, GOOGLE, MICROSOFT

BY_NAME: dict[str, Provider] = {one.name: one for one in PROVIDERS}


def told(provider: str, claims: dict[str, Any]) -> Told:
    return BY_NAME[provider].read(claims)


@pytest.mark.parametrize(
    ("flag", "verified"),
    [(True, True), ("true", True), (False, False), ("false", False), (None, False), (1, False)],
)
@pytest.mark.parametrize("provider", [GOOGLE, APPLE])
def test_an_address_is_verified_only_where_it_is_said_to_be(
    provider: str, flag: object, verified: bool
) -> None:
    claims = {"sub": "1", "email": "a@example.org", "email_verified": flag}
    assert told(provider, claims).email_verified is verified
    assert not told(provider, {"sub": "1", "email": "a@example.org"}).email_verified


def test_what_microsoft_and_facebook_say_of_an_address_is_never_verified() -> None:
    claims = {"sub": "s", "tid": "t", "id": "1", "email": "a@example.org", "email_verified": True}
    assert not told(MICROSOFT, claims).email_verified
    assert not told(FACEBOOK, claims).email_verified
    assert told(MICROSOFT, claims).subject == "t/s"


@pytest.mark.parametrize("email", ["", "no address", "a b@example.org", 7, None, "x\n@y", []])
def test_what_is_no_address_is_none(email: object) -> None:
    assert told(GOOGLE, {"sub": "1", "email": email}).email is None


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ({"name": {"firstName": "Ada", "lastName": "Lindqvist"}}, "Ada Lindqvist"),
        ({"name": {"lastName": "Lindqvist"}}, "Lindqvist"),
        ({"name": {"firstName": " ", "lastName": None}}, None),
        ({"name": "Ada"}, None),
        ({}, None),
        (7, None),
        ({"name": {"firstName": "x" * 1000}}, "x" * 120),
        ({"name": {"firstName": "\u202eevil"}}, None),
    ],
)
def test_apples_name(user: object, name: str | None) -> None:
    assert apple_name(user) == name


@pytest.mark.parametrize(
    ("provider", "url", "may"),
    [
        (GOOGLE, "https://lh3.googleusercontent.com/a/x=s96-c", True),
        (GOOGLE, "http://lh3.googleusercontent.com/a", False),
        (GOOGLE, "https://evilgoogleusercontent.com/a", False),
        (GOOGLE, "https://googleusercontent.com.evil.example/a", False),
        (GOOGLE, "https://169.254.169.254/latest/meta-data", False),
        (GOOGLE, "https://a@127.0.0.1/x.googleusercontent.com", False),
        (GOOGLE, "file:///etc/passwd", False),
        (FACEBOOK, "https://platform-lookaside.fbsbx.com/platform/profilepic/", True),
        (FACEBOOK, "https://scontent.xx.fbcdn.net/v/x.jpg", True),
        (MICROSOFT, "https://graph.microsoft.com/v1.0/me/photo", False),
        (APPLE, "https://www.apple.com/x.png", False),
    ],
)
def test_pictures_are_fetched_from_the_providers_own_hosts_only(
    provider: str, url: str, may: bool
) -> None:
    assert BY_NAME[provider].may_hold_picture(url) is may


def test_no_scope_asks_for_more_than_we_keep() -> None:
    asked = {word for one in PROVIDERS for word in one.scope.split()}
    assert asked == {"openid", "email", "profile", "name", "public_profile"}
    assert not any("access_type" in one.parameters for one in PROVIDERS)
