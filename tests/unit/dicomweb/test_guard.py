"""Who may do what at every resource, and which pages may send a request."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from archive.tokens import create_token, revoke_token
from dicomweb import guard
from dicomweb.errors import Refusal
from dicomweb.routes import ROUTES, Route
from tests.builders import ct_image

NAMES = {"study": "1.2", "series": "1.3", "instance": "1.4", "frames": "1", "transaction": "1.9"}


def path_of(route: Route) -> str:
    path = route.path.replace("<path:path>", "7FE00010")
    for name, value in NAMES.items():
        path = path.replace(f"<{name}>", value)
    return path


@pytest.fixture
def guarded(open_web: Any) -> Any:
    return open_web(access="accounts")


def token(web: Any, *grants: tuple[str, str], **more: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {create_token(web.archive, 'test', grants, **more)[1]}"}


def bearers(web: Any) -> dict[str, dict[str, str]]:
    """Ways not to be let in."""
    number, revoked = create_token(
        web.archive, "revoked", [("archive", s) for s in ("read", "write", "delete")]
    )
    revoke_token(web.archive, number)
    past = datetime.now(UTC) - timedelta(days=1)
    return {
        "no token": {},
        "a wrong one": {"Authorization": "Bearer wrong"},
        "another scheme": {"Authorization": "Basic YTpi"},
        "a revoked one": {"Authorization": f"Bearer {revoked}"},
        "an expired one": token(web, ("archive", "read"), expires=past),
        "one of another collection": token(
            web, *[("community", s) for s in ("read", "write", "delete")]
        ),
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_no_resource_opens_without_the_right_token(guarded: Any, route: Route) -> None:
    for kind, headers in bearers(guarded).items():
        answer = guarded.ask(route.method, path_of(route), **headers)
        expected = 403 if "another collection" in kind else 401
        assert answer.status_code == expected, kind
        assert ("WWW-Authenticate" in answer.headers) is (expected == 401)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_every_resource_needs_its_own_scope(guarded: Any, route: Route) -> None:
    others = [("archive", s) for s in ("read", "write", "delete") if s != route.scope]
    assert guarded.ask(route.method, path_of(route), **token(guarded, *others)).status_code == 403
    right = token(guarded, ("archive", str(route.scope)))
    assert guarded.ask(route.method, path_of(route), **right).status_code not in (401, 403)


def test_a_token_reads_what_it_may_and_nothing_else(guarded: Any) -> None:
    write, read = token(guarded, ("archive", "write")), token(guarded, ("archive", "read"))
    assert guarded.stow(ct_image(), **write).status_code == 200
    assert len(guarded.get("/studies", **read).get_json(force=True)) == 1
    assert guarded.get("/studies", **write).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "["]
)
def test_a_rebound_name_opens_nothing(web: Any, host: str) -> None:
    assert web.get("/studies", Host=host).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost:9", "127.0.0.1:8000", "[::1]:8000", "127.9.9.9"])
def test_names_of_this_machine_are_let_in(web: Any, host: str) -> None:
    assert web.get("/studies", Host=host).status_code == 200


def test_with_accounts_the_public_name_is_let_in(open_web: Any) -> None:
    web = open_web(access="accounts", public_url="https://pacs.example.org")
    reader = token(web, ("archive", "read"))
    assert web.get("/studies", Host="pacs.example.org", **reader).status_code == 200


PAGES = {
    "another site": ({"Origin": "https://evil.example"}, 403),
    "a sandboxed page": ({"Origin": "null"}, 403),
    "another site without an Origin": ({"Sec-Fetch-Site": "cross-site"}, 403),
    "another port of this machine": ({"Origin": "http://localhost:3000"}, 403),
    "our own page": ({"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}, 200),
    "a listed origin": ({"Origin": "https://viewer.example"}, 200),
    "a program": ({}, 200),
}


@pytest.mark.parametrize("kind", PAGES)
def test_pages_of_other_sites_may_not_write(open_web: Any, kind: str) -> None:
    headers, status = PAGES[kind]
    web = open_web(cors_origins="https://viewer.example")
    answer = web.stow(ct_image(), **headers)
    assert answer.status_code == status


def test_pages_of_other_sites_may_not_erase(web: Any) -> None:
    [path] = web.stored(ct_image())
    assert web.ask("DELETE", path, Origin="https://evil.example").status_code == 403
    assert web.get(path).status_code == 200


def test_the_host_is_not_looked_at_where_tokens_are(guarded: Any) -> None:
    guard.check_host(guarded.archive.settings, "anything.example")


@pytest.mark.parametrize("access", ["open", "accounts"])
def test_a_request_without_a_host_is_a_bad_one(open_web: Any, access: str) -> None:
    with pytest.raises(Refusal) as refused:
        guard.check_host(open_web(access=access).archive.settings, "")
    assert refused.value.status == 400


def test_the_refusal_names_the_setting(web: Any) -> None:
    with pytest.raises(Refusal, match="DICOMTUBE_ACCESS"):
        guard.check_host(web.archive.settings, "evil.example")
