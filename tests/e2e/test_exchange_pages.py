"""A case in a page of another site, and one that comes as a file, in Chromium: for everybody.

Screenshots are kept under `test-results/pages/`, to be looked at.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect
from werkzeug.serving import BaseWSGIServer, make_server

from community.accounts.people import find_person
from community.look import packages
from tests.cases import full_case, give, image, keep
from tests.e2e.axe import violations
from tests.e2e.browser import DESKTOP, ROOT, Watch, watched
from tests.e2e.visits import keep_picture, sign_in
from tests.people import Town, town
from viewer import npm

MAKE = ROOT / ".make"
STUDY = "1.2.826.55.12"
SMALL = {"width": 320, "height": 640}
MIRC = (
    b"<MIRCdocument><title>From a teaching file</title><category>Astrology</category>"
    b"<section heading='History'>Cough.</section></MIRCdocument>"
)


@dataclass
class Here:
    """A server with a public case, and a site elsewhere that shows it."""

    town: Town
    url: str
    elsewhere: str
    slug: str


def served(app: Any) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def site(address: str, slug: str) -> Flask:
    """A page of somebody else's that frames what it likes."""
    app = Flask(__name__)

    @app.get("/<what>")
    def page(what: str) -> str:
        path = f"/embed/{slug}" if what == "embed" else f"/cases/{slug}"
        return (
            "<!doctype html><html lang='en'><title>Elsewhere</title><main><h1>Elsewhere</h1>"
            f"<iframe src='{address}{path}' title='A case' width='100%' height='480'></iframe>"
            "</main></html>"
        )

    return app


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        with town(tmp_path_factory.mktemp("town")) as found:
            found.person("ann")
            ann = find_person(found.archive, found.ids["ann"])
            assert ann is not None
            keep(found.archive, image(STUDY))
            give(found.archive, STUDY, ann)
            case = full_case(found.archive, ann, STUDY)
            ours = served(found.app)
            url = f"http://127.0.0.1:{ours.server_port}"
            # Another host, so that no cookie and no right of the page goes over.
            theirs = served(site(url, case.slug))
            yield Here(found, url, f"http://localhost:{theirs.server_port}", case.slug)
            for server in (ours, theirs):
                server.shutdown()
                server.server_close()


@pytest.mark.parametrize("viewport", [SMALL, DESKTOP])
def test_a_case_is_shown_in_a_page_of_another_site(
    here: Here, browser: Browser, viewport: dict[str, int]
) -> None:
    context = browser.new_context(viewport=viewport)  # type: ignore[arg-type]
    try:
        watch = Watch(context.new_page(), here.url.removeprefix("http://"))
        page = watch.page
        page.goto(f"{here.elsewhere}/embed")
        frame = page.frame_locator("iframe")
        expect(frame.get_by_role("heading", level=1)).to_have_text("Giant panda sign")
        picture = frame.get_by_role("img", name="A face in the midbrain")
        size = picture.evaluate(
            "async image => { await image.decode(); return image.naturalWidth; }"
        )
        assert size > 1
        keep_picture(page, "embed-elsewhere")
        assert [one for one in watch.errors if "favicon" not in one] == []
        page.goto(f"{here.url}/embed/{here.slug}")
        assert violations(page) == []
        keep_picture(page, "embed")
    finally:
        context.close()


def test_no_other_page_of_ours_is_framed(here: Here, browser: Browser) -> None:
    with watched(browser, here.url) as watch:
        watch.page.goto(f"{here.elsewhere}/case")
        watch.page.wait_for_timeout(500)
        assert any("frame-ancestors" in one for one in watch.errors)


@pytest.mark.parametrize(("viewport", "scripts"), [(SMALL, True), (DESKTOP, False)])
def test_a_file_becomes_a_draft_by_an_ordinary_form(
    here: Here, browser: Browser, viewport: dict[str, int], scripts: bool
) -> None:
    context = browser.new_context(viewport=viewport, java_script_enabled=scripts)  # type: ignore[arg-type]
    try:
        watch = Watch(context.new_page(), here.url.removeprefix("http://"))
        page = watch.page
        sign_in(here.town, page, "ann")
        page.goto(f"{here.url}/cases/import")
        found = violations(page) if scripts else []
        page.get_by_label("File with a case").set_input_files(
            {"name": "case.xml", "mimeType": "application/xml", "buffer": MIRC}
        )
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Import").click()
        expect(page.get_by_text("The case is a draft of yours now")).to_be_visible()
        expect(page.get_by_text("The category is none of the specialties")).to_be_visible()
        if scripts:
            found += violations(page)
            keep_picture(page, "import-done")
        page.get_by_role("link", name="Look at the draft").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("From a teaching file")
        assert found == []
        assert watch.errors == []
        assert watch.foreign == []
    finally:
        context.close()
