"""What proxies say is believed as far as proxies of ours said it, and no further."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicomweb.forwarded import Told, believed, plain_host

OURS = {"10.0.0.1", "10.0.0.2", "2001:db8::1"}
PEER = "10.0.0.1"


def told(peer: str = PEER, **headers: str) -> Told:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return believed(named, peer, OURS.__contains__)


def test_a_stranger_is_not_believed_at_all() -> None:
    headers = {
        "forwarded": "for=192.0.2.1;host=evil.example;proto=https",
        "x_forwarded_for": "192.0.2.1",
        "x_forwarded_proto": "https",
        "x_forwarded_host": "evil.example",
        "x_forwarded_prefix": "/evil",
    }
    assert told("198.51.100.9", **headers) == Told()
    assert told("", **headers) == Told()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for=192.0.2.43", Told("192.0.2.43")),
        (
            "For=192.0.2.43;Proto=HTTPS;Host=PACS.example",
            Told("192.0.2.43", "https", "pacs.example"),
        ),
        ('for="[2001:db8:cafe::17]:4711"', Told("2001:db8:cafe::17")),
        ('for="192.0.2.43:47011"', Told("192.0.2.43")),
        ('host="pacs.example:8443";proto=https', Told(None, "https", "pacs.example:8443")),
        ("host=pacs.example:8443", Told(None, None, "pacs.example:8443")),
        ('host="pacs.example:443";proto=https', Told(None, "https", "pacs.example")),
        ("for=unknown;proto=https", Told(None, "https")),
        ("for=_hidden;host=pacs.example", Told(None, None, "pacs.example")),
        # What stands left of our proxies, a stranger may have written.
        ("for=192.0.2.7;host=evil.example, for=192.0.2.43", Told("192.0.2.43")),
        (
            "for=192.0.2.43;host=pacs.example, for=10.0.0.2",
            Told("192.0.2.43", None, "pacs.example"),
        ),
        (
            "for=192.0.2.43;host=pacs.example;proto=https, for=10.0.0.2;host=inner;proto=http",
            Told("192.0.2.43", "https", "pacs.example"),
        ),
        ('for="a, for=192.0.2.43', Told("192.0.2.43")),
        ('x=", for="[2001:db8:cafe::17]"', Told("2001:db8:cafe::17")),
        ("for=;;proto=https", Told()),
        (";", Told()),
        ("", Told()),
        ("for", Told()),
        ("for=192.0.2.43;for=192.0.2.44", Told("192.0.2.43")),
        ('host="a\\"b"', Told()),
        ("proto=javascript", Told()),
        ("host=a/b", Told()),
        ('host="user@pacs.example"', Told()),
        ('host="pacs.example\r\nX: y"', Told()),
        ("for=999.999.999.999", Told()),
    ],
)
def test_the_standards_header_is_read_from_its_end(text: str, expected: Told) -> None:
    assert told(forwarded=text) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x_forwarded_for": "192.0.2.43"}, Told("192.0.2.43")),
        ({"x_forwarded_for": "192.0.2.7, 192.0.2.43"}, Told("192.0.2.43")),
        ({"x_forwarded_for": "192.0.2.7, 192.0.2.43, 10.0.0.2"}, Told("192.0.2.43")),
        ({"x_forwarded_for": "192.0.2.7, junk"}, Told()),
        ({"x_forwarded_for": "junk, 10.0.0.2"}, Told("10.0.0.2")),
        ({"x_forwarded_for": "2001:db8:cafe::17"}, Told("2001:db8:cafe::17")),
        ({"x_forwarded_proto": "HTTPS"}, Told(None, "https")),
        ({"x_forwarded_proto": "ftp"}, Told()),
        ({"x_forwarded_proto": "https, http"}, Told(None, "http")),
        (
            {"x_forwarded_proto": "https, http", "x_forwarded_for": "192.0.2.43, 10.0.0.2"},
            Told("192.0.2.43", "https"),
        ),
        ({"x_forwarded_host": "Pacs.Example"}, Told(None, None, "pacs.example")),
        ({"x_forwarded_host": "evil.example, pacs.example"}, Told(None, None, "pacs.example")),
        (
            {"x_forwarded_host": "pacs.example", "x_forwarded_port": "8443"},
            Told(None, None, "pacs.example:8443"),
        ),
        (
            {
                "x_forwarded_host": "pacs.example",
                "x_forwarded_port": "443",
                "x_forwarded_proto": "https",
            },
            Told(None, "https", "pacs.example"),
        ),
        (
            {"x_forwarded_host": "pacs.example:81", "x_forwarded_port": "8443"},
            Told(None, None, "pacs.example:81"),
        ),
        ({"x_forwarded_host": "[2001:db8::9]:81"}, Told(None, None, "[2001:db8::9]:81")),
        ({"x_forwarded_prefix": "/imaging/"}, Told(prefix="/imaging")),
        ({"x_forwarded_prefix": "/a/b"}, Told(prefix="/a/b")),
        ({"x_forwarded_prefix": "/"}, Told(prefix="")),
        ({"x_forwarded_prefix": "//evil.example"}, Told()),
        ({"x_forwarded_prefix": "/../x"}, Told()),
        ({"x_forwarded_prefix": "https://evil.example"}, Told()),
        ({"x_forwarded_prefix": '/"><script>'}, Told()),
        ({"x_forwarded_port": "81"}, Told()),
    ],
)
def test_the_usual_headers_are_read_from_their_ends(
    headers: dict[str, str], expected: Told
) -> None:
    assert told(**headers) == expected


def test_where_both_families_are_there_only_what_both_say_is_believed() -> None:
    both = told(
        forwarded="for=192.0.2.43;host=evil.example;proto=https",
        x_forwarded_for="192.0.2.43",
        x_forwarded_host="pacs.example",
        x_forwarded_proto="https",
        x_forwarded_prefix="/imaging",
    )
    assert both == Told("192.0.2.43", "https", None, "/imaging")


def test_only_so_many_proxies_are_followed() -> None:
    row = ", ".join(["192.0.2.43", *["10.0.0.2"] * 40])
    assert told(x_forwarded_for=row).client == "10.0.0.2"
    assert told(forwarded=row.replace("10.", "for=10.")).client == "10.0.0.2"


@pytest.mark.parametrize(
    "text", ["," * 100_000, 'a="' * 50_000, "for=1;" * 50_000, "a=b," * 50_000]
)
def test_a_header_made_to_be_slow_is_not(text: str) -> None:
    began = time.monotonic()
    told(forwarded=text, x_forwarded_for=text, x_forwarded_host=text)
    assert time.monotonic() - began < 1


@given(st.text(alphabet=st.characters(max_codepoint=255), max_size=300))
def test_nothing_that_is_sent_raises_or_gives_a_host_that_is_none(text: str) -> None:
    for found in (told(forwarded=text), told(x_forwarded_host=text, x_forwarded_prefix=text)):
        assert not set(found.host or "") & set(' /\\"<>@\r\n')
        assert not set(found.prefix or "") & set(' \\"<>@\r\n:')


@given(st.text(alphabet='for=host;proto,"\\ 1.[]:', max_size=120))
def test_a_client_in_front_changes_nothing_of_what_our_proxy_wrote(theirs: str) -> None:
    ours = "for=192.0.2.43;host=pacs.example;proto=https"
    assert told(forwarded=f"{theirs}, {ours}") == Told("192.0.2.43", "https", "pacs.example")


@pytest.mark.parametrize(
    ("host", "scheme", "plain"),
    [("A:443", "https", "a"), ("a:443", "http", "a:443"), ("a:80", "http", "a"), ("a", "", "a")],
)
def test_a_host_is_spelled_one_way(host: str, scheme: str, plain: str) -> None:
    assert plain_host(host, scheme) == plain
