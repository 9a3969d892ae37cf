"""Behind proxies every URL that we write is one that the client can use, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from archive.publish import keep_series_metadata
from archive.tokens import create_token
from dicomweb.proxies import BehindProxies, peer_of
from tests.builders import ct_image

PROXY, STRANGER = "10.1.2.3", "198.51.100.9"
PUBLIC = "https://pacs.example.org/imaging"
UIDS = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.3", "SOPInstanceUID": "1.4"}
SERIES = "/studies/1.2/series/1.3"


class Behind:
    """A door with the layer around it, and a client that comes from where it says."""

    def __init__(self, web: Any) -> None:
        self.web = web
        self.settings = web.archive.settings
        app = web.client.application
        app.wsgi_app = BehindProxies(app.wsgi_app, self.settings)
        grants = [("archive", scope) for scope in ("read", "write", "delete")]
        self.token = create_token(web.archive, "test", grants)[1]

    def ask(
        self, path: str, peer: str = PROXY, method: str = "GET", data: Any = None, **headers: str
    ) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.token}"
        base = {"REMOTE_ADDR": peer}
        answer: TestResponse = self.web.client.open(
            path, method=method, data=data, headers=sent, environ_base=base
        )
        return answer

    def store(self, **more: str) -> TestResponse:
        headers = {"Content_Type": "application/dicom", "Accept": "application/dicom+json", **more}
        return self.ask("/dicom-web/studies", method="POST", data=ct_image(**UIDS), **headers)


@pytest.fixture
def behind(open_web: Any) -> Behind:
    return Behind(
        open_web(
            access="accounts",
            public_url=PUBLIC,
            trusted_proxies="10.1.0.0/16, 2001:db8::/32",
            allowed_hosts="pacs.internal:8443",
        )
    )


def stored_at(behind: Behind, sent: dict[str, str]) -> str:
    [item] = behind.store(**sent).get_json(force=True)["00081199"]["Value"]
    return str(item["00081190"]["Value"][0])


def found_at(behind: Behind, sent: dict[str, str]) -> str:
    [row] = behind.ask("/dicom-web/studies", **sent).get_json(force=True)
    return str(row["00081190"]["Value"][0])


def located_at(behind: Behind, sent: dict[str, str]) -> str:
    text = behind.ask(f"/dicom-web{SERIES}", **sent).get_data().decode("latin-1")
    return text.partition("Content-Location: ")[2].partition("\r\n")[0]


def bulk_at(behind: Behind, sent: dict[str, str]) -> str:
    [one] = behind.ask(f"/dicom-web{SERIES}/metadata", **sent).get_json(force=True)
    return str(one["7FE00010"]["BulkDataURI"])


def kept_bulk_at(behind: Behind, sent: dict[str, str]) -> str:
    keep_series_metadata(behind.web.archive, "archive", "1.2", "1.3")
    return bulk_at(behind, sent)


def described_at(behind: Behind, sent: dict[str, str]) -> str:
    headers = {**sent, "Accept": "application/json"}
    found = behind.ask("/dicom-web/", method="OPTIONS", **headers).get_json(force=True)
    return str(found["base"])


RESOURCES: dict[str, Callable[[Behind, dict[str, str]], str]] = {
    "store response": stored_at,
    "search": found_at,
    "Content-Location": located_at,
    "BulkDataURI": bulk_at,
    "kept BulkDataURI": kept_bulk_at,
    "capabilities": described_at,
}

DIRECT = {"Host": "127.0.0.1:8000"}
# What is sent; what URLs begin with when the sender is trusted, and when it is not.
SENT: dict[str, tuple[dict[str, str], str, str]] = {
    "nothing": ({"Host": "pacs.example.org"}, PUBLIC, PUBLIC),
    "the name inside": (DIRECT, PUBLIC, "http://127.0.0.1:8000"),
    "X-Forwarded-*": (
        {
            **DIRECT,
            "X_Forwarded_Host": "pacs.internal",
            "X_Forwarded_Port": "8443",
            "X_Forwarded_Proto": "https",
            "X_Forwarded_Prefix": "/inside",
        },
        "https://pacs.internal:8443/inside",
        "http://127.0.0.1:8000",
    ),
    "Forwarded": (
        {**DIRECT, "Forwarded": 'for=192.0.2.1;host="pacs.internal:8443";proto=http'},
        "http://pacs.internal:8443/imaging",
        "http://127.0.0.1:8000",
    ),
    "no prefix": (
        {"Host": "pacs.example.org", "X_Forwarded_Proto": "https", "X_Forwarded_Prefix": "/"},
        "https://pacs.example.org",
        PUBLIC,
    ),
    "the scheme only": (
        {"Host": "pacs.example.org", "X_Forwarded_Proto": "http"},
        "http://pacs.example.org/imaging",
        PUBLIC,
    ),
    "a name that is not ours": (
        {"Host": "pacs.example.org", "X_Forwarded_Host": "evil.example"},
        PUBLIC,
        PUBLIC,
    ),
    "a loopback name from afar": (
        {"Host": "pacs.example.org", "X_Forwarded_Host": "127.0.0.1:8000"},
        PUBLIC,
        PUBLIC,
    ),
    "a prefix that leads elsewhere": (
        {"Host": "pacs.example.org", "X_Forwarded_Prefix": "//evil.example/x"},
        PUBLIC,
        PUBLIC,
    ),
    "two that disagree": (
        {
            "Host": "pacs.example.org",
            "X_Forwarded_Host": "pacs.example.org",
            "Forwarded": 'host="pacs.internal:8443"',
        },
        PUBLIC,
        PUBLIC,
    ),
    "a foreign Host": ({"Host": "evil.example"}, PUBLIC, PUBLIC),
}


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_urls_begin_as_the_client_can_use_them(
    behind: Behind, kind: str, resource: str, trusted: bool
) -> None:
    behind.store()
    headers, when_trusted, else_ = SENT[kind]
    given = RESOURCES[resource](_from(behind, PROXY if trusted else STRANGER), headers)
    expected = (when_trusted if trusted else else_) + "/dicom-web"
    assert given == expected or given.startswith(f"{expected}/"), given


def _from(behind: Behind, peer: str) -> Behind:
    ask = behind.ask
    behind.ask = lambda path, **more: ask(path, peer, **more)  # type: ignore[method-assign]
    return behind


def test_warnings_name_the_service_as_the_client_knows_it(behind: Behind) -> None:
    answer = behind.ask("/dicom-web/studies?Nonsense=1", Host="pacs.example.org")
    assert f"299 {PUBLIC}/dicom-web" in answer.headers["Warning"]


@pytest.mark.parametrize("path", ["/imaging/dicom-web/studies", "/dicom-web/studies"])
@pytest.mark.parametrize("peer", [PROXY, STRANGER])
def test_a_prefix_may_be_taken_off_by_the_proxy_or_by_us(
    behind: Behind, path: str, peer: str
) -> None:
    answer = behind.ask(path, peer, Host="pacs.example.org")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "path", ["/imagingdicom-web/studies", "/imaging/imaging/dicom-web/studies"]
)
def test_a_prefix_is_taken_off_once_and_whole(behind: Behind, path: str) -> None:
    assert behind.ask(path, Host="pacs.example.org").status_code == 404


def test_kept_metadata_are_used_under_the_public_address_and_made_anew_elsewhere(
    behind: Behind,
) -> None:
    behind.store()
    keep_series_metadata(behind.web.archive, "archive", "1.2", "1.3")
    path = f"/dicom-web{SERIES}/metadata"
    public = behind.ask(path, Host="pacs.example.org")
    inside = behind.ask(path, X_Forwarded_Host="pacs.internal:8443")
    assert public.headers["ETag"] != inside.headers["ETag"]
    assert b"@/studies" not in public.data + inside.data
    assert b"pacs.internal" not in public.data
    assert b"pacs.example.org" not in inside.data


@pytest.mark.parametrize(
    ("peer", "headers", "client"),
    [
        (PROXY, {"X_Forwarded_For": "192.0.2.1"}, "192.0.2.1"),
        (PROXY, {"X_Forwarded_For": "6.6.6.6, 192.0.2.1"}, "192.0.2.1"),
        (PROXY, {"Forwarded": 'for="[2001:db9::7]:99"'}, "2001:db9::7"),
        (PROXY, {"X_Forwarded_For": "unknown"}, PROXY),
        (PROXY, {}, PROXY),
        (STRANGER, {"X_Forwarded_For": "192.0.2.1"}, STRANGER),
        ("::ffff:10.1.2.3", {"X_Forwarded_For": "192.0.2.1"}, "192.0.2.1"),
        ("2001:db8::7", {"X_Forwarded_For": "192.0.2.1"}, "192.0.2.1"),
        ("unix", {"X_Forwarded_For": "192.0.2.1"}, "unix"),
    ],
)
def test_the_clients_address_is_known_and_the_peers_is_kept(
    behind: Behind, peer: str, headers: dict[str, str], client: str
) -> None:
    seen: list[tuple[str | None, str]] = []
    app = Flask(__name__)
    app.wsgi_app = BehindProxies(app.wsgi_app, behind.settings)  # type: ignore[method-assign]

    @app.get("/")
    def look() -> str:
        seen.append((request.remote_addr, peer_of(request.environ)))
        return ""

    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    app.test_client().get("/", headers=sent, environ_base={"REMOTE_ADDR": peer})
    assert seen == [(client, peer)]


@pytest.mark.parametrize(
    ("origin", "forwarded", "status"),
    [
        ("https://pacs.example.org", "pacs.example.org", 200),
        ("https://pacs.internal:8443", "pacs.internal:8443", 200),
        ("https://evil.example", "pacs.example.org", 403),
        # A name that is not ours is not believed, so a page of that name is a stranger's.
        ("https://evil.example", "evil.example", 403),
    ],
)
def test_our_pages_write_through_a_proxy_and_others_do_not(
    behind: Behind, origin: str, forwarded: str, status: int
) -> None:
    answer = behind.store(Origin=origin, Host="inner:8000", X_Forwarded_Host=forwarded)
    assert answer.status_code == status
