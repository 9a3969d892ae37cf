"""The page of a case in Chromium: the viewer comes into it, and without scripts it leads there."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from werkzeug.serving import make_server

from community.look import packages
from tests.e2e import scenes
from tests.e2e.browser import ROOT, watched
from tests.people import Town, town
from viewer import npm

SMALL = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Town, str, dict[str, str]]]:
    packages.install(ROOT / ".make", npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(ROOT / ".make"))
        with town(tmp_path_factory.mktemp("town")) as found:
            found.person("ann")
            paths = {"case": f"/cases/{scenes.cases(found, {})['case']}"}
            server = make_server("127.0.0.1", 0, found.app, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield found, f"http://127.0.0.1:{server.server_port}", paths
            server.shutdown()
            server.server_close()


def test_the_viewer_comes_into_the_page_of_a_case(
    here: tuple[Town, str, dict[str, str]], browser: Browser
) -> None:
    _, url, paths = here
    with watched(browser, url) as watch:
        page = watch.page
        page.goto(url + paths["case"])
        # Without that, a viewer in a frame has no memory to share with its workers.
        assert page.evaluate("crossOriginIsolated")
        page.get_by_role("link", name="Look through all images").click()
        frame = page.locator("iframe")
        expect(frame).to_have_attribute("title", "Images of this case in the viewer")
        expect(frame).to_be_focused()
        handle = frame.element_handle()
        assert handle is not None
        inside = handle.content_frame()
        assert inside is not None
        inside.wait_for_url("**/viewer/viewer?*")
        assert inside.evaluate("crossOriginIsolated")
        assert (watch.errors, watch.foreign) == ([], [])


def test_without_scripts_a_case_is_read_and_leads_to_the_viewer(
    here: tuple[Town, str, dict[str, str]], browser: Browser
) -> None:
    _, url, paths = here
    context = browser.new_context(viewport=SMALL, java_script_enabled=False)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(url + paths["case"])
    expect(page.get_by_role("heading", name="Diagnosis")).to_be_visible()
    page.get_by_role("link", name="Look through all images").click()
    expect(page).to_have_url(
        f"{url}/viewer/viewer?StudyInstanceUIDs={scenes.STUDY}&datasources=case-" + page.url[-36:]
    )
    context.close()
