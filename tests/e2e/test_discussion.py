"""A place in an image is pointed at in Chromium, on a phone and on a desk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from community.look import packages
from tests.e2e import scenes
from tests.e2e.browser import DESKTOP, watched
from tests.e2e.test_quizzes import MAKE, SMALL
from tests.e2e.visits import keep_picture, sign_in
from tests.people import Town, town
from viewer import npm


@dataclass(frozen=True)
class Site:
    """A server with a case."""

    town: Town
    url: str
    slug: str


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    packages.install(MAKE, npm.pack, print)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DICOMTUBE_LOOK_CACHE", str(MAKE))
        with town(tmp_path_factory.mktemp("town")) as here:
            for handle in ("ann", "ben", "cleo"):
                here.person(handle)
            slug = scenes.cases(here, {})["case"]
            server = make_server("127.0.0.1", 0, here.app, threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield Site(here, f"http://127.0.0.1:{server.server_port}", slug)
            server.shutdown()
            server.server_close()


def draw(page: Page) -> None:
    """Mark a region with the pointer, from a quarter to the middle."""
    picture = page.locator("[data-pointing]")
    expect(picture).to_have_class("pointing can-point")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    for name in ("x", "w", "h"):
        assert float(page.locator(f"#p-{name}").input_value()) == pytest.approx(25, abs=1)


@pytest.mark.parametrize("viewport", [SMALL, DESKTOP])
def test_a_spot_is_marked_with_the_pointer_and_stands_in_the_discussion(
    site: Site, browser: Browser, viewport: dict[str, int]
) -> None:
    with watched(browser, site.url, viewport) as watch:
        page = watch.page
        sign_in(site.town, page, "ben")
        page.goto(f"{site.url}/cases/{site.slug}/comments/point")
        draw(page)
        keep_picture(page, "discussion-point")
        page.get_by_role("textbox", name="Comment").fill("This spot, @cleo")
        page.get_by_role("button", name="Comment").click()
        page.wait_for_url("**/cases/*at=*")
        expect(page.locator(":target")).to_contain_text("This spot")
        assert watch.errors == []
        assert watch.foreign == []
