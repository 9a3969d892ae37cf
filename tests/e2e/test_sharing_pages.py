"""The pages on which people make links and tokens, in Chromium, and what they hand out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from archive.sharing import share_study
from community.look import packages
from community.sharing.entrance import address_of
from community.sharing.guests import owns_case
from community.sharing.links import STUDY, Wish, make_link
from tests.archives import store
from tests.builders import ct_image
from tests.e2e.browser import ROOT, watched
from tests.e2e.visits import sign_in
from tests.people import Town, town
from viewer import npm

MAKE = ROOT / ".make"
MINE = "1.2.826.55.9"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str]]:
    """A server with two people, one of whom has a study, and its address."""
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        with town(tmp_path_factory.mktemp("town")) as found:
            store(found.archive, ct_image(StudyInstanceUID=MINE))
            found.person("ann")
            found.person("ben")
            share_study(found.archive, "archive", MINE, found.audience("ann"))
            server = make_server("127.0.0.1", 0, found.app, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield found, f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            server.server_close()


def test_people_make_what_they_hand_out_and_take_it_back(
    here: tuple[Town, str], browser: Browser
) -> None:
    found, url = here
    with watched(browser, url) as watch:
        page = watch.page
        sign_in(found, page, "ann")
        page.goto(f"{url}/settings/tokens")
        page.get_by_label("Name").fill("3D Slicer")
        page.get_by_label("Read (community)").check()
        page.get_by_role("button", name="Make a token").click()
        expect(page.locator("code.secret")).to_contain_text("dt_")
        page.goto(f"{url}/settings/links")
        page.get_by_label("Name").fill("Tumour board")
        page.get_by_label("Days").fill("14")
        page.get_by_role("button", name="Make a link").click()
        # The server does not know this port of the test: its address begins with the public one.
        address = (
            url
            + urlsplit(page.locator("code.secret").inner_text())
            ._replace(scheme="", netloc="")
            .geturl()
        )
        page.context.clear_cookies()
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_have_text("Shared with you")
        assert "k=" not in page.url
        sign_in(found, page, "ann")
        page.goto(f"{url}/settings/links")
        page.get_by_role("button", name="Revoke Tumour board").first.click()
        expect(page.get_by_role("status")).to_contain_text("Revoked")
        assert watch.errors == []
        page.context.clear_cookies()
        gone = page.goto(address)
        assert gone is not None
        assert gone.status == 404
        wish = Wish(STUDY, f"archive/{MINE}", password="correct horse")
        link = make_link(found.archive, found.principal("ann"), wish, owns_case)
        page.goto(address_of(url, *link))
        page.get_by_role("textbox", name="Password").fill("wrong horse")
        page.get_by_role("button", name="Open").click()
        expect(page.locator("#error-summary")).to_contain_text("not the password")
        assert watch.foreign == []
