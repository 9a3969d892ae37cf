"""Who may count visits: nobody, Google, or a server of the operator's own."""

from __future__ import annotations

import pytest

from archive.errors import SettingsError
from community.consent.policy import widened
from community.consent.settings import ANALYTICS_ID, ANALYTICS_URL, Analytics
from community.guarding import POLICY, PRIVATE_POLICY

ID = {ANALYTICS_ID: "G-ABC123DEF4"}
CSP = "Content-Security-Policy"


def test_without_an_id_there_is_nothing_to_agree_to() -> None:
    assert Analytics.from_environment({}) is None
    assert Analytics.from_environment({ANALYTICS_URL: "https://tags.example.org"}) is None


def test_googles_hosts_are_named_and_no_other() -> None:
    found = Analytics.from_environment(ID)
    assert found is not None
    assert all(host.startswith("https://") for host in found.hosts)
    assert not found.is_own


def test_a_server_of_the_operators_is_then_the_only_host() -> None:
    found = Analytics.from_environment({**ID, ANALYTICS_URL: "https://tags.example.org/"})
    assert found is not None
    assert found.hosts == ("https://tags.example.org",)


@pytest.mark.parametrize("name", ["UA-1234-5", "G-", "g-abc123", "G-ABC123;x", "G-ABC\n123"])
def test_an_id_that_is_none_stops_the_start(name: str) -> None:
    with pytest.raises(SettingsError, match=ANALYTICS_ID):
        Analytics.from_environment({ANALYTICS_ID: name})


@pytest.mark.parametrize(
    "url",
    [
        "http://tags.example.org",
        "https://a.example/path",
        "https://a.example; script-src *",
        "https://user@a.example",
        "//a.example",
        "https://*.example",
    ],
)
def test_a_host_that_could_open_more_than_itself_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match=ANALYTICS_URL):
        Analytics.from_environment({**ID, ANALYTICS_URL: url})


@pytest.mark.parametrize("policy", [POLICY[CSP], PRIVATE_POLICY[CSP]])
def test_a_policy_is_widened_by_the_hosts_alone(policy: str) -> None:
    hosts = ("https://tags.example.org",)
    before = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    after = dict(part.strip().partition(" ")[::2] for part in widened(policy, hosts).split(";"))
    for name, value in after.items():
        if name in ("script-src", "connect-src", "img-src"):
            assert value.endswith(" https://tags.example.org")
            assert "unsafe" not in value
        else:
            assert value == before[name]
    assert before.keys() <= after.keys()
    assert after["script-src"].split() == ["'self'", "https://tags.example.org"]
