"""Signing in over real HTTP: the web process and stand-ins of the providers, and a small browser.

May live here: starting both, and going a way step by step. May not: expectations.
"""

from __future__ import annotations

import contextlib
import importlib
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import pytest
import requests
from flask import Flask
from werkzeug.serving import make_server

from archive.archive import Archive
from ops.providers.app import Fakes, create_app
from tests.archives import new_archive
from tests.services import free_port
from viewer.settings import ViewerSettings


@contextlib.contextmanager
def served(app: Flask, port: int = 0) -> Iterator[int]:
    """Serve an app on a port of loopback; 0 is any that is free."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Site:
    """The product's web process, the stand-ins that it trusts, and what lies beneath."""

    url: str
    fakes: Fakes
    archive: Archive
    app: Flask
    fakes_app: Flask


@contextlib.contextmanager
def signing_site(
    home: Path, database_url: str | None = None, access: str = "accounts", **environment: str
) -> Iterator[Site]:
    """Both as real servers of this process; they are gone afterwards."""
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        fakes = Fakes("")
        fakes_app = create_app(fakes)
        port = stack.enter_context(served(fakes_app))
        fakes.move_to(f"http://localhost:{port}")
        patch.setenv("DICOMTUBE_HOME", str(home / "imported"))
        patch.setattr("telemetry.logs.configure", lambda *_: None)
        wsgi = importlib.import_module("wsgi")
        dist = ViewerSettings("3.13.2", home / "viewer").dist
        dist.mkdir(parents=True, exist_ok=True)
        (dist / "index.html").write_text("<!doctype html><html><head></head></html>")
        patch.setenv("DICOMTUBE_VIEWER_VERSION", "3.13.2")
        patch.setenv("DICOMTUBE_VIEWER_CACHE", str(home / "viewer"))
        patch.setenv("DICOMTUBE_FAKE_PROVIDERS_URL", f"http://localhost:{port}")
        for name, value in environment.items():
            patch.setenv(name, value)
        ours = free_port()
        bind = f"127.0.0.1:{ours}"
        archive = new_archive(
            home / "home", database_url, DICOMTUBE_ACCESS=access, DICOMTUBE_HTTP_BIND=bind
        )
        stack.callback(archive.close)
        app = wsgi.assemble(archive)
        stack.enter_context(served(app, ours))
        yield Site(f"http://127.0.0.1:{ours}", fakes, archive, app, fakes_app)


class HasUrl(Protocol):
    """What a visitor needs to know of a site."""

    @property
    def url(self) -> str: ...


@dataclass
class Visitor:
    """A browser without a screen: it keeps cookies by site as browsers do on loopback.

    A form that another site posts brings no Lax cookies, and no cookie reaches another host.
    """

    site: HasUrl
    cookies: dict[str, str] = field(default_factory=dict)
    last: requests.Response | None = None

    # ---- requests
    def get(self, path: str, **headers: str) -> requests.Response:
        return self._ask("GET", path, headers=headers)

    def post(
        self, path: str, data: dict[str, str] | None = None, **more: object
    ) -> requests.Response:
        headers = {"Origin": self.site.url, "Sec-Fetch-Site": "same-origin"}
        return self._ask("POST", path, data=data or {}, **{"headers": headers, **more})

    def submit(self, page: str, to: str, /, **fields: str) -> requests.Response:
        """Send a form of ours with the token that the page has."""
        text = self.get(page).text
        token = re.search(r'name="csrf" value="([^"]+)"', text)
        assert token, text
        return self.post(to, {"csrf": token[1], **fields})

    def _ask(self, method: str, path: str, **more: object) -> requests.Response:
        url = urljoin(self.site.url, path)
        ours = urlsplit(url).netloc == urlsplit(self.site.url).netloc
        headers = dict(more.pop("headers", {}) or {})  # type: ignore[call-overload]
        if ours and self.cookies and not headers.pop("no-cookies", None):
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        answer = requests.request(
            method, url, headers=headers, allow_redirects=False, timeout=30, **more
        )  # type: ignore[arg-type]
        if ours:
            self._keep(answer)
        self.last = answer
        return answer

    def _keep(self, answer: requests.Response) -> None:
        for line in answer.raw.headers.getlist("Set-Cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0" or not morsel.value:
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value

    # ---- the way through a provider, step by step
    def begin(self, provider: str, query: str = "") -> str:
        """Set out; return the address of the provider's page."""
        answer = self.get(f"/auth/{provider}/login{query}")
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def consent(self, address: str, somebody: str | None) -> str:
        """Answer at the provider; return the address that the browser is sent to, on our side."""
        data = {"cancel": "1"} if somebody is None else {"somebody": somebody}
        answer = requests.post(address, data=data, allow_redirects=False, timeout=30)
        assert answer.ok, answer.text
        if "Location" in answer.headers:
            return answer.headers["Location"]
        to = re.search(r'action="([^"]+)"', answer.text)
        assert to
        fields = re.findall(r'name="([^"]+)" value="([^"]*)"', answer.text)
        posted = requests.post(
            unescape(to[1]),
            data={name: unescape(value) for name, value in fields},
            headers={"Origin": "null", "Sec-Fetch-Site": "cross-site"},
            allow_redirects=False,
            timeout=30,
        )
        assert posted.status_code == 303, posted.text
        assert "Set-Cookie" not in posted.headers
        return urljoin(self.site.url, posted.headers["Location"])

    def come_back(self, provider: str, somebody: str | None, query: str = "") -> requests.Response:
        """The whole way; returns what our callback answers."""
        return self.get(self.consent(self.begin(provider, query), somebody))

    def sign_up(self, provider: str, somebody: str, handle: str | None = None) -> requests.Response:
        """The whole way of somebody new, as far as their account."""
        answer = self.come_back(provider, somebody)
        assert answer.headers.get("Location", "").removesuffix("#main").endswith("/welcome"), (
            answer.text
        )
        return self.submit("/welcome", "/welcome", handle=handle or somebody, agree="yes")

    def who(self) -> str | None:
        """The handle of whoever is signed in, as the pages say it."""
        found = re.search(r'<span class="soft">@([^<]+)</span>', self.get("/").text)
        return found[1] if found else None
