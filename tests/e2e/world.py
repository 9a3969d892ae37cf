"""The servers whose every page is looked at, and the names of what lies on them.

May live here: how they are filled, for addresses of `tests.e2e.page_table`. May not: expectations.

A part of the product adds what its pages need as a function of `FILLED`: it is given the town and
the names so far, and returns more of them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

from archive import review, uploads
from archive.access import LOCAL
from archive.archive import Archive
from community import pages as community_pages
from community.accounts import identities, offers
from community.accounts.entry_pages import WELCOME_COOKIE
from community.accounts.providers import Told
from community.accounts.settings import FAKE_PROVIDERS_URL
from community.accounts.signed_in import COOKIE
from community.consent.settings import ANALYTICS_ID, ANALYTICS_URL
from community.guarding import problem
from community.look import packages
from community.sharing import guests
from tests import assistant
from tests.archives import store
from tests.builders import ct_image
from tests.e2e import scenes
from tests.e2e.browser import ROOT
from tests.e2e.visits import Visit, sign_in
from tests.found_cases import put_case
from tests.people import Town, town
from tests.quarantined import ask, screen
from tests.videos import syntax_of, videos
from viewer import npm

MAKE = ROOT / ".make"
HANDLES = {
    "ann": "member",
    "ben": "member",
    "cleo": "member",
    "nell": "member",
    "mona": "moderator",
    "boss": "operator",
}
"""ann writes, ben and cleo read and talk, nell has nothing, mona is moderator, boss operator."""

Names = dict[str, str]
FILLED: list[Callable[[Town, Names], Names]] = [
    scenes.cases,
    scenes.talk,
    scenes.quiz,
    scenes.helping,
    scenes.sharing,
    scenes.bringing,
    scenes.rights,
    scenes.requests,
    scenes.moderation,
    scenes.newer_terms,
]


@dataclass
class World:
    """The servers by their names, and what their addresses are made of."""

    towns: dict[str, Town]
    urls: dict[str, str]
    names: Names
    cookies: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def open(self) -> str:
        """The server without accounts."""
        return self.urls["open"]

    def address(self, visit: Visit) -> str:
        return self.urls[visit.server] + visit.path.format(**self.names)

    def come_as(self, page: Page, visit: Visit) -> None:
        """Have the browser be whoever the row says."""
        if visit.who in self.cookies:
            name, value = self.cookies[visit.who]
            page.context.clear_cookies()
            page.context.add_cookies([{"name": name, "value": value, "url": "https://127.0.0.1"}])
        elif visit.who:
            sign_in(self.towns[visit.server], page, visit.who)
        else:
            page.context.clear_cookies()


@contextlib.contextmanager
def world(home: Path) -> Iterator[World]:
    """All of it, served."""
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch, contextlib.ExitStack() as stack:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        # Nobody listens there: pages lead to the stand-ins, and no row follows.
        patch.setenv(FAKE_PROVIDERS_URL, "http://localhost:9")
        for name, value in assistant.AWAY.items():
            patch.setenv(name, value)
        full = stack.enter_context(town(home / "full"))
        free = stack.enter_context(town(home / "open", access="open"))
        empty = stack.enter_context(town(home / "empty", access="open"))
        # Nobody listens there either; whoever agrees to be counted is told of by other tests.
        patch.setenv(ANALYTICS_ID, "G-TEST12345")
        patch.setenv(ANALYTICS_URL, "http://127.0.0.1:9")
        asking = stack.enter_context(town(home / "asking", access="open"))
        towns = {"full": full, "open": free, "empty": empty, "asking": asking}
        made = World(towns, {}, fill_open(free.archive))
        fill(full, made)
        apps = {name: one.app for name, one in made.towns.items()} | {"down": broken()}
        made.urls = {name: stack.enter_context(served(app)) for name, app in apps.items()}
        yield made


@contextlib.contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an app on any free port of loopback; gives its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fill(here: Town, made: World) -> None:
    """People and what they have; somebody who comes for the first time, and an offer."""
    for handle, role in HANDLES.items():
        here.person(handle, role)
    told = Told("google", "newcomer", "new@example.org", email_verified=True, given_name="Nova")
    newcomer = identities.keep_newcomer(here.archive, told, "/")
    made.cookies["newcomer"] = (WELCOME_COOKIE, newcomer)
    made.names["offer"] = offers.offer(here.archive, "moderator")
    for one in FILLED:
        made.names |= one(here, made.names)
    made.cookies["stale"] = (COOKIE, made.names["stale"])
    made.cookies["guest"] = (guests.COOKIE, made.names["guest"])


STUDY = {"StudyInstanceUID": "1.2.826.55.1", "SeriesInstanceUID": "1.2.826.55.1.1"}
OTHER = {"StudyInstanceUID": "1.2.826.55.2", "SeriesInstanceUID": "1.2.826.55.2.1"}
FOUND: dict[str, dict[str, Any]] = {
    "Headache for three weeks": {"is_unknown": True, "unknown_title": "Headache"},
    "A ring-enhancing lesion that does not go, in a long title of two lines": {
        "modalities": "CT MR"
    },
    "Eine Läsion der Wirbelsäule": {"language": "de", "specialty": "spine"},
}


def fill_open(archive: Archive) -> Names:
    """Cases, and uploads in several states, one of them with an image of each kind in question."""
    upload = ask(
        archive, screen(**STUDY), screen(frames=3, seed=2, **STUDY), screen(PixelData=None, **STUDY)
    )
    rejected = ask(archive, screen(**OTHER))
    played, saved = (_video(archive, name) for name in ("h264_mp4_audio", "mpeg2"))
    review.reject(archive, LOCAL, rejected.token, "a face can be recognized or rebuilt")
    store(archive, ct_image(), collection="community")
    for title, more in FOUND.items():
        put_case(archive, title, {"history": "A lesion of unknown origin."}, tags=["edema"], **more)
    by_frames = {item.frames: item.number for item in review.items(archive, LOCAL, upload.token)}
    published = uploads.visible_uploads(archive, LOCAL)[0]
    return {
        "token": upload.token, "rejected": rejected.token, "received": published.token,
        "several": str(by_frames[3]), "single": str(by_frames[1]), "unseen": str(by_frames[0]),
        "played": played, "saved": saved,
    }  # fmt: skip


def _video(archive: Archive, name: str) -> str:
    """A video that waits: the address of its question below that of the review."""
    sent = ct_image(syntax_of(name), frames=[videos()[name]])
    upload = ask(archive, sent, boxes=(), reason="nobody has seen this video")
    [asked] = review.items(archive, LOCAL, upload.token)
    return f"{upload.token}/{asked.number}"


def broken() -> Flask:
    """A server whose database is gone, and which refuses in every way that pages are refused."""
    app = Flask(__name__, static_folder=None)

    def down() -> list[community_pages.Door]:
        raise OSError

    described = community_pages.Site("http://127.0.0.1:8000", "127.0.0.1", 11112, is_open=False)
    app.register_blueprint(
        community_pages.create_blueprint(
            lambda: described, down, lambda: "", packages.installed_path(MAKE)
        )
    )
    app.add_url_rule("/breaks", "breaks", lambda: 1 // 0)
    app.add_url_rule(
        "/refuses/<int:status>", "refuses", lambda status: problem(HTTPStatus(status), "so it is")
    )
    app.add_url_rule("/leaks", "leaks", leaking)
    return app


def leaking() -> Any:
    """A page that does what no page may: the tests have to notice."""
    page = community_pages.Response(
        "<!doctype html><html lang='en'><title>x</title><main><h1>x</h1><script>1</script>"
        "<img src='http://localhost:9/x.png'><button type='button'>Dead</button></main></html>"
    )
    page.headers["Content-Security-Policy"] = "default-src 'none'; img-src http:"
    return page
