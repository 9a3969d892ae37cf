"""Keys of providers: kept, fetched anew when a token names another, and not too often."""

from __future__ import annotations

import json

import pytest

from community.accounts.errors import ProviderError, SignInError
from community.accounts.provider_keys import ProviderKeys, kept_s, least_pause_s
from ops.providers.tokens import Signer


class World:
    """A provider, a clock, and how often the one was asked."""

    def __init__(self) -> None:
        self.signer, self.now, self.asked = Signer(), 0.0, 0
        self.keys = ProviderKeys("https://provider.example/keys", self.load, lambda: self.now)

    def load(self, _url: str) -> bytes:
        self.asked += 1
        return json.dumps(self.signer.key_set()).encode()

    @property
    def key_id(self) -> str:
        return str(self.signer.key_set()["keys"][1]["kid"])


def test_keys_are_fetched_once_and_kept_for_a_while() -> None:
    world = World()
    for _ in range(5):
        world.keys.find(world.key_id)
    assert world.asked == 1
    world.now = kept_s + 1
    world.keys.find(world.key_id)
    assert world.asked == 2


def test_another_key_is_looked_for_but_not_for_each_forged_name() -> None:
    world = World()
    world.keys.find(world.key_id)
    world.signer.rotate()
    for number in range(50):
        with pytest.raises(SignInError):
            world.keys.find(f"forged-{number}")
    assert world.asked == 1
    world.now = least_pause_s
    world.keys.find(world.key_id)
    assert world.asked == 2


def test_a_key_that_was_withdrawn_is_worth_nothing_once_that_is_seen() -> None:
    world = World()
    old = world.key_id
    world.keys.find(old)
    world.signer.rotate()
    world.now = least_pause_s
    world.keys.find(world.key_id)
    with pytest.raises(SignInError):
        world.keys.find(old)


@pytest.mark.parametrize("name", [None, 7, "", [], {}])
def test_a_name_that_is_none_finds_nothing(name: object) -> None:
    with pytest.raises(SignInError):
        World().keys.find(name)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"nonsense", b'{"keys": 7}'])
def test_a_key_set_that_is_none_is_the_providers_fault(data: bytes) -> None:
    keys = ProviderKeys("https://provider.example/keys", lambda _: data)
    with pytest.raises((ProviderError, SignInError)):
        keys.find("any")


@pytest.mark.parametrize(
    "row",
    [7, {}, {"kty": "RSA"}, {"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"},
     {"kty": "RSA", "kid": "x", "use": "enc", "n": "AA", "e": "AQAB"},
     {"kty": "oct", "kid": "x", "k": "AA"}],
)  # fmt: skip
def test_keys_that_we_cannot_use_are_passed_over(row: object) -> None:
    keys = ProviderKeys("u", lambda _: json.dumps({"keys": [row]}).encode())
    with pytest.raises(SignInError):
        keys.find("x")
